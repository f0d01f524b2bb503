# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What is not a language's own room names no language: languages.py ROOT.

The names are those of the constants in languages.c's list, and the words that the device table has for them. "dfu" by itself
is no such name, as the USB class in descriptors is no language, and dfut_ is our prefix: of that one only the constant and
includes of its folder count. "esp" is a format of files, and in the middle of timespec: of that one only the whole name counts.
"""

import re
import sys
import tempfile
from pathlib import Path

from tree import files, line_of, verdict

ROOMS = ('base', 'core', 'device', 'session', 'handle', 'transport', 'table', 'explain')
LISTED = re.compile(r'^\s*LANGUAGE\((\w+)\)', re.MULTILINE)
# "sam" of "sam-ba" is in "same"
SHORT = 3
WORD = re.compile(r'\.name = "([a-z0-9-]+)",\s*\.title')


def names(root):
    """The words of all languages, as they may stand in code, comments and texts."""
    folder = root / 'lib/language'
    listed = LISTED.findall((folder / 'languages.c').read_text(encoding='utf-8'))
    words = set()
    for name in listed:
        text = (folder / name.replace('_', '-') / 'language.c').read_text(encoding='utf-8')
        words |= {name, *WORD.findall(text)}
        # "nordic" of "nordic-serial": the maker's name is as good
        words |= {first for first in (word.partition('-')[0] for word in (name.replace('_', '-'), *WORD.findall(text)))
                  if len(first) > SHORT}
    return listed, words - {'dfu'}


def pattern(words):
    spelt = '|'.join(re.escape(word).replace(r'\-', '[-_]').replace('_', '[-_]') for word in sorted(words))
    return re.compile(rf'{spelt}|dfut_language_dfu\b|"language/dfu/', re.IGNORECASE)


def faults(root):
    listed, words = names(root)
    if not listed:
        yield 'lib/language/languages.c: no language found'
    wanted = pattern(words)
    for room in ROOMS:
        for path in files(root / 'lib' / room, '.c', '.h'):
            text = path.read_text(encoding='utf-8')
            for match in wanted.finditer(text):
                yield f'{path.relative_to(root)}:{line_of(text, match.start())}: names a language: {match.group()}'


PLANTED = [
    ('core', '/* as Nordic wants it */', 1),
    ('session', 'static const char *const name = "toy-serial";', 1),
    ('session', 'extern const struct dfut_language dfut_language_dfu;', 1),
    ('table', '#include "language/dfu/wire.h"', 1),
    ('device', '/* the DFU interface of a dfut_device */', 0),
    ('trigger', '/* Nordic\'s trigger is a room of its own */', 0),
]


def planted_faults():
    for room, line, count in PLANTED:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for folder, word in (('dfu', 'dfu'), ('nordic', 'nordic-serial'), ('toy', 'toy-serial')):
                (root / 'lib/language' / folder).mkdir(parents=True)
                (root / 'lib/language' / folder / 'language.c').write_text(f'.name = "{word}",\n.title = "x",\n',
                                                                         encoding='utf-8')
            (root / 'lib/language/languages.c').write_text('\tLANGUAGE(dfu) \\\n\tLANGUAGE(nordic) \\\n\tLANGUAGE(toy)\n',
                                                          encoding='utf-8')
            (root / 'lib' / room).mkdir()
            (root / 'lib' / room / 'planted.c').write_text(line + '\n', encoding='utf-8')
            if (len(list(faults(root))) > 0) != (count > 0):
                yield f'languages.py: {"does not see" if count else "is wrong about"} {line} in {room}/'


verdict([*faults(Path(sys.argv[1])), *planted_faults()])
