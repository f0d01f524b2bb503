# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The package is typed, its stub is true, every public name is described, and the examples in the descriptions work."""

import ast
import doctest
import importlib
import inspect
import os
import pathlib
import pkgutil
import shutil
import subprocess
import sys

import pytest

import dfutrigger

FOLDER = pathlib.Path(dfutrigger.__file__).parent
MODULES = [name for _, name, _ in pkgutil.walk_packages([str(FOLDER)], "dfutrigger.")
           if name not in ("dfutrigger._core", "dfutrigger.labgrid", "dfutrigger.__main__")]


def run(tmp_path, *arguments):
    return subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path,
                          env={**os.environ, "MYPYPATH": str(FOLDER.parent), "PYTHONPATH": str(FOLDER.parent)})


def test_mypy_is_content(tmp_path):
    pytest.importorskip("mypy")
    done = run(tmp_path, "mypy", "--strict", "--python-version", "3.9", "-p", "dfutrigger")
    assert done.returncode == 0, done.stdout


def test_users_are_checked(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "script.py").write_text(
        "import dfutrigger as usb\n"
        "dev = usb.core.find(idVendor=1)\n"
        "reveal_type(dev)\n"
        "reveal_type(list(usb.core.find(find_all=True)))\n"
        "reveal_type(usb.find().triggers)\n"
        "reveal_type(usb.Image.load('x').ids)\n"
        "reveal_type(usb.control.get_configuration(next(usb.core.find(find_all=True))))\n"
        "reveal_type(usb.USBError('').hint)\n"
        "usb.find(nothing=1)\n", encoding="utf-8")
    done = run(tmp_path, "mypy", "--strict", "script.py")
    for word in ("Union[dfutrigger.core.Device, None]", "list[dfutrigger.core.Device]", "tuple[builtins.str, ...]",
                 '"builtins.int"', '"builtins.str"', 'Unexpected keyword argument "nothing"', "Found 1 error"):
        assert word.lower() in done.stdout.lower(), done.stdout


def test_pyright_sees_the_names(tmp_path):
    """Which types them by its own rules; where it is not installed, mypy is enough."""
    pyright = shutil.which("pyright")
    if not pyright:
        pytest.skip("pyright is not installed")
    (tmp_path / "script.py").write_text(
        "import dfutrigger as usb\n"
        "import dfutrigger.core\n"
        "reveal_type(usb.core.find(idVendor=1))\n"
        "reveal_type(usb.control.get_status(next(usb.core.find(find_all=True))))\n"
        "reveal_type(usb.util.endpoint_address(1))\n"
        "reveal_type(usb.backend.libusb1.get_backend())\n"
        "reveal_type(usb.USBError('').hint)\n"
        "reveal_type(usb.find().update('x').verified)\n", encoding="utf-8")
    done = subprocess.run([pyright, "--pythonpath", sys.executable, "script.py"], capture_output=True, text=True,
                          check=False, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(FOLDER.parent)})
    for word in ('is "Device | None"', 'is "int"', 'is "Backend | None"', 'is "str"', 'is "Verified"', "0 errors"):
        assert word in done.stdout, done.stdout + done.stderr


def test_the_stub_is_what_was_built(tmp_path):
    pytest.importorskip("mypy")
    done = run(tmp_path, "mypy.stubtest", "dfutrigger._core")
    assert done.returncode == 0, done.stdout


def test_type_checkers_are_told_all_names():
    """Of the package itself, whose names come when they are used."""
    tree = ast.parse((FOLDER / "__init__.pyi").read_text(encoding="utf-8"))
    imported = {alias.asname for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    declared = {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    exported, = (ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign))
    assert exported == dfutrigger.__all__
    assert imported | declared == set(dfutrigger.__all__) | set(dfutrigger._MODULES)


@pytest.mark.parametrize("name", ["dfutrigger", *MODULES])
def test_examples_in_descriptions(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_in_descriptions():
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in ["dfutrigger", *MODULES]) >= 6


def members(owner):
    for name, value in vars(owner).items():
        if name.startswith("_") and name != "__init__":
            continue
        if inspect.isfunction(value) or isinstance(value, (property, classmethod)):
            yield name, value


@pytest.mark.parametrize("name", ["dfutrigger", *MODULES])
def test_every_public_name_is_described(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for found, value in vars(module).items():
        if found.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        assert value.__doc__, f"{name}.{found}"
        if not inspect.isclass(value) or issubclass(value, (tuple, BaseException)):
            continue
        for member, function in members(value):
            function = getattr(function, "__func__", function)
            private = value.__name__.startswith("_") or name.startswith("dfutrigger._")
            assert private or inspect.getdoc(function), f"{name}.{found}.{member}"


def test_functions_of_the_library_are_described():
    from dfutrigger import _core

    for name, value in vars(_core).items():
        if inspect.isbuiltin(value) and name not in ("close", "is_closed", "is_entered", "set_error_maker"):
            assert value.__doc__.strip(), name
