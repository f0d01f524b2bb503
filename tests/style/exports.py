# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A library exports what its headers declare and nothing else, and its map says the same.

exports.py NM MAP LIBRARY HEADER...
"""

import re
import subprocess
import sys
from pathlib import Path

from tree import code, verdict

FUNCTION = re.compile(r'\b(dfut_\w+)\s*\(')


def declared(headers):
    for header in headers:
        for statement in re.split(r'[;{}]', code(Path(header))):
            if 'typedef' not in statement and '(*' not in statement:
                yield from FUNCTION.findall(statement)


def mapped(path):
    """The names of each version, in its order."""
    text = re.sub(r'#.*', '', Path(path).read_text(encoding='utf-8'))
    return {node: re.findall(r'^\s*(\w+);', names, re.MULTILINE)
            for node, names in re.findall(r'([\w.]+)\s*{([^}]*)}', text)}


def exported(nm, library):
    lines = subprocess.run([nm, '--dynamic', '--defined-only', '--extern-only', '--format=posix', library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        name, kind = line.split()[:2]
        yield name.partition('@')[0], kind


def compare(one, ones, other, others):
    for name in sorted(set(ones) - set(others)):
        yield f'{name}: in {one}, not in {other}'
    for name in sorted(set(others) - set(ones)):
        yield f'{name}: in {other}, not in {one}'


def faults(nm, map_path, library, *headers):
    nodes = mapped(map_path)
    names = [name for names in nodes.values() for name in names]
    header_names = set(declared(headers))
    symbols = [(name, kind) for name, kind in exported(nm, library) if not (kind == 'A' and name in nodes)]

    if not header_names:
        yield 'no function found in the headers'
    for node, ones in nodes.items():
        if ones != sorted(ones):
            yield f'{map_path}: {node} is not sorted'
    for name, kind in symbols:
        if kind != 'T':
            yield f'{name}: exported, but no function ({kind})'
    yield from compare('the headers', header_names, 'the map', names)
    yield from compare('the headers', header_names, 'the library', [name for name, _ in symbols])


verdict(faults(*sys.argv[1:]))
