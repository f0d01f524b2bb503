# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""docs/facts.md has each key of a fact that the library can tell, and no other: facts.py [--self-test] ROOT."""

import re

from tree import files, line_of, run

DOCUMENT = 'docs/facts.md'
# Section of the document: the rooms whose facts it has.
SECTIONS = {'Of a session': ('language', 'session', 'trigger'), 'Of an image': ('image',)}
CALL = re.compile(r'\b(?:dfut_facts_add|dfut_image_add_(?:hex_)?fact|dfut_nordic_add_fact|add_flag_fact|add_fact)\('
                  r'((?:[^,;()]|\([^()]*\))+,\s*(?:image,\s*|&image->nordic->images\[i\],\s*)?)'
                  r'("\w+"|\w+)')
MADE = r'snprintf\({}, [^,]+(?:\([^)]*\))?, "([^"]+)"'
ROW = re.compile(r'^\| (`.+?`) \|', re.MULTILINE)
# Where keys come from a caller, or from another file
PASSED = {('lib/image/image.c', 'key'), ('lib/image/format/mcuboot.c', 'key'), ('lib/image/format/nordic.c', 'long_key')}


def name_places(key):
    """A key as documents write it: what is filled in has a name."""
    key = re.sub(r'%(?:z|l)?u', 'N', key)
    return re.sub(r'%s', 'NAME', re.sub(r'%04x', 'HHHH', key))


def resolve(text, word):
    """The keys that a name stands for in this file."""
    if word.startswith('"'):
        return [word.strip('"')]
    defined = re.findall(rf'#define {word} "(\w+)"', text)
    listed = re.search(rf'\b{word}\[\w*\] = \{{(.*?)\}}', text, re.DOTALL)
    made = re.findall(MADE.format(word), text)
    return defined + (re.findall(r'"(\w+)"', listed[1]) if listed else []) + [name_places(key) for key in made]


def told(root, room):
    """(key, place, None), or (None, place, what can't be told) of each call in a room."""
    for path in files(root / 'lib' / room, '.c'):
        text = path.read_text(encoding='utf-8')
        name = path.relative_to(root).as_posix()
        for match in CALL.finditer(text):
            place = f'{name}:{line_of(text, match.start())}'
            if match[2] == 'const':
                continue
            keys = [] if (name, match[2]) in PASSED else resolve(text, match[2])
            if not keys and (name, match[2]) not in PASSED:
                yield None, place, match[2]
            prefix = 'NAME_' if match[0].startswith('dfut_nordic_add_fact') else ''
            for key in keys:
                yield prefix + key, place, None
        for key in re.findall(r'\bfact_keys\[\w+\] = \{(.*?)\}', text, re.DOTALL):
            for one in re.findall(r'"(\w+)"', key):
                yield one, name, None
        for key in re.findall(r'snprintf\(key, size, "%s([^"]+)"', text):
            yield name_places(key), name, None


def faults(root):
    text = (root / DOCUMENT).read_text(encoding='utf-8')
    for title, rooms in SECTIONS.items():
        section = text.partition(f'## {title}\n')[2].partition('\n## ')[0]
        documented = {key for cell in ROW.findall(section) for key in re.findall(r'`(\w+)`', cell)}
        found = {}
        for room in rooms:
            for key, place, unknown in told(root, room):
                if unknown:
                    yield f'{place}: which key is {unknown}?'
                else:
                    found.setdefault(key, place)
        for key in sorted(set(found) - documented):
            yield f'{found[key]}: {key} is not in {DOCUMENT}, {title}'
        for key in sorted(documented - set(found)):
            yield f'{DOCUMENT}: nobody tells {key}'


def append(text):
    return lambda old: old + text


run(faults, ('lib', 'docs'), (
    ('lib/session/planted.c', append('dfut_facts_add(&session->facts, "planted_key", "%s", text);\n'), 'planted_key is not'),
    ('lib/session/planted.c', append('dfut_facts_add(&session->facts, keys[planted], "%s", text);\n'), 'which key is keys'),
    ('lib/image/format/raw.c', append('dfut_image_add_fact(loader, "planted", "1");\n'), 'planted is not'),
    (DOCUMENT, lambda text: text.replace('## Of an image', '| `planted` | x | y |\n\n## Of an image'), 'nobody tells planted'),
))
