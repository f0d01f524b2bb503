# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What the style tests share: the files of the project, C source without comments, and the verdict."""

import os
import re
import sys
from pathlib import Path

FOREIGN = {'build', 'subprojects', '__pycache__'}


def files(root, *suffixes):
    """All files that somebody wrote, or those with one of the suffixes."""
    for folder, folders, names in os.walk(root):
        hidden = Path(folder) == Path(root)
        folders[:] = sorted(name for name in folders
                            if name not in FOREIGN and not name.startswith('build-')
                            and (name == '.ci' if hidden and name.startswith('.') else not name.startswith('.')))
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and (not suffixes or path.suffix in suffixes):
                yield path


TOKENS = re.compile(r"""
    /\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
""", re.DOTALL | re.VERBOSE)


def blank(match):
    text = match.group()
    if text[0] in '"\'':
        return text[0] * 2
    return '\n' * text.count('\n') or ' '


def code(path):
    """C source without comments and without what is inside of strings; line numbers stay."""
    return TOKENS.sub(blank, path.read_text(encoding='utf-8'))


def line_of(text, offset):
    return text.count('\n', 0, offset) + 1


def verdict(faults):
    """Prints what is wrong and ends the test."""
    faults = list(faults)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)
