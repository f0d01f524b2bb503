# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""dfu-util updates the virtual devices of the DFU family, by what it knows of the real ones."""

import hashlib
import os
import pathlib
import struct

import attached

FLASH = "0x08000000"


def dfu_util(*arguments):
    """Runs dfu-util."""
    return attached.run("dfu-util", *arguments)


def cpio_entry(name, data, links=0, mode=0o100644):
    """A file in an archive, as mkdfu.py writes it."""
    fields = [0, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def esp_archive(files):
    """What an ESP chip's ROM takes: (address, name, data) each."""
    params = struct.pack("<8I", 0, 0, 0, 2 << 20, 0x10000, 0x1000, 0x100, 0xFFFF)
    entries = [(0, 0x1C, "flash_params.dat", params)] + [(address, 0, name, data) for address, name, data in files]
    info = b"".join(struct.pack("<II64s16s", address, flags, name.encode(), hashlib.md5(data).digest())
                    for address, flags, name, data in entries)
    archive = cpio_entry("dfuinfo0.dat", info)
    archive += b"".join(cpio_entry(name, data) for _, _, name, data in entries)
    archive += cpio_entry("TRAILER!!!", b"", 1, 0)
    return archive + b"\0" * (-len(archive) % 10240)


class DfuFamilyTest(attached.Test):
    """Each device in its turn."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.file("image.bin")
        # A vector table in front, and whole blocks of all of them.
        cls.image.write_bytes(struct.pack("<II", 0x20004000, 0x08000101) + os.urandom(20472))

    def assert_updated(self, devices, memory, offset=0):
        """The memory holds the image, and no rule was broken."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])
        self.assert_holds(attached.read_memories(devices.state())[memory][offset:], self.image)

    def test_dfuse(self):
        for name in ("stm32f072", "stm32f405", "gd32vf103"):
            with self.subTest(name), attached.Attached(attached.quick(name)) as devices:
                self.assert_done(dfu_util("-a", 0, "-s", f"{FLASH}:leave", "-D", self.image))
                self.assert_updated(devices, "flash")

    def test_dfuse_mass_erase(self):
        with attached.Attached(attached.quick("stm32f405")) as devices:
            self.assert_done(dfu_util("-a", 0, "-s", f"{FLASH}:mass-erase:force", "-D", self.image))
            out = self.file("read.bin")
            self.assert_done(dfu_util("-a", 0, "-s", f"{FLASH}:{self.image.stat().st_size}", "-U", out))
            self.assert_holds(out.read_bytes(), self.image)
            self.assert_updated(devices, "flash")

    def test_usbd_dfu_rt(self):
        with attached.Attached(attached.quick("usbd-dfu-rt")) as devices:
            self.assert_done(dfu_util("-d", "1209:0001,0483:df11", "-E", 3, "-a", 0, "-s", f"{FLASH}:leave", "-D",
                                      self.image))
            devices.wait_until_back(0, 3)
            self.assert_updated(devices, "flash")

    def test_xmos(self):
        for spec in ("xmos", "xmos:xua=4"):
            with self.subTest(spec), attached.Attached(attached.quick(spec)) as devices:
                self.assert_done(dfu_util("-d", "20b1:0002", "-E", 2, "-D", self.image))
                self.assert_updated(devices, "upgrade")

    def test_sln_voice(self):
        with attached.Attached(attached.quick("sln-voice")) as devices:
            self.assert_done(dfu_util("-d", ",20b1:4001", "-a", "DFU UPGRADE", "-D", self.image))
            self.assert_updated(devices, "upgrade")

    def test_esp32_s2(self):
        archive = self.file("archive.bin")
        archive.write_bytes(esp_archive([(0x1000, "bootloader.bin", b"\xe9" + os.urandom(999)),
                                         (0x10000, "app.bin", self.image.read_bytes())]))
        with attached.Attached(attached.quick("esp32-s2")) as devices:
            port = next(pathlib.Path(f"/sys/bus/usb/devices/{devices.path()}:1.0/tty").iterdir()).name
            attached.run("stty", "-F", f"/dev/{port}", "1200")
            devices.wait_until_back(0, 2)
            self.assertIn("Found Runtime: [303a:0002]", dfu_util("-l").stdout)
            self.assert_done(dfu_util("-d", "303a:0002", "-E", 2, "-D", archive))
            devices.wait_until_back(0, 4)
            self.assert_updated(devices, "flash", 0x10000)
