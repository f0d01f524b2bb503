# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The ROM's serial loader of an ESP32 behind the kernel's serial driver, spoken to without the library: esptool's
docs/en/advanced-topics/serial-protocol.rst."""

import hashlib
import os
import select
import struct
import termios
import time
import tty
import zlib

import attached
from test_serial import DTR, RTS, close, find_port, set_lines, set_rate, touch

BLOCK = 0x400
APPLICATION = 0x10000
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
FAST = "erase-ms=5,write-us=10,return-ms=100"


def checksum(data):
    """All bytes, one over the other."""
    result = 0xEF
    for byte in data:
        result ^= byte
    return result


def make_image(chip, size):
    """An application with one segment, as esp-idf's app_image_format.rst describes it."""
    body = bytes((i * 13 + i // 256) % 256 for i in range(size))
    image = struct.pack("<BBBBI4xHBHH4xB", 0xE9, 1, 2, 0x20, 0x40370000, chip, 0, 0, 0xFFFF, 1)
    image += struct.pack("<II", 0x3FC90000, size) + body
    image += bytes(15 - len(image) % 16) + bytes([checksum(body)])
    return image + hashlib.sha256(image).digest()


class Loader:
    """A port, and what is said on it."""

    def __init__(self, path):
        self.port = os.open(find_port(path), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.port)
        set_rate(self.port, termios.B115200)
        self.heard = b""

    def reset(self, *lines):
        """Goes through states of the lines, and closes the port."""
        for state in lines:
            set_lines(self.port, state)
            time.sleep(0.05)
        close(self.port)

    def read_frame(self, deadline):
        """What is between two C0, without escapes; other bytes are skipped."""
        while True:
            _, begin, rest = self.heard.partition(b"\xc0")
            frame, end, left = rest.partition(b"\xc0")
            if begin and end:
                self.heard = left if frame else b"\xc0" + left
                if frame:
                    return frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                continue
            if not select.select([self.port], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no answer: {self.heard}")
            self.heard += os.read(self.port, 4096)

    def ask(self, operation, data=b"", check=0, limit=10):
        """The value, and the data in front of the status."""
        frame = struct.pack("<BBHI", 0, operation, len(data), check) + data
        frame = b"\xc0" + frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
        while frame:
            select.select([], [self.port], [], limit)
            frame = frame[os.write(self.port, frame):]
        return self.take(operation, time.monotonic() + limit)

    def take(self, operation, deadline):
        """One answer."""
        frame = self.read_frame(deadline)
        direction, name, size, value = struct.unpack("<BBHI", frame[:8])
        assert (direction, name, size) == (1, operation, len(frame) - 8), frame.hex()
        assert frame[-4:] == bytes(4), frame.hex()
        return value, frame[8:-4]

    def synchronise(self):
        """Eight answers, none of which says that a stub runs."""
        values = [self.ask(0x08, SYNC)[0]] + [self.take(0x08, time.monotonic() + 5)[0] for _ in range(7)]
        assert all(values), values

    def attach(self, size):
        """As long as that nothing is done to the flash."""
        self.ask(0x0D, bytes(8))
        self.ask(0x0B, struct.pack("<6I", 0, size, 0x10000, 0x1000, 0x100, 0xFFFF))

    def write(self, address, data, is_packed):
        """Plain, or compressed."""
        sent = zlib.compress(data, 9) if is_packed else data + b"\xff" * (-len(data) % BLOCK)
        blocks = [sent[at : at + BLOCK] for at in range(0, len(sent), BLOCK)]
        size = -(-len(data) // BLOCK) * BLOCK
        self.ask(0x10 if is_packed else 0x02, struct.pack("<5I", size, len(blocks), BLOCK, address, 0))
        for number, block in enumerate(blocks):
            self.ask(0x11 if is_packed else 0x03, struct.pack("<4I", len(block), number, 0, 0) + block, checksum(block))

    def get_md5(self, address, size):
        """Of what is in flash, as text."""
        return self.ask(0x13, struct.pack("<4I", address, size, 0, 0))[1].decode()

    def write_register(self, address, value):
        """All of its bits."""
        self.ask(0x09, struct.pack("<4I", address, value, 0xFFFFFFFF, 0))


class EspLoaderTest(attached.Test):
    """USB-Serial-JTAG, which lines reset, and USB OTG, which they do not."""

    def update(self, devices, chip, is_packed, security):
        """Asks who it is, writes an application; returns the port that is still open."""
        loader = Loader(devices.path())
        image = make_image(chip, 9000)
        if chip != 2:
            set_lines(loader.port, 0)
        loader.synchronise()
        self.assertEqual(loader.ask(0x14)[1], security)
        loader.attach(2 * 1024 * 1024)
        loader.write(APPLICATION, image, is_packed)
        self.assertEqual(loader.get_md5(APPLICATION, len(image)), hashlib.md5(image).hexdigest())
        return loader, image

    def test_jtag(self):
        for name, chip in (("esp32-s3", 9), ("esp32-c3", 5)):
            with self.subTest(name), attached.Attached(f"esp32-s3-jtag:chip={name},{FAST}") as devices:
                Loader(devices.path()).reset(0, DTR, DTR | RTS, RTS)
                devices.wait_until_back()
                loader, image = self.update(devices, chip, True, bytes(12) + struct.pack("<II", chip, 0))
                loader.reset(0, RTS)
                devices.wait_until_back(arrivals=3)
                devices.stop()
                self.assertIn(b"mode application", devices.state().read_bytes())
                flash = attached.read_memories(devices.state())["flash"]
                self.assertEqual(flash[APPLICATION : APPLICATION + len(image)], image)
                self.assertEqual(devices.breaches(), [])

    def test_otg(self):
        with attached.Attached(f"esp32-s2:{FAST}") as devices:
            touch(devices.path())
            devices.wait_until_back()
            loader, _ = self.update(devices, 2, False, bytes(12))
            # The bit that leads back, then the watchdog
            loader.write_register(0x3F408128, 0)
            loader.write_register(0x3F4080AC, 0x50D83AA1)
            loader.write_register(0x3F408098, 136000)
            loader.write_register(0x3F408094, 0xD0000102)
            close(loader.port)
            devices.wait_until_back(arrivals=3)
            self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "80c2")
            devices.stop()
            self.assertEqual(devices.breaches(), [])
