# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Man pages know the options that their program tells of, and no others.

options.py PROGRAM MAN-PAGE...
"""

import re
import subprocess
import sys
from pathlib import Path

from tree import verdict

OPTION = re.compile(r'(?<![\w-])--[a-z][a-z0-9-]*')
# As a man page in mdoc writes them
MDOC_OPTION = re.compile(r'\bFl -([a-z][a-z0-9-]*)')


def output(program, *arguments):
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True).stdout


def helped(program):
    overview = output(program, '--help')
    commands = re.search(r'^commands:\n((?:  .*\n)+)', overview, re.MULTILINE)
    texts = [overview]
    for line in commands.group(1).splitlines() if commands else []:
        texts.append(output(program, line.split()[0], '--help'))
    return set(OPTION.findall('\n'.join(texts)))


def written(path):
    return {'--' + name for name in MDOC_OPTION.findall(path.read_text(encoding='utf-8'))}


def faults(program, *paths):
    options = helped(program)
    if len(options) < 5:
        yield f'{program} --help: only {len(options)} options found'
    for path in map(Path, paths):
        there = written(path)
        for option in sorted(options - there):
            yield f'{path.name}: lacks {option}'
        for option in sorted(there - options):
            yield f'{path.name}: has {option}, which the command does not tell of'


verdict(faults(*sys.argv[1:]))
