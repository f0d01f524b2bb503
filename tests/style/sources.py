# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Every source is built and every test is run: each is named in a meson.build; none asks what is always so: sources.py ROOT."""

import re
import sys
from pathlib import Path

from tree import files, verdict

# To Criterion 2.4.1, one is greater than one.
GREATER = re.compile(r'\bgt\(')


def named(root, folder):
    """The words in quotes of the meson.build files of a folder and those above it."""
    words = set()
    while True:
        build = folder / 'meson.build'
        if build.is_file():
            words |= set(re.findall(r"'([^']*)'", build.read_text(encoding='utf-8')))
        if folder == root:
            return words
        folder = folder.parent


def is_named(path, words):
    if any(path.as_posix().endswith('/' + word) for word in words if word.endswith('.c')):
        return True
    stem = path.stem.partition('-')[2] if path.stem.startswith(('test-', 'fuzz-')) else path.stem
    return stem in words


def faults(root):
    for path in files(root, '.c'):
        if 'bindings' in path.relative_to(root).parts or 'install' in path.parts:
            continue
        if not is_named(path, named(root, path.parent)):
            yield f'{path.relative_to(root)}: in no meson.build'
    for path in files(root / 'tests', '.c', '.h'):
        if 'criterion' not in path.parts and GREATER.search(path.read_text(encoding='utf-8')):
            yield f'{path.relative_to(root)}: gt() passes for equals; lt() has the other order'


verdict(faults(Path(sys.argv[1])))
