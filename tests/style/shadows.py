# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""In Python, what is defined twice is there once, and the tests in the other one are never run: shadows.py ROOT."""

import ast
import sys
from pathlib import Path

from tree import files, verdict

DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_one_of_many(node):
    """@overload, and a property with its setter, are one thing in several definitions."""
    return isinstance(node, DEFINITIONS[1:]) and bool(node.decorator_list)


def faults(root):
    for path in files(root, '.py'):
        for scope in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if not isinstance(scope, (ast.Module, ast.ClassDef)):
                continue
            seen = set()
            for node in scope.body:
                if not isinstance(node, DEFINITIONS) or is_one_of_many(node):
                    continue
                if node.name in seen:
                    yield f'{path.relative_to(root)}:{node.lineno}: {node.name} is defined a second time'
                seen.add(node.name)


verdict(faults(Path(sys.argv[1])))
