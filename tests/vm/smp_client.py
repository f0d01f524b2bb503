# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A client of SMP on a serial port, in Python alone: frames, CBOR and requests as Zephyr's documentation has them.

doc/services/device_mgmt/smp_protocol.rst, smp_transport.rst and smp_groups/ there; RFC 8949 for CBOR. Of Debian's packages
none speaks SMP, so this stands in for one.
"""

import base64
import binascii
import os
import select
import struct
import termios
import time
import tty

READ, WRITE = 0, 2
OS, IMAGE = 0, 1
ECHO, RESET, PARAMETERS, LOADER = 0, 5, 6, 8
STATE, UPLOAD, ERASE, SLOTS = 0, 1, 5, 6

FIRST, LATER = b"\x06\x09", b"\x04\x14"
LINE = 124


class Refused(Exception):
    """The device has answered with a code: (group or None, rc)."""


def put_head(major, value):
    """The first bytes of an item."""
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def encode(value):
    """CBOR with lengths."""
    if isinstance(value, bool):
        return bytes([0xF5 if value else 0xF4])
    if isinstance(value, int):
        return put_head(0, value) if value >= 0 else put_head(1, -1 - value)
    if isinstance(value, bytes):
        return put_head(2, len(value)) + value
    if isinstance(value, str):
        return put_head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return put_head(5, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())
    raise TypeError(value)


class Decoder:
    """CBOR, with lengths or without."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        """The next bytes."""
        if self.at + size > len(self.data):
            raise ValueError("cut off")
        self.at += size
        return self.data[self.at - size:self.at]

    def is_end(self):
        """The end of what has no length, which is taken."""
        if self.data[self.at:self.at + 1] != b"\xff":
            return False
        self.at += 1
        return True

    def items(self, info, value):
        """The items of a list, or keys and values in turn."""
        items = []
        while not self.is_end() if info == 31 else len(items) < value:
            items.append(self.item())
        return items

    def item(self):
        """The next item."""
        major, info = divmod(self.take(1)[0], 32)
        value = info
        if 24 <= info < 28:
            value = int.from_bytes(self.take(1 << info - 24), "big")
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return self.take(value)
        if major == 3:
            return self.take(value).decode()
        if major == 4:
            return self.items(info, value)
        if major == 5:
            pairs = self.items(info, 2 * value)
            return dict(zip(pairs[::2], pairs[1::2]))
        return {20: False, 21: True, 22: None}[value]


def decode(data):
    """The one item in some bytes."""
    decoder = Decoder(data)
    value = decoder.item()
    if decoder.at != len(data):
        raise ValueError("something behind the map")
    return value


def wrap(body):
    """The lines of a message."""
    raw = struct.pack(">H", len(body) + 2) + body + struct.pack(">H", binascii.crc_hqx(body, 0))
    text = base64.b64encode(raw)
    lines = [text[at:at + LINE] for at in range(0, len(text), LINE)]
    return b"".join((LATER if i else FIRST) + line + b"\n" for i, line in enumerate(lines))


class Client:
    """A port with a device behind it."""

    def __init__(self, port):
        self.port = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.port)
        settings = termios.tcgetattr(self.port)
        settings[4] = settings[5] = termios.B115200
        settings[2] = settings[2] & ~termios.CBAUD | termios.B115200 | termios.CLOCAL
        termios.tcsetattr(self.port, termios.TCSANOW, settings)
        self.heard = b""
        self.sequence = 0
        self.text = b""

    def close(self):
        """The device may have left."""
        try:
            os.close(self.port)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read_line(self, end):
        """The next line without its newline; TimeoutError at that time."""
        while b"\n" not in self.heard:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.port], [], [], left)[0]:
                raise TimeoutError(self.heard)
            self.heard += os.read(self.port, 4096)
        line, _, self.heard = self.heard.partition(b"\n")
        return line

    def read_part(self, mark, end):
        """What is behind a mark; all else is text."""
        while True:
            before, found, part = self.read_line(end).partition(mark)
            self.text += before
            if found:
                return base64.b64decode(part, validate=True)

    def read_body(self, seconds):
        """A message without its length and CRC."""
        end = time.monotonic() + seconds
        raw = self.read_part(FIRST, end)
        while len(raw) < 2 + int.from_bytes(raw[:2], "big"):
            raw += self.read_part(LATER, end)
        body, crc = raw[2:-2], raw[-2:]
        if len(raw) != 2 + int.from_bytes(raw[:2], "big") or binascii.crc_hqx(body, 0) != int.from_bytes(crc, "big"):
            raise ValueError(f"not a message: {raw.hex()}")
        return body

    def send(self, op, group, command, payload, version=1):
        """Asks without waiting for the answer."""
        self.sequence = (self.sequence + 1) % 256
        data = encode(payload)
        head = struct.pack(">BBHHBB", op | version << 3, 0, len(data), group, self.sequence, command)
        frame = wrap(head + data)
        while frame:
            frame = frame[os.write(self.port, frame):]

    def ask(self, op, group, command, payload=None, seconds=10):
        """Asks, and returns the map that comes back; Refused for a code."""
        self.send(op, group, command, payload or {})
        body = self.read_body(seconds)
        got_op, _, length, got_group, sequence, got_command = struct.unpack(">BBHHBB", body[:8])
        if (got_op & 7, length, got_group, sequence, got_command) != (
                op + 1, len(body) - 8, group, self.sequence, command):
            raise ValueError(f"another answer: {body.hex()}")
        answer = decode(body[8:])
        if "err" in answer:
            raise Refused(answer["err"]["group"], answer["err"]["rc"])
        if answer.get("rc"):
            raise Refused(None, answer["rc"])
        return answer

    def get_room(self):
        """How much of an image fits into a message."""
        try:
            size = self.ask(READ, OS, PARAMETERS)["buf_size"]
        except Refused:
            size = 96
        return size - 64

    def upload(self, image, sha=None):
        """Sends an image as the device asks for it; returns the last answer."""
        room = self.get_room()
        answer = {"off": 0}
        while answer["off"] < len(image):
            payload = {"off": answer["off"]}
            if answer["off"] == 0:
                payload["len"] = len(image)
                if sha:
                    payload["sha"] = sha
            size = room - (48 if payload["off"] == 0 and sha else 0)
            payload["data"] = image[answer["off"]:answer["off"] + size]
            answer = self.ask(WRITE, IMAGE, UPLOAD, payload, seconds=40)
        return answer

    def list_images(self):
        """The images that it tells of."""
        return self.ask(READ, IMAGE, STATE)["images"]
