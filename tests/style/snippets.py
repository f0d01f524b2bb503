# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What README and docs/ show works: snippets.py CC SANITIZERS BEHIND LIBRARY... [--self-test] ROOT.

C and Python are read by a compiler, JSON is parsed. README's program is run, too: it updates a virtual device, tells of
a file that is not there, and frees what it makes.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tree import files, line_of, run

BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.DOTALL | re.MULTILINE)
CC, SANITIZERS, *PATHS = [word for word in sys.argv[1:-1] if word != '--self-test']
BEHIND, *LIBRARIES = [Path(path).resolve() for path in PATHS]
WARNINGS = ('-std=c11', '-Wall', '-Wextra', '-Werror')
# Statements stand in a function whose headers and end are left out.
AROUND = '#include <stdio.h>\n#include <dfutrigger.h>\nint snippet(void);\nint snippet(void)\n{{\n{}\nreturn 0;\n}}\n'
# It links with the libraries as they are built.
ENVIRONMENT = {'ASAN_OPTIONS': 'detect_leaks=1', 'UBSAN_OPTIONS': 'halt_on_error=1'}


def snippets(root):
    """(place, language, text) of each block."""
    for path in (root / 'README.md', *files(root / 'docs', '.md')):
        text = path.read_text(encoding='utf-8')
        for match in BLOCK.finditer(text):
            yield f'{path.relative_to(root)}:{line_of(text, match.start())}', match[1], match[2]


def compile_c(text, include, *options):
    text = text if '#include' in text else AROUND.format(text)
    done = subprocess.run([CC, *WARNINGS, f'-I{include}', *options, '-x', 'c', '-'], input=text, capture_output=True,
                          text=True, check=False)
    return done.stderr if done.returncode else None


def problem(root, language, text):
    """Why a snippet is not what it should be, None if it is."""
    try:
        if language == 'c':
            return compile_c(text, root / 'include', '-fsyntax-only')
        if language == 'python':
            compile(text, 'snippet', 'exec')
        elif language == 'json':
            json.loads(text)
        elif language == 'jsonl':
            for line in text.splitlines():
                json.loads(line)
    except ValueError as error:
        return str(error)
    except SyntaxError as error:
        return str(error)
    return None


def run_program(root, text):
    """What is wrong with README's program when it runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        behind, program = folder / 'behind.o', folder / 'program'
        sanitizers = f'-fsanitize={SANITIZERS}'
        subprocess.run([CC, '-g', f'-I{root}/include', sanitizers, '-c', BEHIND, '-o', behind],
                       check=True)
        error = compile_c(text, root / 'include', '-g', sanitizers, '-Wl,--wrap=dfut_context_new', '-o', program, behind,
                          *(f'-Wl,-rpath,{library.parent}' for library in LIBRARIES), '-x', 'none', *LIBRARIES)
        if error:
            yield error
            return
        missing = subprocess.run([program], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if missing.returncode != 1 or 'zephyr.signed.bin' not in missing.stderr:
            yield f'without the file, exit code {missing.returncode}: {missing.stdout}{missing.stderr}'
        (folder / 'zephyr.signed.bin').write_bytes(bytes(range(251)) * 20)
        done = subprocess.run([program], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        if done.returncode or done.stderr or not done.stdout.strip():
            yield f'exit code {done.returncode}: {done.stdout}{done.stderr}'


def faults(root):
    programs = 0
    for place, language, text in snippets(root):
        error = problem(root, language, text)
        if error:
            yield f'{place}: {error}'
        elif language == 'c' and place.startswith('README.md'):
            programs += 1
            for error in run_program(root, text):
                yield f'{place}: {error}'
    if not programs:
        yield 'README.md: shows no program'


def replace(old, new):
    return lambda text: text.replace(old, new)


run(faults, ('README.md', 'docs', 'include'), (
    ('README.md', replace('\tdfut_image_free(image);\n', ''), 'LeakSanitizer'),
    ('README.md', replace('dfut_context_free(context);', 'dfut_context_free(context); dfut_context_free(context);'),
     'AddressSanitizer'),
    ('README.md', replace('dfut_session_run(session)', 'dfut_session_go(session)'), 'dfut_session_go'),
    ('README.md', replace('code = dfut_session_run(session);', 'code = 0;'), 'exit code'),
    ('docs/planted.md', lambda text: '```c\ndfut_nothing();\n```\n', 'docs/planted.md:1: '),
    ('docs/planted.md', lambda text: '```python\nimport from\n```\n', 'docs/planted.md:1: '),
    ('docs/planted.md', lambda text: '```json\n{]\n```\n', 'docs/planted.md:1: '),
    ('docs/planted.md', lambda text: '```jsonl\n{}\n{]\n```\n', 'docs/planted.md:1: '),
))
