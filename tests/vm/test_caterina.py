# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""avrdude through the kernel's serial driver: bootloaders that speak AVR109 hold what it writes, and it reads what they hold."""

import os
import time

import attached
import test_serial

SIZE = 6000
# Specifications of devices in their bootloader, avrdude's name of the part, and what they are back as
LOADERS = [
    ("board=leonardo", "m32u4", "2341:8036"),
    ("board=micro", "m32u4", "2341:8037"),
    ("board=pro-micro", "m32u4", "1b4f:9206"),
    ("line-state=take", "m32u4", "2341:8036"),
    ("part=atmega16u4", "m16u4", "2341:8036"),
    ("loader=lufacdc", "m32u4", "2341:8036"),
    ("loader=lufacdc,part=at90usb646", "usb646", "2341:8036"),
]
# One of each kind: other ids, and other answers to the lines, are seen on the virtual bus as well.
KINDS = [LOADERS[0], *LOADERS[4:]]
XBOOT = ("loader=xboot,part=atxmega256a3u", "x256a3u", "2341:8036")


def read_ids(path):
    """The ids of what is at a port, as in lsusb."""
    return ":".join(attached.read_sysfs(path, f"id{what}") for what in ("Vendor", "Product"))


class CaterinaTest(attached.Test):
    """What the tests share."""

    def make_program(self, name, size=SIZE):
        """A program of random bytes, as a hex file of objcopy's; returns its path and the bytes."""
        code = b"\x0c\x94\x34\x00" + os.urandom(size - 4)
        raw, path = self.file(f"{name}.raw"), self.file(f"{name}.hex")
        raw.write_bytes(code)
        attached.run("objcopy", "-I", "binary", "-O", "ihex", raw, path, check=True)
        return path, code

    @staticmethod
    def avrdude(devices, *words, part="m32u4"):
        """Runs it on the serial port of a device. EEPROM it reads and writes byte by byte."""
        return attached.run("avrdude", "-q", "-c", "avr109", "-p", part, "-b", 57600, "-P",
                            test_serial.find_port(devices.path()), *words, timeout=300)

    @staticmethod
    def touch(devices):
        """As a person would do it."""
        attached.run("stty", "-F", test_serial.find_port(devices.path()), "1200", "hupcl")

    def stop(self, devices, breaches=()):
        """Ends a device; returns its memories."""
        devices.stop()
        noted = [text for text in devices.breaches() if not any(word in text for word in breaches)]
        self.assertEqual(noted, [])
        return attached.read_memories(devices.state())

    def assert_program(self, memories, code):
        """It is there, and nothing behind it."""
        flash = memories["flash"]
        self.assertTrue(flash[:len(code)] == code, "the device does not hold what was flashed")
        self.assertEqual(flash[len(code):len(code) + 256].strip(b"\xff"), b"")


class WritingTest(CaterinaTest):
    """avrdude writes, and the device's memory is looked into."""

    def test_flash(self):
        for spec, part, ids in [*KINDS, XBOOT]:
            path, code = self.make_program("flash")
            with self.subTest(spec=spec), attached.Attached(attached.quick(f"leonardo:program=no,{spec}")) as devices:
                done = self.avrdude(devices, "-U", f"flash:w:{path}:i", part=part)
                self.assert_done(done)
                self.assertIn("verified", done.stderr)
                devices.wait_until_back()
                self.assertEqual(read_ids(devices.path()), ids)
                self.assert_program(self.stop(devices), code)

    def test_all_of_it(self):
        path, code = self.make_program("all", 0x7000)
        with attached.Attached(attached.quick("leonardo:program=no")) as devices:
            self.assert_done(self.avrdude(devices, "-U", f"flash:w:{path}:i"))
            memories = self.stop(devices)
            self.assertEqual(memories["flash"][:0x7000], code)

    def test_eeprom(self):
        raw = self.file("eeprom.raw")
        raw.write_bytes(os.urandom(300))
        with attached.Attached("leonardo:program=no") as devices:
            self.assert_done(self.avrdude(devices, "-D", "-U", f"eeprom:w:{raw}:r"))
            memories = self.stop(devices)
            self.assertEqual(memories["eeprom"][:300], raw.read_bytes())
            self.assertEqual(memories["eeprom"][300:].strip(b"\xff"), b"")

    def test_touched_and_at_the_pace_of_a_chip(self):
        path, code = self.make_program("touched", 2000)
        with attached.Attached("leonardo") as devices:
            self.touch(devices)
            devices.wait_until_back()
            self.assertEqual(read_ids(devices.path()), "2341:0036")
            self.assert_done(self.avrdude(devices, "-U", f"flash:w:{path}:i"))
            devices.wait_until_back(arrivals=3)
            self.assertEqual(read_ids(devices.path()), "2341:8036")
            self.assert_program(self.stop(devices), code)

    def test_gives_way_to_the_sketch_by_itself(self):
        with attached.Attached(attached.quick("leonardo")) as devices:
            self.touch(devices)
            devices.wait_until_back()
            begin = time.monotonic()
            devices.wait_until_back(arrivals=3)
            self.assertGreater(time.monotonic() - begin, 6)
            self.assertEqual(read_ids(devices.path()), "2341:8036")


