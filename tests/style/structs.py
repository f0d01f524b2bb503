# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Public structs can grow, as "Structs" in dfutrigger.h says: structs.py [--self-test] ROOT.

One that a program fills begins with its size; one of its own that the library fills comes with its size.
"""

import re

from declarations import COMMENT, functions
from tree import files, run

#: Fixed by a specification, or of a size that stays
FIXED = {'dfu_descriptor', 'line_coding', 'string', 'sim_setup', 'action'}
STRUCT = re.compile(r'^struct dfut_(?P<name>\w+) \{\n(?P<members>.*?)^\};', re.DOTALL | re.MULTILINE)
PARAMETER = re.compile(r'(?P<const>const )?struct dfut_(?P<struct>\w+) \*(?P<name>\w+)')
#: Tables of functions and facts come through pointers and arrays as well
FILLED = re.compile(r'.*_(ops|facts)')


def structs(path):
    """Name and first member of each struct that a header defines."""
    for match in STRUCT.finditer(COMMENT.sub('', path.read_text(encoding='utf-8'))):
        yield match['name'], match['members'].split(';')[0].strip()


def parameter_faults(function, first):
    for number, parameter in enumerate(function.parameters):
        match = PARAMETER.fullmatch(parameter)
        if not match or match['struct'] not in first or match['struct'] in FIXED:
            continue
        behind = function.parameters[number + 1:number + 2]
        if match['const'] and first[match['struct']] != 'size_t size':
            yield f'{function.name}: struct dfut_{match["struct"]} does not begin with its size'
        if not match['const'] and behind != [f'size_t {match["name"]}_size']:
            yield f'{function.name}: fills {match["name"]}, but has no {match["name"]}_size'


def faults(root):
    headers = sorted(files(root / 'include', '.h'))
    first = {name: member for header in headers for name, member in structs(header)}
    for name, member in first.items():
        if FILLED.fullmatch(name) and member != 'size_t size':
            yield f'struct dfut_{name} does not begin with its size'
    for header in headers:
        for function in functions(header):
            yield from parameter_faults(function, first)


def without(text):
    return lambda header: header.replace(text, '', 1)


run(faults, ['include'], [
    ('include/dfutrigger.h', without(', size_t step_size'), 'dfut_session_get_step: fills step'),
    ('include/dfutrigger.h', lambda header: re.sub(r'(struct dfut_match \{\n)[^\n]*', r'\1', header, count=1),
     'dfut_device_find: struct dfut_match does not begin'),
    ('include/dfutrigger-transport.h',
     lambda header: re.sub(r'(struct dfut_transport_ops \{\n)[^\n]*', r'\1', header, count=1),
     'struct dfut_transport_ops does not begin'),
])
