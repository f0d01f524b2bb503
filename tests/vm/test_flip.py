# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""dfu-programmer and avrdude write parts whose bootloader speaks FLIP, and find there what they wrote."""

import os

import attached

# Names of the parts: ours, dfu-programmer's, avrdude's; and where in its flash an application is.
AVRS = [("at90usb82", "at90usb82", "usb82", 0x1000), ("atmega16u2", "atmega16u2", "m16u2", 0x3000),
        ("atmega32u4", "atmega32u4", "m32u4", 0x7000), ("at90usb646", "at90usb646", "usb646", 0xE000)]
LARGE = ("at90usb1286", "at90usb1286", "usb1286", 0x1E000)
SIZE = 5000


class FlipTest(attached.Test):
    """What the tests share."""

    def make_hex(self, name, size, address=0):
        """A program of random bytes, as a hex file of objcopy's; returns its path and the bytes."""
        code = b"\x0c\x94\x34\x00" + os.urandom(size - 4)
        raw, path = self.file(f"{name}.raw"), self.file(f"{name}.hex")
        raw.write_bytes(code)
        attached.run("objcopy", "-I", "binary", "-O", "ihex", f"--change-addresses={address}", raw, path, check=True)
        return path, code

    def check(self, spec, commands, code, offset=0, breaches=()):
        """Runs the commands, and looks into the flash."""
        with self.subTest(spec=spec), attached.Attached(attached.quick(f"flip:{spec}")) as devices:
            for command in commands:
                self.assert_done(attached.run(*command))
            devices.stop()
            flash = attached.read_memories(devices.state())["flash"]
            self.assertTrue(flash[offset:offset + len(code)] == code, "the device does not hold what was flashed")
            self.assertEqual([text for text in devices.breaches() if not any(word in text for word in breaches)], [])

    @staticmethod
    def dfu_programmer(part, path):
        """The commands that write a file with it, and read it back."""
        return [["dfu-programmer", part, *words] for words in [["erase"], ["flash", path]]]

    @staticmethod
    def avrdude(part, path, language="flip1", memory="flash"):
        """The command that writes a file with it, and reads it back."""
        return ["avrdude", "-p", part, "-c", language, "-e", "-U", f"{memory}:w:{path}:i"]


class WritingTest(FlipTest):
    """Each part in its turn."""

    def test_dfu_programmer_writes_avr(self):
        for loader in "atmel", "lufa":
            for part, name, _, room in [*AVRS, LARGE]:
                path, code = self.make_hex("avr", min(SIZE, room) & ~1)
                self.check(f"part={part},loader={loader}", self.dfu_programmer(name, path), code)

    def test_avrdude_writes_avr(self):
        for loader in "atmel", "qmk":
            for part, _, name, room in AVRS:
                path, code = self.make_hex("avr", min(SIZE, room))
                self.check(f"part={part},loader={loader}", [self.avrdude(name, path)], code, breaches=["selects nothing"])

    def test_avrdude_writes_xmega(self):
        path, code = self.make_hex("xmega", SIZE)
        for part, name in ("atxmega64a3u", "x64a3u"), ("atxmega128a3u", "x128a3u"):
            self.check(f"part={part}", [self.avrdude(name, path, "flip2", "application")], code)

    def test_dfu_programmer_writes_xmega_and_uc3(self):
        path, code = self.make_hex("xmega", SIZE)
        self.check("part=atxmega64a3u", self.dfu_programmer("atxmega64a3u", path), code)
        path, code = self.make_hex("uc3", SIZE, 0x80002000)
        # It takes a part that is still being erased for one that can't be.
        for part in "at32uc3a0512", "at32uc3b0256":
            self.check(f"part={part},erase=status", self.dfu_programmer(part, path), code, 0x2000)


class LeavingTest(FlipTest):
    """What is started afterwards."""

    def test_the_keyboard_is_back(self):
        path, code = self.make_hex("keyboard", SIZE)
        for loader in "atmel", "lufa":
            spec = attached.quick(f"flip:application=via,loader={loader}")
            with self.subTest(loader=loader), attached.Attached(spec) as devices:
                attached.dfutrigger("-p", devices.path(), "trigger", check=True)
                for command in self.dfu_programmer("atmega32u4", path):
                    self.assert_done(attached.run(*command))
                # It may be gone before it has said all.
                attached.run("dfu-programmer", "atmega32u4", "reset")
                devices.wait_until_back(arrivals=3)
                self.assertEqual(attached.read_sysfs(devices.path(), "idVendor"), "feed")
                devices.stop()
                self.assertEqual(attached.read_memories(devices.state())["flash"][:SIZE], code)
                self.assertEqual(devices.breaches(), [])


    def test_our_command_does_all_of_it(self):
        path, code = self.make_hex("keyboard", SIZE)
        for loader in "atmel", "qmk":
            spec = attached.quick(f"flip:application=via,loader={loader}")
            with self.subTest(loader=loader), attached.Attached(spec) as devices:
                done = attached.dfutrigger("-p", devices.path(), "update", path, check=True)
                self.assertIn("downloaded and verified", done.stdout)
                devices.stop()
                self.assertEqual(attached.read_memories(devices.state())["flash"][:SIZE], code)
                self.assertEqual(devices.breaches(), [])


class FaultsTest(FlipTest):
    """What they get wrong, or are refused, is seen."""

    def try_to(self, spec, *command):
        """Runs a program on a part; returns it, and the breaches."""
        with attached.Attached(attached.quick(f"flip:{spec}")) as devices:
            done = attached.run(*command)
            devices.stop()
            return done, devices.breaches()

    def test_a_closed_part_is_not_read(self):
        done, _ = self.try_to("part=atmega32u4", "dfu-programmer", "atmega32u4", "dump")
        self.assertNotEqual(done.returncode, 0)
        out = self.file("read.bin")
        done, _ = self.try_to("part=atmega32u4", "avrdude", "-p", "m32u4", "-c", "flip1", "-U", f"flash:r:{out}:r")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("security mode", done.stderr)

    def test_avrdude_selects_no_page_of_lufa(self):
        path, _ = self.make_hex("large", 0x10400)
        done, breaches = self.try_to("part=at90usb1286,loader=lufa", *self.avrdude("usb1286", path))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("selects nothing", "".join(breaches))
