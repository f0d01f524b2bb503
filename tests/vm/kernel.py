# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Debian's kernel, unpacked for QEMU: an ELF image, its modules, and an initramfs that finds the root."""

import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

# What the initramfs loads before there is a root, with what these depend on.
EARLY_MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay"]

# Linux, Documentation/x86/boot.rst: offsets in the setup header
SETUP_SECTORS = 0x1F1
PAYLOAD_OFFSET = 0x248
PAYLOAD_LENGTH = 0x24C
SECTOR_SIZE = 512


def run(*command, **options):
    """Runs a program that has to succeed; returns its output."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def find_package():
    """The package that Debian's name for the newest kernel stands for."""
    text = run("apt-cache", "depends", "linux-image-amd64")
    return re.search(r"Depends: (linux-image-\d\S+)", text).group(1)


def extract_elf(image):
    """
    The kernel proper inside a bzImage.

    QEMU starts an ELF image by its PVH entry; unpacking a compressed one takes an emulated processor 10 s.
    """
    (offset,) = struct.unpack_from("<I", image, PAYLOAD_OFFSET)
    (length,) = struct.unpack_from("<I", image, PAYLOAD_LENGTH)
    begin = (image[SETUP_SECTORS] + 1) * SECTOR_SIZE + offset
    # The last four bytes are the size of what is inside.
    return lzma.decompress(image[begin : begin + length - 4])


class Kernel:
    """A kernel in a folder of the cache."""

    def __init__(self, folder):
        self.folder = folder
        self.vmlinux = folder / "vmlinux"
        self.initramfs = folder / "initramfs"
        self.version = next((folder / "lib/modules").iterdir()).name
        self.modules = folder / "lib/modules" / self.version

    def list_early_modules(self):
        """Files of the modules that the initramfs loads, in order."""
        files = []
        for name in EARLY_MODULES:
            text = run("/sbin/modprobe", "-d", self.folder, "-S", self.version, "--show-depends", name)
            for path in re.findall(r"^insmod (\S+)", text, re.MULTILINE):
                if path not in files:
                    files.append(path)
        return files


def unpack(package, folder):
    """Downloads a kernel package and takes out what is needed."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = pathlib.Path(name)
        # apt downloads as a user of its own if it can.
        work.chmod(0o777)
        run("apt-get", "--quiet=2", "download", package, cwd=work, stderr=subprocess.DEVNULL)
        run("dpkg", "-x", next(work.glob("*.deb")), work / "tree")
        tree = work / "tree"
        (tree / "vmlinux").write_bytes(extract_elf(next(tree.glob("boot/vmlinuz-*")).read_bytes()))
        if not (tree / "lib/modules").exists():
            shutil.move(tree / "usr/lib", tree / "lib")
        kernel = Kernel(tree)
        run("/sbin/depmod", "-b", tree, kernel.version)
        make_initramfs(kernel)
        os.rename(tree, folder)


def make_initramfs(kernel):
    """Busybox, the first modules and init.sh, as a cpio archive."""
    with tempfile.TemporaryDirectory(dir=kernel.folder) as name:
        root = pathlib.Path(name)
        for folder in ["bin", "modules"]:
            (root / folder).mkdir()
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for index, path in enumerate(kernel.list_early_modules()):
            shutil.copy(path, root / "modules" / f"{index:02}-{pathlib.Path(path).name}")
        make_archive(root, kernel.initramfs)


def make_archive(root, archive):
    """Packs a folder the way Linux unpacks it."""
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    with open(archive, "wb") as out:
        subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc"],
            input="\n".join(names).encode(),
            stdout=out,
            cwd=root,
            check=True,
        )


def get_kernel(cache):
    """The newest kernel of Debian, from the cache if it is there."""
    package = find_package()
    folder = cache / package
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unpack(package, folder)
    return Kernel(folder)