class ReadingTest(CaterinaTest):
    """The device holds something, and avrdude reads it."""

    def test_flash_and_eeprom(self):
        for spec, part, _ in KINDS:
            flash, eeprom = self.file("flash.bin"), self.file("eeprom.bin")
            with self.subTest(spec=spec), attached.Attached(attached.quick(f"leonardo:program=no,{spec}")) as devices:
                raw = self.file("written.raw")
                raw.write_bytes(os.urandom(40))
                done = self.avrdude(devices, "-D", "-U", f"eeprom:w:{raw}:r", "-U", f"flash:r:{flash}:r", "-U",
                                    f"eeprom:r:{eeprom}:r", part=part)
                self.assert_done(done)
                memories = self.stop(devices)
                self.assertEqual(flash.read_bytes(), memories["flash"])
                self.assertEqual(eeprom.read_bytes(), memories["eeprom"])

    def test_what_is_another_program_is_not_verified(self):
        path, _ = self.make_program("first", 1000)
        other, _ = self.make_program("other", 1000)
        with attached.Attached(attached.quick("leonardo:program=no,loader=lufacdc")) as devices:
            self.assert_done(self.avrdude(devices, "-U", f"flash:w:{path}:i"))
            devices.wait_until_back()
            self.touch(devices)
            devices.wait_until_back(arrivals=3)
            self.assertNotEqual(self.avrdude(devices, "-U", f"flash:v:{other}:i").returncode, 0)

    def test_fuses_and_lock_bits(self):
        with attached.Attached(attached.quick("leonardo:program=no")) as devices:
            done = self.avrdude(devices, "-U", "lfuse:r:-:h", "-U", "hfuse:r:-:h", "-U", "efuse:r:-:h", "-U", "lock:r:-:h")
            self.assert_done(done)
            self.assertEqual(done.stdout.split(), ["0xff", "0xd8", "0xcb", "0x2f"])
            self.stop(devices)


class RefusingTest(CaterinaTest):
    """What does not fit."""

    def test_another_part_stays_as_it_is(self):
        path, _ = self.make_program("part", 1000)
        with attached.Attached(attached.quick("leonardo:part=atmega16u4,program=no")) as devices:
            self.assertNotEqual(self.avrdude(devices, "-U", f"flash:w:{path}:i").returncode, 0)
            memories = self.stop(devices)
            self.assertEqual(memories["flash"][:0x3000].strip(b"\xff"), b"")


class OursTest(CaterinaTest):
    """Our command writes, and avrdude reads; and the other way round."""

    def touched(self, devices, arrivals):
        """It is in its bootloader once more."""
        self.touch(devices)
        devices.wait_until_back(arrivals=arrivals)

    @attached.for_release
    def test_avrdude_reads_what_we_write(self):
        # The table knows these boards to have the usual part.
        for spec, part, ids in [loader for loader in LOADERS if "part=" not in loader[0]]:
            path, code = self.make_program("ours")
            out = self.file("ours.bin")
            with self.subTest(spec=spec), attached.Attached(attached.quick(f"leonardo:{spec}")) as devices:
                done = attached.dfutrigger("-p", devices.path(), "update", path)
                self.assert_done(done)
                self.assertIn("verified", done.stdout)
                devices.wait_until_back(arrivals=3)
                self.assertEqual(read_ids(devices.path()), ids)
                self.touched(devices, 4)
                self.assert_done(self.avrdude(devices, "-U", f"flash:v:{path}:i", "-U", f"flash:r:{out}:r", part=part))
                self.assertEqual(out.read_bytes()[:len(code)], code)
                self.assert_program(self.stop(devices), code)

    def test_we_read_what_avrdude_writes(self):
        path, code = self.make_program("theirs")
        out = self.file("theirs.bin")
        with attached.Attached(attached.quick("leonardo:program=no")) as devices:
            self.assert_done(self.avrdude(devices, "-U", f"flash:w:{path}:i"))
            devices.wait_until_back()
            self.touched(devices, 3)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "upload", out))
            self.assertEqual(out.read_bytes()[:len(code)], code)
            self.assert_program(self.stop(devices), code)
