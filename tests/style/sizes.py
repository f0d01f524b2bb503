# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A function fits a screen, and a file can be read in one go: sizes.py [--self-test] ROOT.

Public headers, tests and data may be longer.
"""

from tree import code, files, run

FOLDERS = ('lib', 'bindings', 'examples')
SOURCES = ('.bash', '.build', '.c', '.cpp', '.css', '.fish', '.h', '.i', '.js', '.map', '.proto', '.py', '.pyi', '.sh', '.ts',
           '.ui', '.zsh')
FILE_LINES = 600
FUNCTION_LINES = 60


def functions(text):
    """(name, line, lines) of each function in C source: from its declaration to its brace."""
    lines = text.split('\n')
    begin = 0
    for number, line in enumerate(lines):
        if line == '{':
            begin = number
            while begin > 0 and lines[begin - 1].strip() and not lines[begin - 1].startswith(('}', '#', '%')):
                begin -= 1
        elif line == '}' and begin:
            head = ' '.join(lines[begin:number]).partition('(')[0].split()
            yield head[-1].lstrip('*') if head else '?', begin + 1, number - begin + 1
            begin = 0


def long_ones(root):
    """(place, what is too long) of files and functions."""
    for folder in FOLDERS:
        for path in files(root / folder, *SOURCES):
            name = path.relative_to(root).as_posix()
            count = path.read_text(encoding='utf-8').count('\n')
            if count > FILE_LINES:
                yield name, f'{count} lines, {FILE_LINES} at most'
            if path.suffix not in ('.c', '.cpp', '.h', '.i'):
                continue
            for function, line, count in functions(code(path)):
                if count > FUNCTION_LINES:
                    yield f'{name}:{line}', f'{function}() has {count} lines, {FUNCTION_LINES} at most'


def faults(root):
    for place, text in long_ones(root):
        yield f'{place}: {text}'


def long_function(text):
    return text + 'static void planted(void)\n{\n' + '\tcall();\n' * FUNCTION_LINES + '}\n'


run(faults, ('lib', 'bindings', 'examples'), (
    ('lib/planted.c', lambda text: '/* */\n' * (FILE_LINES + 1), 'lib/planted.c: 601 lines'),
    ('bindings/python/planted.py', lambda text: 'pass\n' * (FILE_LINES + 1), 'planted.py: 601 lines'),
    ('examples/errors.c', long_function, 'planted() has 63 lines'),
    ('bindings/python/object.i', long_function, 'planted() has 63 lines'),
))
