# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Drives that take firmware: by PICOBOOT beside them, by our own SCSI commands, and by the kernel's file system."""

import json
import pathlib
import random
import struct

import attached

BUSY = 16
# What is away between application and bootloader is back soon.
PICO = "pico:flash-size=512K,erase-us=0,program-us=0,return-ms=100"
METRO = "uf2-board:flavour=tinyuf2,erase-us=0,program-us=0,return-ms=100"
METRO_ROW = {
    "name": "metro",
    "application": [{"ids": ["239a:80df"], "interface": "02/02/*"}],
    "bootloader": [{"ids": ["239a:00df"], "interface": "08/06/50"}],
    "triggers": ["touch-1200"],
    "protocol": "uf2",
    "leave": "self",
}
# RP2350 datasheet, 5.9: an image definition of an Arm program, at the beginning of the flash's first 4 KiB
DEFINITION = struct.pack("<IHHIII", 0xFFFFDED3, 0x0142, 0x1021, 0x01FF, 0, 0xAB123579)


def compose_rp2040(size):
    """A second stage with its CRC32, whose highest bit goes first (RP2040 datasheet, 2.8), and what it starts."""
    program = bytearray(random.Random(2040).randbytes(size))
    crc = 0xFFFFFFFF
    for byte in program[:252]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    program[252:256] = crc.to_bytes(4, "little")
    return bytes(program)


def compose_rp2350(size):
    """A program with its image definition."""
    program = bytearray(random.Random(2350).randbytes(size))
    program[0x140 : 0x140 + len(DEFINITION)] = DEFINITION
    return bytes(program)


def find_block(path):
    """The node with the file system of a drive, which usb-storage has: a partition, or the whole disk."""
    disks = pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:*/host*/target*/*/block/sd*")
    for disk in disks:
        names = sorted(part.name for part in disk.glob("sd*")) or [disk.name]
        if (disk / "size").read_text().strip() != "0":
            return pathlib.Path("/dev", names[0])
    return None


class PicobootTest(attached.Test):
    """RP2040 and RP2350: usb-storage has the drive, we have the interface beside it."""

    def update(self, spec, program):
        """From the application to new firmware, and once more."""
        image = self.file("program.bin")
        image.write_bytes(program)
        with attached.Attached(spec) as devices:
            done = attached.dfutrigger("-p", devices.path(), "update", image, "--json")
            self.assert_done(done)
            self.assertTrue(attached.result_of(done)["verified"], done.stdout)
            devices.wait_until_back(arrivals=3)
            done = attached.dfutrigger("-p", devices.path(), "update", image)
            self.assert_done(done)
            self.assertIn("nothing was written", done.stdout + done.stderr)
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())["flash"], image)
            self.assertEqual(devices.breaches(), [])

    def test_rp2040(self):
        self.update(PICO, compose_rp2040(12000))

    def test_rp2350(self):
        self.update(PICO + ",chip=rp2350", compose_rp2350(12000))


class Uf2Test(attached.Test):
    """A bootloader that is a drive and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = cls.file("metro.json")
        cls.table.write_text(json.dumps({"format": 1, "devices": [METRO_ROW]}))
        cls.program = cls.file("metro.bin")
        # What an ESP32-S2 starts begins with this byte.
        cls.program.write_bytes(b"\xe9" + random.Random(2).randbytes(8191))
        cls.uf2 = cls.file("metro.uf2")
        attached.dfutrigger("pack", cls.program, cls.uf2, "--format", "uf2", "--family", "esp32s2", "--address", 0,
                            check=True)

    def run_at(self, devices, *arguments):
        """Our command, for the board."""
        return attached.dfutrigger("--devices", self.table, "-p", devices.path(), *arguments)

    def mount(self, devices):
        """Triggers the board and mounts its drive; returns the node and the mount point."""
        self.assert_done(self.run_at(devices, "trigger"))
        node = attached.wait_for(lambda: find_block(devices.path()), "the drive's node")
        attached.settle()
        point = self.file("drive")
        point.mkdir(exist_ok=True)
        attached.run("mount", node, point, check=True)
        self.addCleanup(attached.run, "umount", "-l", point)
        return node, point

    def expect_flashed(self, devices):
        """The board is its application again and holds the program."""
        devices.wait_until_back(arrivals=3)
        self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "80df")
        devices.stop()
        self.assert_holds(attached.read_memories(devices.state())["flash"], self.program)
        self.assertEqual(devices.breaches(), [])

    def test_update(self):
        with attached.Attached(METRO) as devices:
            self.assert_done(self.run_at(devices, "update", self.uf2))
            self.expect_flashed(devices)

    def test_mounted_drive_is_left_alone(self):
        with attached.Attached(METRO) as devices:
            node, point = self.mount(devices)
            done = self.run_at(devices, "update", self.uf2)
            self.assertEqual(done.returncode, BUSY, done.stderr)
            self.assertIn(f"{node.name} is mounted at {point}", done.stderr)
            self.assertTrue(point.is_mount())
            self.assertIn("UF2", (point / "INFO_UF2.TXT").read_text())
            attached.run("umount", point, check=True)
            self.assert_done(self.run_at(devices, "update", self.uf2))
            self.expect_flashed(devices)

    def test_copy_by_the_kernel(self):
        """What the judge of our own way does: the virtual drive takes what a file system writes."""
        with attached.Attached(METRO) as devices:
            _, point = self.mount(devices)
            # The board restarts with the last block; what the file system writes after that may be lost.
            attached.run("cp", self.uf2, point)
            attached.run("sync", "-f", point)
            self.expect_flashed(devices)
