# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Updates by bootloaders that take reports, from the application to the new firmware, over the kernel's hidraw."""

import os
import struct

import attached

AVR = b"\x0c\x94\x56\x00"
# Teensyduino's way into HalfKay, as it is in a program for a Teensy 2.0: jmp, rjmp to itself, cli
AVR_REBOOT = b"\x0c\x94\x00\x3f\xff\xcf\xf8\x94"
KINETIS = struct.pack("<II", 0x20008000, 0x1BD)
SONIX = struct.pack("<16I", 0x20000800, *range(0xC1, 0xDF, 2))
SINOWEALTH = b"\x02\x01\x23"
# Of the SH68F90's flash, what is not the bootloader's
SINOWEALTH_SIZE = 61440


def compose_hex(data):
    """Intel HEX of bytes from address 0."""
    records = [struct.pack(">BHB", len(data[at : at + 16]), at, 0) + data[at : at + 16] for at in range(0, len(data), 16)]
    records.append(b"\x00\x00\x00\x01")
    return "".join(f":{record.hex()}{-sum(record) & 0xFF:02x}\n".upper() for record in records)


class ReportBootloadersTest(attached.Test):
    """One call of our command for each; what the device holds is looked at right afterwards."""

    def write(self, name, head, size=9001):
        """A file that begins like firmware; returns its path."""
        path = self.file(name)
        path.write_bytes(head + os.urandom(size - len(head)))
        return path

    def update(self, devices, image, *options):
        """Updates the device; returns the result, after the device has come back as what it was."""
        before = attached.read_sysfs(devices.path(), "idProduct")
        done = attached.dfutrigger("-p", devices.path(), "update", image, "--json", *options)
        self.assert_done(done)
        result = attached.result_of(done)
        self.assertEqual(result["device"]["path"], devices.path())
        devices.wait_until_back(arrivals=3)
        self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), before)
        return result

    def read_flash(self, devices):
        """What the device holds in the end, if it was treated well."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])
        return attached.read_memories(devices.state())["flash"]

    def update_unverified(self, spec, image, *options):
        """Updates a device that can't be read."""
        with attached.Attached(attached.quick(spec)) as devices:
            result = self.update(devices, image, *options)
            self.assertEqual(result["verified"], "impossible", result)
            self.assertIn("not verified", result["message"])
            self.assert_holds(self.read_flash(devices), image)

    def test_teensy_3(self):
        self.update_unverified("teensy:board=3.2", self.write("teensy3.bin", KINETIS))

    def test_teensy_2(self):
        self.update_unverified("teensy:board=2.0", self.write("teensy2.bin", AVR + bytes(96) + AVR_REBOOT))

    def test_lufa(self):
        self.update_unverified("via-keyboard:bootloader=lufa-hid", self.write("lufa.bin", AVR), "--part", "atmega32u4")

    def test_sonix(self):
        self.update_unverified("sonix-keyboard", self.write("sonix.bin", SONIX))

    def test_sinowealth(self):
        image = self.write("sinowealth.bin", SINOWEALTH)
        wanted = image.read_bytes().ljust(SINOWEALTH_SIZE, b"\0")
        read = self.file("read.bin")
        with attached.Attached(attached.quick("sinowealth-keyboard")) as devices:
            result = self.update(devices, image, "--part", "sh68f90")
            self.assertEqual(result["verified"], "yes", result)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "upload", "--part", "sh68f90", read))
            self.assertEqual(read.read_bytes(), wanted)
            flash = self.read_flash(devices)
        # Reset goes to the bootloader, and that to the file's program.
        self.assertEqual(flash[:3], b"\x02" + struct.pack(">H", SINOWEALTH_SIZE))
        self.assertEqual(flash[SINOWEALTH_SIZE - 5 : SINOWEALTH_SIZE - 2], SINOWEALTH)
        self.assertEqual(flash[3 : SINOWEALTH_SIZE - 5], wanted[3:-5])

    def test_teensy_loader_flashes_what_we_trigger(self):
        image = self.write("loader.bin", KINETIS)
        text = self.file("loader.hex")
        text.write_text(compose_hex(image.read_bytes()))
        with attached.Attached(attached.quick("teensy:board=3.2")) as devices:
            before = attached.read_sysfs(devices.path(), "idProduct")
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
            self.assert_done(attached.run("teensy_loader_cli", "--mcu=TEENSY32", "-w", "-v", text))
            devices.wait_until_back(arrivals=3)
            self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), before)
            self.assert_holds(self.read_flash(devices), image)
