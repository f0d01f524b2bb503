# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What soak_interrupted.py interrupts: for each language of lib/language devices, and files that are short."""

import collections
import json
import os
import random
import struct

import attached
from test_caterina import CaterinaTest
from test_drives import METRO, PICO, Uf2Test, compose_rp2040, compose_rp2350
from test_esp_loader import APPLICATION, FAST, make_image
from test_family import FLASH, with_suffix
from test_dfu_family import esp_archive
from test_nordic import PLACES
from test_report_bootloaders import AVR, AVR_REBOOT, KINETIS, SINOWEALTH, SINOWEALTH_SIZE, SONIX
from test_samba import SambaTest
from test_serial_updates import SMP
import test_nordic

# language, specification, options of the command in front of "update" and behind it, file, what one of the memories holds from
# an offset in the end; whether the drive is mounted
Case = collections.namedtuple("Case", "language spec before after file memory offset content mounts", defaults=[False])

VECTORS = struct.pack("<II", 0x20004000, 0x08000101)


class Files(CaterinaTest, SambaTest):
    """Makes the files."""

    def runTest(self):
        """Nothing is tested here."""

    def write(self, name, data):
        """A file."""
        path = self.file(name)
        path.write_bytes(data)
        return path

    def random(self, name, head, size):
        """A file that begins like firmware; returns its path and the bytes."""
        data = head + random.Random(size).randbytes(size - len(head))
        return self.write(name, data), data

    def dfu(self):
        """DFU 1.1 of several makers."""
        image = self.make_image("small", 5000, "1.2.3")
        code = image.read_bytes()
        yield Case("dfu", attached.quick("zephyr"), ["-a", 1], [], image, "slot1 slot0", 0, code)
        yield Case("dfu", attached.quick("dfu:transfer-size=512"), [], [], image, "memory0", 0, code)
        path, code = self.random("card.bin", VECTORS, 3000)
        for spec in ("xmos", "xmos:xua=4", "sln-voice"):
            yield Case("dfu", attached.quick(spec), [], [], path, "upgrade", 0, code)
        archive = esp_archive([(0x1000, "bootloader.bin", b"\xe9" + os.urandom(999)), (0x10000, "app.bin", code)])
        yield Case("dfu", attached.quick("esp32-s2"), [], [], self.write("esp.dfu", with_suffix(archive, 0x303A, 2)),
                   "flash", 0x10000, code)

    def dfuse(self):
        """ST's, and those that are like it. An application without USB would not come back to be updated again."""
        path, code = self.random("dfuse.bin", VECTORS, 9000)
        for spec in ("stm32f072:application=runtime", "stm32f405:application=runtime",
                     "gd32vf103:application=runtime", "usbd-dfu-rt"):
            yield Case("dfuse", attached.quick(spec), ["--address", hex(FLASH)], [], path, "flash", 0, code)

    def nordic(self):
        """Both of Nordic's."""
        path, code = self.random("nordic.bin", bytes(range(256)), 9000)
        version = ["--application", path, "--application-version", 2]
        packages = {"nordic": self.file("nordic.zip"), "nordic-legacy": self.file("legacy.zip")}
        attached.dfutrigger("pack", "--nordic", "--sd-req", 0, "--hw-version", 52, *version, packages["nordic"], check=True)
        attached.dfutrigger("pack", "--nordic-legacy", "--sd-req", "0xb6", *version, packages["nordic-legacy"], check=True)
        for language, spec in (("nordic", "nrf52840-keyboard"), ("nordic", "pca10059"),
                               ("nordic-legacy", "adafruit-nrf52")):
            yield Case(language, test_nordic.quick(spec), [], [], packages[language], "flash", PLACES[spec], code)

    def serial(self):
        """By a serial port."""
        for spec, chip in ((f"esp32-s3-jtag:chip=esp32-s3,{FAST}", 9), (f"esp32-s2:{FAST}", 2)):
            code = make_image(chip, 5000)
            yield Case("esp-serial", spec, [], [], self.write(f"chip-{chip}.bin", code), "flash", APPLICATION, code)
        image = self.make_image("smp", 4000, "1.2.3")
        for mode in ("application", "recovery"):
            yield Case("smp", f"smp-board:erase-ms=1,return-ms=100,mode={mode}", SMP if mode == "application" else
                       ["-d", "2fe3:0004,2fe3:0100", "--protocol", "smp"], [], image, "slot0", 0, image.read_bytes())
        path, code = CaterinaTest.make_program(self, "sketch", 3000)
        yield Case("avr109", attached.quick("leonardo"), [], [], path, "flash", 0, code)
        for board, offset, place in (("zero", 0x2000, 0x2000), ("nano-33-ble", 0x10000, 0x10000),
                                     ("uno-r4-wifi", 0x4000, 0x4000)):
            path, code = SambaTest.make_program(self, board, offset, 5000)
            yield Case("sam-ba", attached.quick(f"samd:board={board}"), [], [], path, "flash", place, code)

    def reports(self):
        """By reports, and FLIP behind one."""
        path, code = self.random("sonix.bin", SONIX, 3000)
        yield Case("sonix-isp", attached.quick("sonix-keyboard"), [], [], path, "flash", 0, code)
        path, code = self.random("sinowealth.bin", SINOWEALTH, 3000)
        yield Case("sinowealth-isp", attached.quick("sinowealth-keyboard"), [], ["--part", "sh68f90"], path, "flash", 3,
                   code.ljust(SINOWEALTH_SIZE, b"\0")[3:-5])
        path, code = self.random("teensy3.bin", KINETIS, 5000)
        yield Case("halfkay", attached.quick("teensy:board=3.2"), [], [], path, "flash", 0, code)
        path, code = self.random("teensy2.bin", AVR + bytes(96) + AVR_REBOOT, 3000)
        yield Case("halfkay", attached.quick("teensy:board=2.0"), [], [], path, "flash", 0, code)
        path, code = self.random("lufa.bin", AVR, 3000)
        yield Case("qmk-hid", attached.quick("via-keyboard:bootloader=lufa-hid"), [], ["--part", "atmega32u4"], path, "flash",
                   0, code)
        path, code = CaterinaTest.make_program(self, "flip", 3000)
        for loader in ("atmel", "qmk"):
            yield Case("atmel-flip", attached.quick(f"flip:application=via,loader={loader}"), [], [], path, "flash", 0, code)

    def drives(self):
        """By what is a drive, too."""
        for spec, code in ((PICO, compose_rp2040(6000)), (PICO + ",chip=rp2350", compose_rp2350(6000))):
            path = self.write(f"{len(spec)}.bin", code)
            yield Case("picoboot", spec, [], [], path, "flash", 0, code)
        table = self.write("table.json", json.dumps({"format": 1, "devices": [Uf2Test.row]}).encode())
        path, code = self.random("metro.bin", b"\xe9", 3000)
        uf2 = self.file("metro.uf2")
        attached.dfutrigger("pack", path, uf2, "--format", "uf2", "--family", "esp32s2", "--address", 0, check=True)
        for mounts in (False, True):
            yield Case("uf2", METRO, ["--devices", table], [], uf2, "flash", 0, code, mounts)

    def list_cases(self):
        """All of them."""
        for group in (self.dfu, self.dfuse, self.nordic, self.serial, self.reports, self.drives):
            yield from group()
