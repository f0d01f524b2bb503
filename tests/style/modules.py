# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The modules of the Python package import in one direction, at load and inside functions: modules.py ROOT.

What only type checkers see does not count. The package itself is above all its modules: none may take a name from it.
Prints the modules from the lowest to the highest; then plants a breach of each kind, and fails if it is not seen.
"""

import ast
import shutil
import sys
import tempfile
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tree import files, verdict

PACKAGE = 'bindings/python/dfutrigger'
TOP = 'dfutrigger'


class Imports(ast.NodeVisitor):
    """The modules that a module imports, as they are called inside of the package."""

    def __init__(self, module, is_package, known):
        self.known = known
        self.module = module
        self.parents = [TOP, *module.split('.')] if module != TOP else [TOP]
        if not is_package:
            self.parents.pop()
        self.found = set()

    def visit_If(self, node):
        if not (isinstance(node.test, ast.Name) and node.test.id == 'TYPE_CHECKING'):
            self.generic_visit(node)

    def visit_Import(self, node):
        for alias in node.names:
            self.add(alias.name.split('.'))

    def visit_ImportFrom(self, node):
        start = self.parents[:len(self.parents) - node.level + 1] if node.level else []
        for alias in node.names:
            self.add([*start, *(node.module or '').split('.'), alias.name])

    def visit_Call(self, node):
        """importlib.import_module(".name", __name__)"""
        called = getattr(node.func, 'id', getattr(node.func, 'attr', ''))
        if called == 'import_module' and isinstance(node.args[0], ast.Constant):
            self.add([*self.parents, *node.args[0].value.lstrip('.').split('.')])
        self.generic_visit(node)

    def add(self, names):
        """The longest beginning that is a module; what is left is a name in it."""
        names = [name for name in names if name]
        if names[0] != TOP:
            return
        for end in range(len(names), 0, -1):
            module = '.'.join(names[1:end]) or TOP
            if module in self.known:
                self.found.add(module)
                return


def read(root):
    """Each module, and those that it imports."""
    folder = root / PACKAGE
    paths = {}
    for path in files(folder, '.py'):
        parts = path.relative_to(folder).with_suffix('').parts
        paths['.'.join(part for part in parts if part != '__init__') or TOP] = path
    known = {*paths, '_core'}
    graph = {}
    for module, path in paths.items():
        imports = Imports(module, path.name == '__init__.py', known)
        imports.visit(ast.parse(path.read_text(encoding='utf-8')))
        graph[module] = imports.found - {module}
    # It gives names of all of them, each when it is first used.
    graph[TOP] |= known - {TOP}
    return graph


def faults(root):
    graph = read(root)
    if len(graph) < 15:
        yield f'{PACKAGE}: only {len(graph)} modules found'
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # Each is imported by the next
        yield f'{PACKAGE}: a circle: ' + ' imports '.join(reversed(error.args[1]))


def order(root):
    return ' '.join(TopologicalSorter({module: sorted(names) for module, names in read(root).items()}).static_order())


# Module, and what is added to it
BREACHES = [
    ('errors.py', 'from .context import Context\n'),
    ('errors.py', 'def late():\n    from .context import Context\n'),
    ('errors.py', 'from . import Context\n'),
    ('errors.py', 'import dfutrigger.session\n'),
    ('errors.py', 'from importlib import import_module\nimport_module(".session", __package__)\n'),
    ('_usb_errors.py', 'from .backend import libusb1\n'),
    ('context.py', 'from .backend.libusb1 import get_backend\n'),
    ('backend/libusb1.py', 'from ..core import find\n'),
]


def planted(root):
    """Which breaches are not seen."""
    for name, text in BREACHES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            shutil.copytree(root / PACKAGE, copy / PACKAGE, ignore=shutil.ignore_patterns('__pycache__'))
            with open(copy / PACKAGE / name, 'a', encoding='utf-8') as file:
                file.write(text)
            if not any('a circle' in fault for fault in faults(copy)):
                yield f'a breach is not seen: in {name}: {text.strip()}'


root = Path(sys.argv[1])
found = list(faults(root))
if not found:
    print(order(root))
verdict([*found, *planted(root)])
