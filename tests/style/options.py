# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Man pages know the options that their program tells of, and no others; the synopsis has each of its commands.

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


def list_commands(program):
    table = re.search(r'^commands:\n((?:  .*\n)+)', output(program, '--help'), re.MULTILINE)
    return {line.split()[0] for line in table.group(1).splitlines()} if table else set()


def helped(program, commands):
    texts = [output(program, '--help'), *(output(program, command, '--help') for command in sorted(commands))]
    return set(OPTION.findall('\n'.join(texts)))


def written(path):
    return {'--' + name for name in MDOC_OPTION.findall(path.read_text(encoding='utf-8'))}


def outlined(path):
    synopsis = path.read_text(encoding='utf-8').partition('.Sh SYNOPSIS')[2].partition('.Sh')[0]
    return set(re.findall(r'^\.Cm (\w+)', synopsis, re.MULTILINE))


def faults(program, *paths):
    commands = list_commands(program)
    options = helped(program, commands)
    if len(options) < 5:
        yield f'{program} --help: only {len(options)} options found'
    for path in map(Path, paths):
        for command in sorted(commands ^ outlined(path)):
            yield f'{path.name}: the synopsis or the command lacks "{command}"'
        there = written(path)
        for option in sorted(options - there):
            yield f'{path.name}: lacks {option}'
        for option in sorted(there - options):
            yield f'{path.name}: has {option}, which the command does not tell of'


verdict(faults(*sys.argv[1:]))
