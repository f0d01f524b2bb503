# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The sessions of this folder: who was the host, on which virtual device, with which firmware, and what our host makes of it."""

import dataclasses
import json
import pathlib
import random
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
OWN = "dfutrigger"
METRO = {
    "name": "metro",
    "application": [{"ids": ["239a:80df"], "interface": "02/02/*"}],
    "bootloader": [{"ids": ["239a:00df"], "interface": "08/06/50"}],
    "triggers": ["touch-1200"],
    "protocol": "uf2",
    "leave": "self",
}


def compose_rp2040(body):
    """A second stage with its CRC32, whose highest bit goes first (RP2040 datasheet, 2.8), and what it starts."""
    program = bytearray(body)
    crc = 0xFFFFFFFF
    for byte in program[:252]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    program[252:256] = crc.to_bytes(4, "little")
    return bytes(program)


@dataclasses.dataclass(frozen=True)
class Session:
    """A session file, `name`.jsonl."""

    name: str
    device: str  # as for --sim
    host: str  # the program, or OWN
    firmware: str  # a function below; "" for none
    words: tuple = ()  # that our update needs besides the file

    @property
    def ours(self):
        """How our update ends, and what is told of the first difference, "" for none."""
        return OURS.get(self.name, ("ok", ""))

    @property
    def path(self):
        """Its file."""
        return HERE / f"{self.name}.jsonl"

    def update(self, firmware):
        """The words of our update, with the files in the folder of the firmware."""
        path = firmware.make(self.firmware)
        return ["update", path, *(word.format(folder=firmware.folder) for word in self.words)]


def dfuse(name, **options):
    """STM32's kind: dfu-util erases page by page, and reads nothing before it writes."""
    return Session(name, name, "dfu-util", "vectors", ("--address", "0x08000000", "--no-verify"), **options)


SESSIONS = [
    Session("dfu", "dfu", "dfu-util", "plain", ("-d", "1209:0001")),
    Session("zephyr", "zephyr", "dfu-util", "mcuboot", ("-a", "1", "--no-verify")),
    Session("zephyr-legacy", "zephyr:stack=legacy", "dfu-util", "mcuboot", ("-a", "1", "--no-verify")),
    dfuse("stm32f072"),
    dfuse("stm32f405"),
    dfuse("gd32vf103"),
    Session("usbd-dfu-rt", "usbd-dfu-rt", "dfu-util", "vectors",
            ("-d", "1209:0001,0483:df11", "--address", "0x08000000", "--no-verify")),
    Session("xmos", "xmos", "dfu-util", "plain"),
    Session("sln-voice", "sln-voice", "dfu-util", "plain"),
    Session("leonardo", "leonardo", "avrdude", "avr"),
    Session("samd", "samd:board=zero", "bossac", "samd"),
    Session("teensy", "teensy:board=3.2", "teensy_loader_cli", "kinetis"),
    Session("flip", "flip:part=atmega32u4", "dfu-programmer", "avr"),
    Session("flip-avrdude", "flip:part=atmega32u4", "avrdude", "avr"),
    Session("uf2-board", "uf2-board:flavour=tinyuf2", "cp", "uf2", ("--devices", "{folder}/metro.json")),
    # Our own command, where a file system has the drive
    Session("uf2-volume", "uf2-board:flavour=tinyuf2", OWN, "uf2", ("--devices", "{folder}/metro.json")),
    Session("smp-board", "smp-board", "tests/vm/smp_client.py", "mcuboot", ("-d", "2fe3:0004", "--protocol", "smp")),
    Session("jabra", "jabra", OWN, "plain"),
    Session("cdc-board", "cdc-board:boot-vid=1234,boot-pid=5678", OWN, "plain",
            ("-d", "1209:0005,1234:5678", "--touch", "1200", "--force", "format")),
    Session("via-keyboard", "via-keyboard:bootloader=lufa-hid,part=atmega32u4", OWN, "avr", ("--part", "atmega32u4")),
    Session("sonix-keyboard", "sonix-keyboard:chip=24x", OWN, "sonix"),
    Session("sinowealth-keyboard", "sinowealth-keyboard:chip=sh68f881", OWN, "sinowealth", ("--part", "sh68f881")),
    Session("pico", "pico:flash-size=1M", OWN, "rp2040"),
    Session("esp32-s2", "esp32-s2", OWN, "esp32s2", ("--address", "0x10000")),
    Session("esp32-s3-jtag", "esp32-s3-jtag", OWN, "esp32s3", ("--address", "0x10000")),
    Session("nrf52840-keyboard", "nrf52840-keyboard", OWN, "nordic"),
    Session("pca10059", "pca10059", OWN, "nordic"),
    Session("adafruit-nrf52", "adafruit-nrf52", OWN, "nordic_legacy"),
]
# What our update makes of devices that others have updated: how it ends, as its JSON calls it, and where it first does otherwise.
OURS = {
    "dfu": ("ok",
        "another request: now request 21 00, value 03e8, index 0000, length 0; recorded was alternate setting 0 of interface 0"),
    "zephyr": ("device",
        "another request: now request 21 00, value 03e8, index 0000, length 0; recorded was alternate setting 0 of interface 0"),
    "zephyr-legacy": ("device",
        "another request: now request 21 00, value 03e8, index 0000, length 0; recorded was alternate setting 0 of interface 0"),
    "usbd-dfu-rt": ("device",
        "another request: now request 21 00, value 03e8, index 0000, length 0; recorded was alternate setting 0 of interface 0"),
    "xmos": ("device",
        "another request: now request 21 00, value 03e8, index 0003, length 0; recorded was alternate setting 0 of interface 1"),
    "sln-voice": ("ok",
        "another request: now request a1 03, value 0000, index 0003, length 6; recorded was alternate setting 0 of interface 1"),
    "leonardo": ("device",
        "other data: now 1 bytes to endpoint 04; recorded was 1 bytes to endpoint 04"),
    "samd": ("timeout",
        "other data: now 12 bytes to endpoint 02; recorded was 12 bytes to endpoint 02"),
    "teensy": ("ok",
        "another request: now request 21 09, value 0300, index 0002, length 4; "
        "recorded was request 21 09, value 0200, index 0000, length 1"),
    "flip": ("device",
        "another request: now request a1 03, value 0000, index 0000, length 6; "
        "recorded was request 21 06, value 0000, index 0000, length 0"),
    "flip-avrdude": ("device",
        "another request: now request a1 03, value 0000, index 0000, length 6; "
        "recorded was request 21 06, value 0000, index 0000, length 0"),
    "uf2-board": ("mismatch",
        "another request: now request 21 ff, value 0000, index 0000, length 0; "
        "recorded was request a1 fe, value 0000, index 0000, length 1"),
    "smp-board": ("mismatch",
        "other data: now 23 bytes to endpoint 01; recorded was 23 bytes to endpoint 01"),
    # The same commands, in another order
    **dict.fromkeys(("stm32f072", "stm32f405", "gd32vf103"), (
        "device", "other data: now request 21 01, value 0000, index 0000, length 5; recorded was request 21 01, value 0000, index "
        "0000, length 5")),
}


