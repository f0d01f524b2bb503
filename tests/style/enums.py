# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A switch over an enum of ours names all its values: enums.py CLANG BUILD [--self-test] ROOT.

With a "default:", the compiler would not tell where a new value is forgotten. What comes from a wire is no enum, and
may have one; so may an enum of another library. Only clang knows what a switch is about.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tree import code, files, run

FOLDERS = ('lib', 'bindings', 'examples', 'include', 'tests')
# One tells of a "default:" that stands for some values, the other of one that stands for none.
WARNINGS = ('-Wno-everything', '-Wswitch-enum', '-Wcovered-switch-default')
WARNING = re.compile(r"^(.+?):(\d+):\d+: (?:warning|(fatal error|error)): (?:.*?'(\w+)')?.*$", re.MULTILINE)
OTHERS = ('GDK_', 'GTK_', 'G_', 'LIBUSB_', 'SP_')


def commands(root, build):
    """What each source is compiled with."""
    found = {}
    for entry in json.loads((build / 'compile_commands.json').read_text(encoding='utf-8')):
        path = (Path(entry['directory']) / entry['file']).resolve()
        words = shlex.split(entry['command'])
        if root in path.parents:
            found[path.relative_to(root).as_posix()] = [word for word in words if re.match('-[DI]|-isystem|-std', word)]
    return found


def usual_options(root, path):
    """For a source that this build leaves out, as it is for another system, say."""
    options = ['-std=c11', f'-I{root}/include', f'-I{root}/lib']
    if path.parent.name == 'gtk':
        asked = subprocess.run(['pkg-config', '--cflags', 'gtk4'], capture_output=True, text=True, check=True)
        options += asked.stdout.split()
    if 'windows' in path.as_posix():
        options += ['--target=x86_64-w64-mingw32', f'-I{root}/tests/windows/criterion']
    return options


def function_at(text, line):
    """The name of the function around a line."""
    lines = text.split('\n')[:line]
    start = max((number for number, one in enumerate(lines) if one == '{'), default=0)
    while start > 0 and '(' not in lines[start]:
        start -= 1
    return lines[start].partition('(')[0].split()[-1].lstrip('*')


def defaults(root, build, source_root):
    """(place, problem) of each "default:" over an enum."""
    known = commands(source_root, build)
    for folder in FOLDERS:
        for path in files(root / folder, '.c', '.cpp', '.h'):
            text = code(path)
            if not re.search(r'\bdefault\s*:', text):
                continue
            name = path.relative_to(root).as_posix()
            options = known.get(name) or usual_options(root, path)
            done = subprocess.run([sys.argv[1], '-fsyntax-only', *WARNINGS, *options, path], cwd=build,
                                  capture_output=True, text=True, check=False)
            for file, line, is_error, value in WARNING.findall(done.stderr):
                if is_error:
                    yield f'{name}:{line}', f'clang can\'t read it: {done.stderr}'
                elif Path(file).name == path.name and not value.startswith(OTHERS):
                    function = function_at(text, int(line))
                    yield f'{name}:{line}', f'{function}() has a "default:" over an enum'


def faults(root):
    for place, text in defaults(root, Path(sys.argv[2]).resolve(), Path(sys.argv[-1]).resolve()):
        yield f'{place}: {text}'


def planted(cases):
    return lambda text: f"""#include <dfutrigger.h>

int planted(enum dfut_verify verify)
{{
	switch (verify) {{
	{cases}
	default:
		return 0;
	}}
}}
"""


run(faults, ('include',), (
    ('lib/planted.c', planted('case DFUT_VERIFY_NEVER:'), 'lib/planted.c:5: planted() has a "default:"'),
    ('examples/gtk/planted.c',
     planted('case DFUT_VERIFY_NEVER: case DFUT_VERIFY_ALWAYS: case DFUT_VERIFY_AUTO:'),
     'examples/gtk/planted.c:7: planted() has a "default:"'),
    ('lib/planted.c', planted('case DFUT_NONSENSE:'), 'clang can\'t read it'),
))
