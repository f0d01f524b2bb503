# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Every file says whose it is, is clean text, and names nothing of the machine it was written on: text.py ROOT."""

import re
import sys
from pathlib import Path

from tree import files, verdict

SPDX = ('SPDX-License-Identifier: MIT', 'SPDX-FileCopyrightText: ')
SPDX_SUFFIXES = {'.1', '.3', '.bash', '.build', '.c', '.cpp', '.fish', '.gyp', '.h', '.i', '.in', '.ini', '.js', '.map', '.py',
                 '.sh', '.supp', '.ts', '.zsh'}
SPDX_NAMES = {'meson_options.txt', 'packages.txt', 'run'}
TEXT_SUFFIXES = SPDX_SUFFIXES | {'.json', '.md', '.txt', '.pyi', '.toml'}
# Folders that every machine has
EVERYWHERE = {'/', '/home', '/mnt', '/opt', '/srv', '/tmp', '/usr/src', '/var/tmp'}


def machine_names(root):
    """Paths that exist for the author only."""
    for path in (root, root.parent, Path.home()):
        if path.as_posix() not in EVERYWHERE:
            yield re.compile(r'(?<![\w/.-])' + re.escape(path.as_posix()) + '/')


def faults(root):
    foreign = list(machine_names(root))
    for path in files(root):
        name = path.relative_to(root).as_posix()
        is_text = path.suffix in TEXT_SUFFIXES or path.name in SPDX_NAMES
        if not is_text or name.startswith(('tests/data/', 'tests/fuzz/corpus/')):
            continue
        try:
            text = path.read_bytes().decode('utf-8')
        except UnicodeDecodeError as error:
            yield f'{name}: {error}'
            continue
        head = text[:1000]
        if (path.suffix in SPDX_SUFFIXES or path.name in SPDX_NAMES) and not all(mark in head for mark in SPDX):
            yield f'{name}: no SPDX lines'
        if '\r' in text:
            yield f'{name}: carriage return'
        if text and not text.endswith('\n'):
            yield f'{name}: no line end at the end'
        for match in filter(None, (pattern.search(text) for pattern in foreign)):
            yield f'{name}: names {match.group()}'
        for number, line in enumerate(text.split('\n'), 1):
            if line != line.rstrip():
                yield f'{name}:{number}: white space at the end'


verdict(faults(Path(sys.argv[1]).resolve()))
