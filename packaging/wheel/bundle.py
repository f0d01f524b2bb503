#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Puts the libraries that a wheel needs into it, so that it works where only Python is: bundle.py WHEEL FOLDER.

The new wheel is written into the folder; its tag tells which C library it needs. Each library is a file of its own, under a
name that no other program's library has, and comes with its licence. Needs Debian (dpkg), binutils and patchelf.
"""

import base64
import dataclasses
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

#: What may go inside, and by which licence. It stays a library of its own, so that who has the wheel can change it.
INSIDE = {
    "libcbor": "MIT",
    "libhidapi-hidraw": "BSD-3-Clause",
    "libmbedcrypto": "Apache-2.0",
    "libprotobuf-c": "BSD-2-Clause",
    "libserialport": "LGPL-3.0-or-later",
    "libusb-1.0": "LGPL-2.1-or-later",
    "libz": "Zlib",
}
#: What stays the system's: the C library, and libudev, which belongs to the udev that runs.
SYSTEM = re.compile(r"(lib(c|dl|m|pthread|rt|udev)|ld-linux.*)\.so\.\d+")
COMMON_LICENSES = pathlib.Path("/usr/share/common-licenses")
LIBRARIES = "dfutrigger.libs"


@dataclasses.dataclass
class Library:
    """A library of the system's that goes inside."""

    soname: str
    path: pathlib.Path
    stem: str

    @property
    def name(self) -> str:
        """Its name inside: two programs' libraries with one name would be taken for each other in a process."""
        head, dot, tail = self.soname.partition(".so")
        return f"{head}-{hashlib.sha256(self.path.read_bytes()).hexdigest()[:8]}{dot}{tail}"


def run(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return done.stdout


def needed(path: pathlib.Path) -> list[str]:
    return run("patchelf", "--print-needed", path).split()


def search(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """Where the system's loader finds what a file needs."""
    found = re.findall(r"^\s*(\S+) => (/\S+) \(", run("ldd", path), re.MULTILINE)
    return {name: pathlib.Path(place).resolve() for name, place in found}


def collect(modules: list[pathlib.Path]) -> dict[str, Library]:
    """What goes inside, by soname; SystemExit for what nobody has decided on."""
    libraries: dict[str, Library] = {}
    waiting = [(module, search(module)) for module in modules]
    while waiting:
        path, places = waiting.pop()
        for soname in needed(path):
            if soname in libraries or SYSTEM.fullmatch(soname):
                continue
            stem = soname.partition(".so")[0]
            if stem not in INSIDE:
                sys.exit(f"{path.name} needs {soname}: is it the system's, or may it go inside? "
                         f"See SYSTEM and INSIDE in {__file__}")
            if soname not in places:
                sys.exit(f"{path.name} needs {soname}, which is not installed")
            libraries[soname] = Library(soname, places[soname], stem)
            waiting.append((places[soname], places))
    return libraries


def link(path: pathlib.Path, rpath: str, libraries: dict[str, Library]) -> None:
    """Lets a file find what is inside."""
    for soname in needed(path):
        if soname in libraries:
            run("patchelf", "--replace-needed", soname, libraries[soname].name, path)
    run("patchelf", "--set-rpath", rpath, path)


def package_of(path: pathlib.Path) -> tuple[str, str, str]:
    """Name, version and source of the Debian package that a file is of."""
    # dpkg knows some of what is below /usr by where it was before.
    found = subprocess.run(["dpkg-query", "--search", path, f"/{path.relative_to('/usr')}"], capture_output=True, text=True,
                           check=False)
    owner = found.stdout.partition(": ")[0]
    name, version, source = run("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${source:Package}",
                                owner).split()
    return name, version, source


def license_text(package: str) -> str:
    """What Debian says of a package, and the texts that this names."""
    text = pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text(encoding="utf-8")
    named = sorted(set(re.findall(re.escape(str(COMMON_LICENSES)) + r"/([\w.-]*\w)", text)))
    # The LGPL 3 is what it adds to the GPL 3.
    if "LGPL-3" in named and "GPL-3" not in named:
        named.append("GPL-3")
    return "\n\n".join([text, *((COMMON_LICENSES / file).read_text(encoding="utf-8") for file in named)])


def write_licenses(folder: pathlib.Path, libraries: dict[str, Library]) -> None:
    folder.mkdir(exist_ok=True)
    about = [
        f"The libraries in {LIBRARIES}/ are others' work, unchanged but for their names and where they look for each other.",
        "Each may be replaced by another build of it under the same name. Their sources are in Debian's archive,",
        "https://snapshot.debian.org, under the names and versions below.",
        "",
    ]
    for library in sorted(libraries.values(), key=lambda one: one.soname):
        name, version, source = package_of(library.path)
        about.append(f"{library.name}: {INSIDE[library.stem]}, see {name}.txt; Debian's {name} {version}, source {source}")
        (folder / f"{name}.txt").write_text(license_text(name), encoding="utf-8")
    (folder / "LIBRARIES.txt").write_text("\n".join(about) + "\n", encoding="utf-8")


def platform(files: list[pathlib.Path], machine: str) -> str:
    """As in manylinux_2_34_x86_64: by the youngest symbol of the C library."""
    text = "".join(run("readelf", "--wide", "--version-info", path) for path in files)
    major, minor = max((int(major), int(minor)) for major, minor in re.findall(r"\bGLIBC_(\d+)\.(\d+)", text))
    return f"manylinux_{major}_{minor}_{machine}"


def record_of(root: pathlib.Path, record: pathlib.Path) -> str:
    lines = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and path != record:
            data = path.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{path.relative_to(root)},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{record.relative_to(root)},,"]) + "\n"


def pack(root: pathlib.Path, wheel: pathlib.Path) -> None:
    """The same tree is the same file."""
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(root)))
                entry.external_attr = (0o755 if ".so" in path.name else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def bundle(wheel: pathlib.Path, folder: pathlib.Path, root: pathlib.Path) -> pathlib.Path:
    with zipfile.ZipFile(wheel) as archive:
        # What meson-python 0.12 takes along for C programs is not for here.
        archive.extractall(root, [name for name in archive.namelist() if ".mesonpy.libs/" not in name])
    modules = list(root.rglob("*.so"))
    libraries = collect(modules)
    for module in modules:
        run("strip", "--strip-unneeded", module)
        up = "/".join([".."] * len(module.parent.relative_to(root).parts))
        link(module, f"$ORIGIN/{up}/{LIBRARIES}", libraries)
    (root / LIBRARIES).mkdir()
    for library in libraries.values():
        inside = root / LIBRARIES / library.name
        inside.write_bytes(library.path.read_bytes())
        run("patchelf", "--set-soname", library.name, inside)
        link(inside, "$ORIGIN", libraries)
    info = next(root.glob("*.dist-info"))
    write_licenses(info / "licenses", libraries)
    name, version, python, abi, old = wheel.stem.split("-")
    tag = platform([*modules, *(root / LIBRARIES).iterdir()], old.removeprefix("linux_"))
    about = info / "WHEEL"
    about.write_text(about.read_text(encoding="utf-8").replace(old, tag), encoding="utf-8")
    (info / "RECORD").write_text(record_of(root, info / "RECORD"), encoding="utf-8")
    made = folder / f"{name}-{version}-{python}-{abi}-{tag}.whl"
    pack(root, made)
    return made


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} WHEEL FOLDER")
    wheel, folder = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as root:
        made = bundle(wheel, folder, pathlib.Path(root))
    print(f"{made}: {made.stat().st_size} bytes")


main()