DFU_TOLD = ("DNLOAD of a block", "DNLOAD without data: all of the firmware was sent", "GETSTATUS ")
DFUSE_TOLD = ("writing: ", "erase a page", "set the address ", "DNLOAD of a block 2 times, 0x08000000 to 0x08000bb7",
              "DNLOAD without data: start at 0x08000000")
NORDIC_TOLD = ("restart into the bootloader (DETACH)", "are you there (PING)?", "begin an object (CREATE)",
               "send a part of the object (WRITE)", "keep the object (EXECUTE)")
ESP_TOLD = ("are you there (SYNC)?", "tell the MD5 of flash, 0x00010000 to 0x0001040f",
            "erase for writing, 0x00010000 to 0x0001040f; write a block 2 times, 0 to 1")
FLIP_TOLD = ("erase the chip", "; write ", "reading: read ", "GETSTATUS")
# What is told of each in words: what its host was at
TOLD = {
    **dict.fromkeys(("dfu", "zephyr", "zephyr-legacy", "xmos"), ("DETACH", *DFU_TOLD)),
    **dict.fromkeys(("sln-voice", "cdc-board", "jabra"), DFU_TOLD),
    **dict.fromkeys(("stm32f072", "stm32f405", "gd32vf103", "usbd-dfu-rt"), DFUSE_TOLD),
    **dict.fromkeys(("nrf52840-keyboard", "pca10059"), NORDIC_TOLD),
    **dict.fromkeys(("esp32-s2", "esp32-s3-jtag"), ESP_TOLD),
    "flip": (*FLIP_TOLD, "is it empty?, 0x00000000 to 0x00006fff", "start the program by a reset"),
    "flip-avrdude": ("which part and which bootloader? 3 times", "writing: write 12 times, 0x00000000 to 0x000005ff",
                     *FLIP_TOLD[:1]),
    "leonardo": ("restart into the bootloader (touch-1200)", "the answer: \"CATERIN\"", "does not know the command v",
                 "the answer: signature 1e9587", "write a block of flash (B) 12 times, 0x00000000 to 0x000005ff",
                 "read a block of flash (g) 12 times, 0x00000000 to 0x000005ff", "starting: start the program (E)"),
    "samd": ("restart into the bootloader (touch-1200)", "the answer: \"[Arduino:XYZ]\"", "erase from there on (X), 0x00002000",
             "write the buffer into flash (Y)", "tell the checksum (Z) 47 times"),
    "teensy": ("restart into the bootloader (teensy-report)", "write a block at 0x00000400: refused (stall), ",
               "write a block 2 times, 0x00000400 to 0x00000bff", "start the program"),
    "via-keyboard": ("restart into the bootloader (via-bootloader)", "write a block 13 times, 0x00000000 to 0x000005ff",
                     "start the program"),
    "uf2-board": ("restart into the bootloader (touch-1200)", "how large are you (READ CAPACITY)?",
                  "writing: write sectors (WRITE) 4 times, 23 to 6162"),
    "uf2-volume": ("reading: read a part of a file on the drive", "writing: write a part of a file on the drive"),
    "smp-board": ("how large may a message be (parameters)?", "send a part of the image (upload) 10 times",
                  "what is in the slots (image state)?", "restart (reset)"),
    "sonix-keyboard": ("restart into the bootloader (sonix-isp)", "the answer: family 32, member 3", "the erase",
                       "ask for the answer: refused (stall), 3 times", "64 bytes of firmware 47 times", "the restart"),
    "sinowealth-keyboard": ("restart into the bootloader (sinowealth-isp)", "the erase",
                            "writing: write a page 14 times, 0x00000000 to 0x00006fff",
                            "reading: read a page 14 times, 0x00000000 to 0x00006fff", "enabling the firmware", "the restart"),
    "pico": ("restart into the bootloader (pico-bootsel)", "reading: read (READ), 0x10000000 to 0x10001fff",
             "erase (FLASH_ERASE) 2 times, 0x10000000 to 0x10001fff", "starting: restart (REBOOT)"),
    "adafruit-nrf52": ("restart into the bootloader (touch-1200)", "begin an update, which erases (START)",
                       "send a part of the firmware (DATA) 7 times", "starting: check it and start it (STOP)"),
}
# What no language has words for: a keyboard's lights and answers, and what a ROM says when it starts
UNTOLD = {"teensy": ["a report", "a report"], "via-keyboard": ["a report"], "esp32-s3-jtag": ["bytes come in"]}


