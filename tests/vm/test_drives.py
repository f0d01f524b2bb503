# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Drives that take firmware: by PICOBOOT beside them, by our own SCSI commands, and by the kernel's file system."""

import json
import os
import pathlib
import random
import struct
import subprocess
import sys

import attached

sys.path.insert(0, str(attached.PROJECT / "tests/sessions"))

import cases  # noqa: E402

NOT_FOUND = 13
ACCESS = 15
IDS = 35
# What is away between application and bootloader is back soon.
PICO = "pico:flash-size=512K,erase-us=0,program-us=0,return-ms=100"
METRO = "uf2-board:flavour=tinyuf2,erase-us=0,program-us=0,return-ms=100"
# The reset request asks an RP2040's ROM for the drive without PICOBOOT.
RP2040_ROW = {
    "name": "rp2040",
    "application": [{"ids": ["1209:0a01"], "interface": "ff/00/01"}],
    "bootloader": [{"ids": ["2e8a:0003"], "interface": "08/06/50"}],
    "triggers": [{"name": "drive-only", "interface": "ff/00/01", "request_type": "21", "request": "01",
                  "value": "0002", "index": "interface"}],
    "protocol": "uf2",
    "part": "rp2040",
    "leave": "self",
}
# RP2350 datasheet, 5.9: an image definition of an Arm program, at the beginning of the flash's first 4 KiB
DEFINITION = struct.pack("<IHHIII", 0xFFFFDED3, 0x0142, 0x1021, 0x01FF, 0, 0xAB123579)


def compose_rp2040(size):
    """A program that the ROM starts."""
    return cases.compose_rp2040(random.Random(2040).randbytes(size))


def compose_rp2350(size):
    """A program with its image definition."""
    program = bytearray(random.Random(2350).randbytes(size))
    program[0x140 : 0x140 + len(DEFINITION)] = DEFINITION
    return bytes(program)


