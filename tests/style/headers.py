# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Each public header compiles alone, in C and C++, without a warning, and tells the project's version.

headers.py VERSION FOLDER CC CXX
"""

import subprocess
import sys
from pathlib import Path

from tree import verdict

STRICT = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-fsyntax-only']
VERSION_CHECK = """
#include "dfutrigger.h"
#if DFUT_VERSION_MAJOR != {0} || DFUT_VERSION_MINOR != {1} || DFUT_VERSION_PATCH != {2}
#error "another version than the project's"
#endif
typedef int dfut_not_empty;
"""


def compile_faults(name, compiler, source, folder):
    run = subprocess.run([*compiler, *STRICT, f'-I{folder}', '-'], input=source, capture_output=True, text=True,
                         check=False)
    if run.returncode != 0:
        yield f'{name}: {" ".join(compiler)}\n{run.stderr}'


def faults(version, folder, cc, cxx):
    headers = sorted(Path(folder).glob('*.h'))
    compilers = [
        [cc, '-std=c11', '-Wstrict-prototypes', '-x', 'c'],
        [cxx, '-std=c++17', '-x', 'c++'],
    ]
    if not headers:
        yield f'{folder}: no headers'
    for header in headers:
        for compiler in compilers:
            yield from compile_faults(header.name, compiler, f'#include "{header.name}"\n', folder)
    yield from compile_faults('dfutrigger.h', compilers[0], VERSION_CHECK.format(*version.split('.')), folder)


verdict(faults(*sys.argv[1:]))