class Firmware:
    """Files of firmware, the same ones wherever they are made."""

    def __init__(self, folder, command):
        self.folder = pathlib.Path(folder)
        self.command = command

    def make(self, kind):
        """The path of a file of this kind."""
        return getattr(self, kind)()

    def write(self, name, data):
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def pack(self, source, name, *words):
        """What our own command makes of a file."""
        path = self.folder / name
        subprocess.run([self.command, "pack", source, path, *words, "--overwrite"], check=True, stdout=subprocess.DEVNULL)
        return path

    @staticmethod
    def code(size):
        """A program's bytes."""
        return random.Random(size).randbytes(size)

    def plain(self):
        return self.write("plain.bin", self.code(2500))

    def vectors(self, stack=0x20004000, start=0x08000201, size=3000, name="vectors.bin"):
        """A Cortex-M's stack and handlers in front."""
        table = struct.pack("<16I", stack, *(start + 4 * i for i in range(15)))
        return self.write(name, table + self.code(size - len(table)))

    def samd(self):
        return self.vectors(0x20008000, 0x2081, 3000, "samd.bin")

    def kinetis(self):
        return self.vectors(0x20008000, 0xC1, 3000, "kinetis.bin")

    def sonix(self):
        return self.vectors(0x20000800, 0xC1, 3000, "sonix.bin")

    def mcuboot(self):
        return self.pack(self.plain(), "mcuboot.bin", "--mcuboot", "1.2.3")

    def avr(self):
        raw = self.write("avr.bin", b"\x0c\x94\x34\x00" + self.code(1500))
        subprocess.run(["objcopy", "-I", "binary", "-O", "ihex", raw, self.folder / "avr.hex"], check=True)
        return self.folder / "avr.hex"

    def sinowealth(self):
        return self.write("sinowealth.bin", b"\2\1\x23" + self.code(1300))

    def rp2040(self):
        return self.write("rp2040.bin", compose_rp2040(self.code(5000)))

    def esp(self, chip, name):
        """An application with one segment (esp-idf, app_image_format.rst)."""
        body = self.code(1000)
        image = struct.pack("<BBBBI4xHBHH4xB", 0xE9, 1, 2, 0x20, 0x40370000, chip, 0, 0, 0xFFFF, 0)
        image += struct.pack("<II", 0x3FC90000, len(body)) + body
        checksum = 0xEF
        for byte in body:
            checksum ^= byte
        return self.write(name, image + bytes(15 - len(image) % 16) + bytes([checksum]))

    def esp32s2(self):
        return self.esp(2, "esp32s2.bin")

    def esp32s3(self):
        return self.esp(9, "esp32s3.bin")

    def uf2(self):
        """And a user's table, as the built-in one takes this board for an ESP32-S2 that runs Arduino."""
        self.write("metro.json", json.dumps({"format": 1, "devices": [METRO]}).encode())
        raw = self.write("uf2.bin", b"\xe9" + self.code(2047))
        return self.pack(raw, "program.uf2", "--format", "uf2", "--family", "esp32s2", "--address", "0")

    def nordic(self):
        return self.pack_nordic("nordic.zip", "--nordic", "--sd-req", "0", "--hw-version", "52")

    def nordic_legacy(self):
        return self.pack_nordic("nordic-legacy.zip", "--nordic-legacy", "--sd-req", "0xb6")

    def pack_nordic(self, name, *kind):
        """A package with an application; the source's place is another option's."""
        application = self.write("application.bin", bytes(range(256)) + self.code(3000))
        path = self.folder / name
        subprocess.run([self.command, "pack", *kind, "--application", application, "--application-version", "2", path,
                        "--overwrite"], check=True, stdout=subprocess.DEVNULL)
        return path