def find_node(path, pattern):
    """The node of a drive that usb-storage has: "sd?" is the disk, "sd?/sd?1" its first partition."""
    found = pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:*/host*/target*/*/block/{pattern}/size")
    # Until the kernel has read the capacity it is none.
    return next((pathlib.Path("/dev", size.parent.name) for size in found if size.read_text() != "0\n"), None)


class PicobootTest(attached.Test):
    """RP2040 and RP2350: usb-storage has the drive, we have the interface beside it."""

    def update(self, spec, program):
        """From the application to new firmware, and once more."""
        image = self.file("program.bin")
        image.write_bytes(program)
        with attached.Attached(spec) as devices:
            done = attached.dfutrigger("-p", devices.path(), "update", image, "--json")
            self.assert_done(done)
            self.assertEqual(attached.result_of(done)["verified"], "yes", done.stdout)
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
    """A bootloader that is a drive and nothing else; its volume is the whole disk."""

    spec = METRO
    row = cases.METRO
    options = ["--family", "esp32s2", "--address", 0]
    product_id = "80df"
    volume = "sd?"

    @classmethod
    def compose(cls):
        """What an ESP32-S2 starts begins with this byte."""
        return b"\xe9" + random.Random(2).randbytes(8191)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table = cls.file("table.json")
        cls.table.write_text(json.dumps({"format": 1, "devices": [cls.row]}))
        cls.program = cls.file("program.bin")
        cls.program.write_bytes(cls.compose())
        cls.uf2 = cls.file("program.uf2")
        attached.dfutrigger("pack", cls.program, cls.uf2, "--format", "uf2", *cls.options, check=True)

    def run_at(self, devices, *arguments):
        """Our command, for the board."""
        return attached.dfutrigger("--devices", self.table, "-p", devices.path(), *arguments)

    def mount(self, devices, *options):
        """Triggers the board and mounts its drive; returns the node and the mount point."""
        self.assert_done(self.run_at(devices, "trigger"))
        node = attached.wait_for(lambda: find_node(devices.path(), self.volume), "the drive's node")
        attached.settle()
        point = self.file("drive")
        point.mkdir(exist_ok=True)
        attached.run("mount", *options, node, point, check=True)
        self.addCleanup(attached.run, "umount", "-l", point)
        return node, point

    def expect_flashed(self, devices):
        """The board is its application again and holds the program."""
        devices.wait_until_back(arrivals=3)
        self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), self.product_id)
        devices.stop()
        self.assert_holds(attached.read_memories(devices.state())["flash"], self.program)
        self.assertEqual(devices.breaches(), [])

    def test_update(self):
        with attached.Attached(self.spec) as devices:
            self.assert_done(self.run_at(devices, "update", self.uf2))
            self.expect_flashed(devices)

    def test_mounted_drive_is_written_by_its_files(self):
        """No command of ours goes to a drive that a file system has."""
        with attached.Attached(self.spec) as devices:
            _, point = self.mount(devices)
            session = self.file("session.jsonl")
            session.unlink(missing_ok=True)
            done = self.run_at(devices, "-vv", "--record", session, "update", self.uf2)
            self.assert_done(done)
            self.assertIn("the new firmware has been started", done.stdout)
            self.assertNotIn("bulk", done.stderr)
            self.expect_flashed(devices)
        self.assert_has_file(session)

    def assert_has_file(self, session):
        """The recording has the drive's files, and what was written into one, but nothing of the firmware."""
        lines = [json.loads(line) for line in session.read_text().splitlines()]
        written = [line for line in lines if line.get("link") == "volume" and line["event"] == "write"]
        self.assertGreaterEqual(sum(line["out"]["length"] for line in written), self.uf2.stat().st_size)
        self.assertTrue(all(line["file"] and "offset" in line for line in written))
        self.assertNotIn(self.program.read_bytes()[64:80].hex(), session.read_text())

    def test_path_that_is_given(self):
        """What only another mount namespace sees is given by a path; it has to be this very drive's."""
        other = self.file("other")
        other.mkdir(exist_ok=True)
        (other / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\r\nModel: Other\r\nBoard-ID: Other\r\n")
        with attached.Attached(self.spec) as devices:
            node, point = self.mount(devices)
            # As a container has it: its own mounts are another's, and the path leads through that one's root.
            holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sleep", "600"])
            self.addCleanup(holder.wait)
            self.addCleanup(holder.kill)
            attached.wait_for(lambda: str(point) in pathlib.Path(f"/proc/{holder.pid}/mounts").read_text()
                              and os.readlink(f"/proc/{holder.pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt"),
                              "the other namespace")
            attached.run("umount", point, check=True)
            given = pathlib.Path(f"/proc/{holder.pid}/root{point}")
            self.assertFalse(point.is_mount())
            for path in (other, self.file("none"), point):
                done = self.run_at(devices, "update", self.uf2, "--volume", path)
                self.assertEqual(done.returncode, NOT_FOUND, done.stderr)
                self.assertIn(f"mounted at {path}", done.stderr)
            self.assertEqual([file.name for file in other.iterdir()], ["INFO_UF2.TXT"])
            if "part" not in self.row:
                attached.dfutrigger("pack", self.program, self.file("s3.uf2"), "--format", "uf2", "--family", "esp32s3",
                                    "--address", 0, "--overwrite", check=True)
                done = self.run_at(devices, "update", self.file("s3.uf2"), "--part", "esp32s3", "--volume", given)
                self.assertEqual(done.returncode, IDS, done.stderr)
                self.assertIn(f"the drive at {given} is that of ", done.stderr)
                self.assertIn(" was taken for esp32s3", done.stderr)
            done = self.run_at(devices, "-vv", "update", self.uf2, "--volume", given)
            self.assert_done(done)
            self.assertNotIn("bulk", done.stderr)
            self.expect_flashed(devices)

    def test_file_of_another_family_is_not_copied(self):
        with attached.Attached(self.spec) as devices:
            _, point = self.mount(devices)
            other = self.file("other.uf2")
            attached.dfutrigger("pack", self.program, other, "--format", "uf2", "--family", "samd51", "--address", "0x4000",
                                "--overwrite", check=True)
            done = self.run_at(devices, "update", other)
            self.assertIn("it is for samd51", done.stderr)
            self.assertNotEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("NEW.UF2", [file.name for file in point.iterdir()])
            self.assertTrue(point.is_mount())

    def test_drive_that_can_not_be_written_is_left_alone(self):
        with attached.Attached(self.spec) as devices:
            node, point = self.mount(devices, "-o", "ro")
            done = self.run_at(devices, "update", self.uf2)
            self.assertEqual(done.returncode, ACCESS, done.stderr)
            self.assertIn(f"{node.name} is mounted at {point}, where this user may not write", done.stderr)
            self.assertTrue(point.is_mount())
            self.assertIn("UF2", (point / "INFO_UF2.TXT").read_text())
            attached.run("umount", point, check=True)
            self.assert_done(self.run_at(devices, "update", self.uf2))
            self.expect_flashed(devices)

    def test_copy_by_the_kernel(self):
        """What the judge of our own way does: the virtual drive takes what a file system writes."""
        with attached.Attached(self.spec) as devices:
            _, point = self.mount(devices)
            # The board restarts with the last block; what the file system writes after that may be lost.
            attached.run("cp", self.uf2, point)
            attached.run("sync", "-f", point)
            self.expect_flashed(devices)


class Uf2PartitionTest(Uf2Test):
    """An RP2040's drive, whose volume is in a partition."""

    spec = f"{PICO},vid=1209,pid=0a01"
    row = RP2040_ROW
    options = ["--family", "rp2040", "--address", "0x10000000"]
    product_id = "0a01"
    volume = "sd?/sd?1"

    @classmethod
    def compose(cls):
        return compose_rp2040(8192)
