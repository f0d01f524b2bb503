#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Makes the seeds of fuzz-image in corpus/image/: one file per way through the code."""

import hashlib
import pathlib
import struct
import zlib

BODY = bytes((i * 7 + 1) & 0xFF for i in range(48))
NO_FORCE, ALL_FORCED = 0x00, 0xFF


def suffix(payload, version=0x0100, length=16):
    """The payload with a DFU suffix (DFU 1.1, appendix B)."""
    data = payload + struct.pack("<HHHH3sB", 0x1234, 0x000C, 0x1FC9, version, b"UFD", length)
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF)


def tlv(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def area(magic, tlvs):
    return struct.pack("<HH", magic, 4 + len(tlvs)) + tlvs


def mcuboot(protected=b"", others=b"", flags=0, algorithm="sha256"):
    """An MCUboot image (MCUboot's image.h)."""
    kinds = {"sha256": 0x10, "sha384": 0x11, "sha512": 0x12}
    protected = area(0x6908, protected) if protected else b""
    header = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, 32, len(protected), len(BODY), flags, 1, 2, 3, 4, 0)
    hashed = header + BODY + protected
    tlvs = tlv(kinds[algorithm], hashlib.new(algorithm, hashed).digest()) if algorithm else b""
    return hashed + area(0x6907, tlvs + others)


def slot(image, align, image_ok=0xFF, copy_done=0xFF, swap_info=0xFF, size=512):
    """A slot that holds the image and a trailer."""
    data = bytearray(image.ljust(size, b"\xff"))
    magic = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")
    if align != 8:
        magic = struct.pack("<H", align) + bytes.fromhex("2de15d29410b8d77679c110f1f8a")
    data[-16:] = magic
    flag = (size - 16 - align) // align * align
    data[flag], data[flag - align], data[flag - 2 * align] = image_ok, copy_done, swap_info
    return bytes(data)


def lpc(body, frames=1, filler=b"\0"):
    return b"\x1a\x3f" + struct.pack("<H", frames) + filler * 8 + b"\xff" * 4 + body


def lmdfu(body):
    return struct.pack("<BBHI", 1, 0, 16, len(body)) + body


def seeds():
    plain = mcuboot()
    lpc_late = lpc(suffix(BODY), filler=b"\xff")
    return {
        "raw": BODY,
        "raw-empty": b"",
        "raw-zeros": bytes(16),
        "raw-erased": b"\xff" * 16,
        "suffix": suffix(BODY),
        "suffix-around-nothing": suffix(b""),
        "suffix-bad-crc": suffix(BODY)[:-1] + b"\0",
        "suffix-long": suffix(BODY, length=20),
        "suffix-short": suffix(BODY, length=15),
        "suffix-too-long": suffix(BODY, length=255),
        "suffix-cut": suffix(BODY)[:-2],
        "suffix-cut-length": suffix(BODY)[:-5],
        "suffix-followed": suffix(BODY) + b"\xff" * 7,
        "suffix-alone-cut": suffix(b"")[4:],
        "suffix-bad-signature": suffix(BODY).replace(b"UFD", b"UFE"),
        "suffix-dfuse": suffix(b"DfuSe\1" + BODY, version=0x011A),
        "suffix-cpio": suffix(b"070701" + bytes(20)),
        "lpc": lpc(BODY),
        "lpc-cut": lpc(BODY, frames=9),
        "lpc-suffix": suffix(lpc(BODY)),
        "lpc-outside-suffix": lpc_late,
        "lmdfu": lmdfu(BODY),
        "mcuboot": plain,
        "mcuboot-suffix": suffix(plain),
        "mcuboot-sha384": mcuboot(algorithm="sha384"),
        "mcuboot-sha512": mcuboot(algorithm="sha512"),
        "mcuboot-no-hash": mcuboot(algorithm=None),
        "mcuboot-pure": mcuboot(algorithm=None, others=tlv(0x24, b"x") + tlv(0x25, b"\1")),
        "mcuboot-encrypted": mcuboot(flags=4, others=tlv(0x31, bytes(24))),
        "mcuboot-protected": mcuboot(protected=tlv(0x50, bytes(4)), others=tlv(0x01, b"key") + tlv(0xA0F1, b"")),
        "mcuboot-cut-header": plain[:20],
        "mcuboot-cut-tlv": plain[:-5],
        "mcuboot-bad-hash": plain.replace(BODY, bytes(len(BODY))),
        "mcuboot-padded": plain + b"\xff" * 40,
        "mcuboot-followed": plain + BODY,
        "mcuboot-huge": plain[:8] + b"\xff" * 8 + plain[16:],
        "slot-test": slot(plain, 8, swap_info=2),
        "slot-revert-16": slot(plain, 16, copy_done=1, swap_info=4),
        "slot-permanent-32": slot(plain, 32, image_ok=1, swap_info=0x13),
        "slot-bad-alignment": slot(plain, 24),
        "web-page": b"\xef\xbb\xbf <!DOCTYPE html><html>",
        "xml": b"<?xml version='1.0'?>",
        "git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "json": b'{ "message": "Not Found" }',
        "text": "404: Not Found, \u00fc\u20ac\U0001f600".encode(),
        "intel-hex": b":10010000214601360121470136007EFE09D2190140\n",
        "s-record": b"S00F000068656C6C6F202020202000003C\n",
        "elf": b"\x7fELF" + BODY,
        "zip-nordic": b"PK\3\4" + BODY + b"manifest.json",
        "windows": b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"PE\0\0",
        "macos": b"\xcf\xfa\xed\xfe" + bytes(8) + b"\2\0\0\0",
    }


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "image"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds().items():
        (folder / name).write_bytes(bytes([NO_FORCE]) + data)
    for name in ("suffix-bad-crc", "mcuboot-cut-tlv", "mcuboot-huge"):
        (folder / f"forced-{name}").write_bytes(bytes([ALL_FORCED]) + seeds()[name])


if __name__ == "__main__":
    main()
