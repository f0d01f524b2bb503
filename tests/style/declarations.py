# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The functions that a public header declares, with what is said of them."""

import re
from typing import NamedTuple

COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
PREPROCESSOR = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
FUNCTION = re.compile(r'(?P<result>[\w\s*]+?)\b(?P<name>dfut_\w+)\s*\((?P<parameters>[^()]*)\)')
POINTER = re.compile(r'(?P<const>const )?struct dfut_(?P<kind>\w+) (?P<stars>\*+)\w+')


class Function(NamedTuple):
    """A declaration."""

    name: str
    result: str
    parameters: list
    text: str  #: the comment in front of it

    def pointers(self, stars, constant=False):
        """(number from 1, kind) of the parameters that are such pointers to a struct of the library."""
        for number, parameter in enumerate(self.parameters, 1):
            match = POINTER.fullmatch(parameter)
            if match and len(match['stars']) == stars and (match['const'] or not constant):
                yield number, match['kind']


def functions(path):
    """All functions of a header, in its order."""
    text = PREPROCESSOR.sub('', path.read_text(encoding='utf-8'))
    comments = COMMENT.findall(text)
    # A mark for each comment, so that it can be told what it stands in front of
    parts = re.split(r'[;{}]', COMMENT.sub('\0', text))
    seen = 0
    for part in parts:
        seen += part.count('\0')
        statement = ' '.join(part.rpartition('\0')[2].split())
        match = FUNCTION.fullmatch(statement)
        if match and 'typedef' not in statement:
            parameters = [parameter.strip() for parameter in match['parameters'].split(',')]
            yield Function(match['name'], match['result'].strip(), parameters, comments[seen - 1] if seen else '')
