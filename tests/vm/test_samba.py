# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""bossac writes boards whose bootloader speaks SAM-BA, through the kernel's serial driver, and finds there what it wrote."""

import os
import struct

import attached
from test_serial import find_port

# Where the application is, and what bossac calls the part
BOARDS = {
    "zero": (0x2000, "ATSAMD21x18"),
    "mkr": (0x2000, "ATSAMD21x18"),
    "xiao-samd21": (0x2000, "ATSAMD21x18"),
    "metro-m4": (0x4000, "ATSAMD51x19"),
}
SIZE = 9000


class SambaTest(attached.Test):
    """What the tests share."""

    def make_program(self, name, offset, size=SIZE):
        """A program of random bytes with a stack and a start; returns its path and the bytes."""
        code = struct.pack("<II", 0x20008000, offset + 0x101) + os.urandom(size - 8)
        path = self.file(f"{name}.bin")
        path.write_bytes(code)
        return path, code

    @staticmethod
    def plug(board, options="blank=yes"):
        """A board that waits in its bootloader, if nothing else is said."""
        return attached.Attached(attached.quick(f"samd:board={board},{options}"))

    @staticmethod
    def bossac(devices, *words):
        """Runs bossac on the port of the device."""
        return attached.run("bossac", "-p", os.path.basename(find_port(devices.path())), "-U", *words)

    def read_by_bossac(self, devices, offset, size):
        """What bossac finds in the flash of the device."""
        path = self.file("read.bin")
        self.assert_done(self.bossac(devices, f"--offset={offset:#x}", f"--read={size}", path))
        return path.read_bytes()[:size]


class WritingTest(SambaTest):
    """A board of each kind, from its bootloader to its application."""

    def test_bossac_writes_and_verifies(self):
        for board, (offset, part) in BOARDS.items():
            path, code = self.make_program(board, offset)
            with self.subTest(board=board), self.plug(board) as devices:
                done = self.bossac(devices, "-i", "-e", "-w", "-v", f"--offset={offset:#x}", "-R", path)
                self.assert_done(done)
                self.assertIn(part, done.stdout)
                self.assertIn("Verify successful", done.stdout)
                devices.wait_until_back()
                devices.stop()
                self.assertTrue(attached.read_memories(devices.state())["flash"][offset:offset + SIZE] == code)
                self.assertIn(b"mode application", devices.state().read_bytes())
                self.assertEqual(devices.breaches(), [])

    def test_bossac_updates_what_our_trigger_leads_to(self):
        path, code = self.make_program("update", 0x2000)
        with self.plug("zero", "blank=no") as devices:
            attached.dfutrigger("-p", devices.path(), "trigger", check=True)
            devices.wait_until_back()
            self.assert_done(self.bossac(devices, "-e", "-w", "-v", "--offset=0x2000", "-R", path))
            devices.wait_until_back(arrivals=3)
            self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "804d")
            devices.stop()
            self.assertTrue(attached.read_memories(devices.state())["flash"][0x2000:0x2000 + SIZE] == code)
            self.assertEqual(devices.breaches(), [])

    def test_bossac_writes_a_due(self):
        path, code = self.make_program("due", 0x80000)
        with self.plug("due") as devices:
            done = self.bossac(devices, "-i", "-e", "-w", "-v", "--boot=1", "-R", path)
            self.assert_done(done)
            self.assertIn("ATSAM3X8", done.stdout)
            self.assertIn("Verify successful", done.stdout)
            devices.wait_until_back()
            devices.stop()
            self.assertTrue(attached.read_memories(devices.state())["flash"][:SIZE] == code)
            self.assertIn(b"mode application", devices.state().read_bytes())
            self.assertEqual(devices.breaches(), [])

    def test_bossac_writes_page_by_page(self):
        """Without -e it erases by the registers of the flash, and has words copied."""
        for board in "zero", "metro-m4":
            offset, _ = BOARDS[board]
            path, code = self.make_program(board, offset, 3000)
            with self.subTest(board=board), self.plug(board) as devices:
                self.assert_done(self.bossac(devices, "-w", "-v", f"--offset={offset:#x}", path))
                devices.stop()
                self.assertTrue(attached.read_memories(devices.state())["flash"][offset:offset + 3000] == code)
                self.assertEqual(devices.breaches(), [])


class ReadingTest(SambaTest):
    """bossac finds what is in the device. Tests of what our command has written belong here: read_by_bossac() reads it."""

    def test_bossac_reads_what_is_there(self):
        for board, (offset, _) in BOARDS.items():
            path, code = self.make_program(board, offset, 1000)
            with self.subTest(board=board), self.plug(board) as devices:
                self.assert_done(self.bossac(devices, "-e", "-w", f"--offset={offset:#x}", path))
                self.assertTrue(self.read_by_bossac(devices, offset, len(code)) == code)
                devices.stop()
                self.assertEqual(devices.breaches(), [])


class FaultsTest(SambaTest):
    """What bossac gets wrong, or is refused, is seen."""

    def assert_fails(self, devices, *words):
        """bossac ends with an error, or waits for ever."""
        port = os.path.basename(find_port(devices.path()))
        done = attached.run("timeout", "8", "bossac", "-p", port, "-U", *words)
        self.assertNotEqual(done.returncode, 0, done.stdout)

    def test_bossac_can_not_look_into_a_secured_one(self):
        with self.plug("nano-33-iot") as devices:
            self.assert_fails(devices, "-i")

    def test_a_forgotten_offset_is_the_end(self):
        path, _ = self.make_program("wrong", 0x2000)
        with self.plug("zero") as devices:
            self.assert_fails(devices, "-e", "-w", path)
            devices.stop()
            self.assertIn("bricked", "".join(devices.breaches()))

    def test_bossac_notices_another_program(self):
        path, code = self.make_program("one", 0x2000)
        other = self.file("other.bin")
        other.write_bytes(code[:5000] + bytes([code[5000] ^ 1]) + code[5001:])
        with self.plug("zero") as devices:
            self.assert_done(self.bossac(devices, "-e", "-w", "--offset=0x2000", path))
            self.assert_done(self.bossac(devices, "-v", "--offset=0x2000", path))
            self.assert_fails(devices, "-v", "--offset=0x2000", other)
