# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What scripts take from each other is there: names.py ROOT, or names.py --self-test ROOT to see that it can fail.

Some of them run only before a release, where a name that has moved would be found last.
"""

import ast
import sys
from pathlib import Path

from tree import files, run

FOLDERS = ('examples', 'tests')
INSIDE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def statements(node):
    """What runs when the module is loaded."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, INSIDE):
            yield from statements(child)


def defined(tree):
    """The names that a module has, and whether those are all."""
    found = {'__doc__', '__file__', '__name__'}
    for node in statements(tree):
        if isinstance(node, INSIDE[:3]):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update((alias.asname or alias.name).split('.')[0] for alias in node.names)
    return found, '*' not in found


def read(root):
    """Each script's syntax tree."""
    return {path: ast.parse(path.read_text(encoding='utf-8'))
            for folder in FOLDERS for path in files(root / folder, '.py')}


class Scripts:
    """All of them, and what each has."""

    def __init__(self, root):
        self.trees = read(root)
        self.names = {path: defined(tree) for path, tree in self.trees.items()}

    def lacks(self, path, module, name):
        """Whether a script takes a name from another that does not have it."""
        beside = path.with_name(f'{module}.py')
        others = [beside] if beside in self.names else [other for other in self.names if other.stem == module]
        if not others or (others != [beside] and module in sys.stdlib_module_names):
            return False
        return all(is_whole and name not in names for names, is_whole in (self.names[other] for other in others))

    def taken(self, path):
        """Each name that a script takes from a module: line, module, name."""
        modules = {}
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                yield from ((node.lineno, node.module, alias.name) for alias in node.names if alias.name != '*')
            elif isinstance(node, ast.Import):
                modules.update((alias.asname or alias.name, alias.name) for alias in node.names)
        for node in ast.walk(self.trees[path]):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
                yield node.lineno, modules[node.value.id], node.attr


def faults(root):
    """A line for each name that is not there."""
    scripts = Scripts(root)
    for path in scripts.trees:
        for line, module, name in scripts.taken(path):
            if scripts.lacks(path, module, name):
                yield f'{path.relative_to(root)}:{line}: {module} has no {name}'


PLANTS = [
    ('tests/vm/test_drives.py', lambda text: text.replace('def compose_rp2350', 'def compose_another'),
     'test_drives has no compose_rp2350'),
    ('tests/vm/attached.py', lambda text: text.replace('def quick(', 'def slow('), 'attached has no quick'),
    ('tests/sessions/cases.py', lambda text: text.replace('METRO = ', 'METROPOLIS = '), 'cases has no METRO'),
]


if __name__ == '__main__':
    run(faults, ('tests/sessions', 'tests/vm'), PLANTS)
