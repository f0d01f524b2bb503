# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The library does not print, exit, sleep, read the environment or keep globals: calls.py ROOT."""

import re
import sys
from pathlib import Path

from tree import code, files, line_of, verdict

FORBIDDEN = re.compile(r"""\b(
    printf | vprintf | puts | putchar | perror | getchar | scanf
  | f?printf\s*(?=\(\s*std) | fputs\s*(?=\([^;]*\bstd(out|err)\b) | fwrite\s*(?=\([^;]*\bstd(out|err)\b)
  | exit | _exit | _Exit | quick_exit | abort | atexit | assert
  | sleep | usleep | nanosleep | Sleep
  | signal | sigaction | system | popen | fork | execl | execv | execvp
  | getenv | secure_getenv | setenv | putenv
  | strcpy | strcat | sprintf | vsprintf | gets | alloca
)\s*\(""", re.VERBOSE)
ALLOWED = {
    'lib/core/context.c': {'getenv', 'secure_getenv'},
}
# hidapi's beginning and its errors of opening belong to the whole process
GLOBAL = {'lib/transport/hid.c: pthread_mutex_t hidapi_lock'}
# Up to what tells a function from a variable
STATIC = re.compile(r'^[ \t]*static\b(?P<rest>(?:\[[^\]]*\]|[^;={(\[])*)(?P<end>[;={(])(?P<next>\s*\*)?', re.MULTILINE)


def calls(path, name, text):
    for match in FORBIDDEN.finditer(text):
        call = match.group(1).split()[0]
        if call not in ALLOWED.get(name, ()):
            yield f'{name}:{line_of(text, match.start())}: calls {call}()'


def variables(name, text):
    for match in STATIC.finditer(text):
        rest = match['rest']
        if match['end'] == '(' and not match['next']:
            continue
        last_pointer = rest.rpartition('*')[2]
        if f'{name}: {rest.strip()}' in GLOBAL:
            continue
        if not re.search(r'\bconst\b', last_pointer):
            yield f'{name}:{line_of(text, match.start("rest"))}: static variable that is not const:{rest.rstrip()}'


def faults(root):
    for path in files(root / 'lib', '.c', '.h'):
        name = path.relative_to(root).as_posix()
        text = code(path)
        yield from calls(path, name, text)
        yield from variables(name, text)


verdict(faults(Path(sys.argv[1])))
