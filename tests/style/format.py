# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Sources are laid out as clang-format lays them out: format.py CLANG-FORMAT [--self-test] ROOT.

To lay out what is found: clang-format -i FILE.
"""

import re
import subprocess
import sys
from collections import Counter

from tree import files, run

FOLDERS = ('bindings', 'examples', 'include', 'lib', 'tests')
# Headers of releases, as tests/abi/abi.py records them
RECORDED = re.compile(r'/tests/abi/\d')
PLACE = re.compile(r'^(.+?):\d+:\d+: (?:error|warning): code should be clang-formatted', re.MULTILINE)


def faults(root):
    paths = [path for folder in FOLDERS for path in files(root / folder, '.c', '.cpp', '.h')
             if not RECORDED.search(path.as_posix())]
    done = subprocess.run([sys.argv[1], '--dry-run', '-Werror', *paths], capture_output=True, text=True, check=False)
    found = Counter(PLACE.findall(done.stderr))
    for path in paths:
        if found[str(path)]:
            yield f'{path.relative_to(root)}: {found[str(path)]} places are laid out otherwise'
    if done.returncode and not found:
        yield f'{sys.argv[1]}: {done.stderr}'


def spaces(text):
    return text + 'static int planted( int a )\n{\n    return a;\n}\n'


run(faults, ('.clang-format', 'examples', 'include'), (
    ('examples/planted.c', spaces, 'examples/planted.c: '),
    ('include/planted.h', lambda text: f'int planted({"int argument, " * 20}int last);\n', 'include/planted.h: '),
    ('tests/planted.cpp', spaces, 'tests/planted.cpp: '),
))
