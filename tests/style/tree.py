# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What the style tests share: the files of the project, C source without comments, and the verdict."""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

FOREIGN = {'build', 'subprojects', '__pycache__'}


def files(root, *suffixes):
    """All files that somebody wrote, or those with one of the suffixes."""
    for folder, folders, names in os.walk(root):
        hidden = Path(folder) == Path(root)
        folders[:] = sorted(name for name in folders
                            if name not in FOREIGN and not name.startswith('build-')
                            and (name == '.ci' if hidden and name.startswith('.') else not name.startswith('.')))
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and (not suffixes or path.suffix in suffixes):
                yield path


TOKENS = re.compile(r"""
    /\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
""", re.DOTALL | re.VERBOSE)


def blank(match):
    text = match.group()
    if text[0] in '"\'':
        return text[0] * 2
    return '\n' * text.count('\n') or ' '


def code(path):
    """C source without comments and without what is inside of strings; line numbers stay."""
    return TOKENS.sub(blank, path.read_text(encoding='utf-8'))


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def verdict(faults):
    """Prints what is wrong and ends the test."""
    faults = list(faults)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def copy(root, target, parts):
    """Copies files and folders of the project to a folder."""
    for part in parts:
        if (root / part).is_file():
            sources = [root / part]
        else:
            sources = files(root / part)
        for source in sources:
            path = target / source.relative_to(root)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)


def misses(faults, root, parts, plants):
    """Breaches that a check does not see. Each is planted in a copy of the parts of the project that it looks at.

    A plant is (path, what becomes of the text of that file, what the fault must say); the text of a file that there
    is not is "".
    """
    for path, plant, said in plants:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / 'planted'
            copy(root, target, parts)
            before = set(faults(target))
            planted = target / path
            planted.parent.mkdir(parents=True, exist_ok=True)
            planted.write_text(plant(planted.read_text(encoding='utf-8') if planted.exists() else ''), encoding='utf-8')
            found = set(faults(target)) - before
            if not any(said in fault for fault in found):
                yield f'{path}: a planted breach is not seen: expected "{said}", found {sorted(found)}'


def run(faults, parts, plants):
    """The end of a check: SCRIPT ROOT, or SCRIPT --self-test ROOT to see that it can fail."""
    root = Path(sys.argv[-1]).resolve()
    verdict(misses(faults, root, parts, plants) if '--self-test' in sys.argv else faults(root))
