#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Makes the seeds of fuzz-image and fuzz-nordic in corpus/: one file per way through the code."""

import hashlib
import pathlib
import struct
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "formats"))

import files  # noqa: E402

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


def dfuse(targets, said=0, version=0x011A):
    """A DfuSe file; said is added to the size in its prefix."""
    data = b""
    for alternate, elements in targets:
        body = b"".join(struct.pack("<II", address, len(content)) + content for address, content in elements)
        data += struct.pack("<6sBI255sII", b"Target", alternate, 1, b"ST...", len(body), len(elements)) + body
    return suffix(struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(data) + said, len(targets)) + data, version)


def ihex(*records):
    return "".join(files.ihex_record(*record) + "\n" for record in records).encode()


def srec(*records):
    return "".join(files.srec_record(*record) + "\n" for record in records).encode()


def elf(segments, is_64=False, order="<", kind=2):
    """An ELF program of (type, offset, virtual, physical, bytes, memory), with the body behind its headers."""
    word, head, entry = ("Q", 64, 56) if is_64 else ("I", 52, 32)
    header = struct.pack(order + "4sBBB9xHHI" + word * 3 + "IHHHHHH", b"\x7fELF", 1 + is_64, 1 + (order == ">"), 1, kind,
                         40, 1, 0x08000001, head, 0, 0, head, entry, len(segments), 0, 0, 0)
    table = b"".join(struct.pack(order + "II" + word * 6, kind, 5, *rest, 1) if is_64 else
                     struct.pack(order + "I" * 8, kind, *rest, 5, 1) for kind, *rest in segments)
    return header + table + BODY


def uf2(*blocks):
    return b"".join(files.uf2_block(*block) for block in blocks)


def formats():
    """Files whose bytes go to addresses."""
    targets = [(0, [(0x08000000, BODY), (0x08004000, BODY[:5])]), (2, [(0x1FFF7800, BODY[:3])])]
    data = (0, 0, BODY[:16])
    end = (1, 0, b"")
    record, last = (3, 0x08000000, BODY[:16]), (7, 0x08000001, b"")
    block, other = (0x10000000, BODY, 0, 2, 0xE48BFF56), (0x10000100, BODY, 1, 2, 0xE48BFF56)
    program = elf([(1, 116, 0x08000000, 0x08000000, 32, 32), (1, 148, 0x20000000, 0x08004000, 16, 64)])
    parts = [(0x1000, "a.bin", BODY), (0x8000, "b.bin", BODY[:5])]
    archive = files.esp(parts, 2)
    return {
        "dfuse": dfuse(targets),
        "dfuse-with-suffix": dfuse(targets, 16),
        "dfuse-bad-size": dfuse(targets, 1),
        "dfuse-no-targets": dfuse([]),
        "dfuse-no-elements": dfuse([(0, [])]),
        "dfuse-empty-element": dfuse([(0, [(0, b"")])]),
        "dfuse-overlap": dfuse([(0, [(0, BODY), (1, BODY)])]),
        "dfuse-plain-suffix": dfuse(targets, version=0x0100),
        "dfuse-no-suffix": dfuse(targets)[:-16],
        "dfuse-cut": suffix(dfuse(targets)[:300], 0x011A),
        "ihex": ihex(data, end),
        "ihex-linear": ihex((4, 0, b"\x08\0"), data, (5, 0, b"\x08\0\0\1"), end),
        "ihex-segment": ihex((2, 0, b"\x10\0"), data, (3, 0, b"\0\0\1\0"), end),
        "ihex-order": ihex((0, 0x20, BODY[:16]), data, (0, 0x10, BODY[:16]), end),
        "ihex-overlap": ihex(data, data, end),
        "ihex-no-end": ihex(data),
        "ihex-type": ihex(data, (9, 0, b""), end),
        "ihex-wrap": ihex((4, 0, b"\xff\xff"), (0, 0xFFFF, BODY[:2]), end),
        "ihex-segment-wrap": ihex((0, 0xFFFF, BODY[:2]), end),
        "ihex-lines": b"\xef\xbb\xbf\r\n" + ihex(data, end).lower().replace(b"\n", b"\r") + b"\x1a",
        "ihex-bad-checksum": ihex(data).replace(b"01", b"02", 1) + ihex(end),
        "ihex-followed": ihex(data, end, data),
        "srec": srec((0, 0, b"HDR"), record, (5, 1, b""), last),
        "srec-16": srec((1, 0, BODY[:16]), (9, 0, b"")),
        "srec-24": srec((2, 0x10000, BODY[:16]), (6, 1, b""), (8, 0, b"")),
        "srec-order": srec((3, 0x08000010, BODY[:16]), record, last),
        "srec-overlap": srec(record, record, last),
        "srec-no-end": srec(record),
        "srec-count": srec(record, (5, 7, b""), last),
        "srec-wrap": srec((3, 0xFFFFFFFF, BODY[:2]), last),
        "srec-reserved": b"S4030000FC\n" + srec(record, last),
        "uf2": uf2(block, other),
        "uf2-order": uf2(other, block),
        "uf2-families": uf2(block, other, (0x10000000, BODY, 0, 1, 0x57755A57)),
        "uf2-comment": uf2(block, (0, b"comment", 1, 2, 0xE48BFF56, 1)),
        "uf2-tags": uf2((0x10000000, BODY + b"\x09\xbc\xc7\x9f0.1.2", 0, 1, 0, 0x8000)),
        "uf2-e10": uf2((0x10FFFF00, BODY, 0, 2, 0xE48BFF57), (0x10000000, BODY, 0, 1, 0xE48BFF59)),
        "uf2-file": uf2((0, BODY, 0, 1, 0, 0x1000)),
        "uf2-twice": uf2(block, block),
        "uf2-missing": uf2(block),
        "uf2-overlap": uf2(block, (0x10000001, BODY, 1, 2, 0xE48BFF56)),
        "uf2-cut": uf2(block, other)[:700],
        "elf-arm": program,
        "elf-64-big": elf([(1, 120, 0x1000, 0x1000, 48, 48)], True, ">"),
        "elf-headers": elf([(1, 0, 0x1000, 0x1000, 132, 132)]),
        "elf-cut": program[:150],
        "elf-shared": elf([(1, 84, 0, 0, 48, 48)], kind=3),
        "elf-interpreter": elf([(3, 84, 0, 0, 48, 48)]),
        "elf-overlap": elf([(1, 116, 0, 0x1000, 32, 32), (1, 148, 0, 0x1001, 16, 16)]),
        "esp": archive,
        "esp-parts": files.esp(parts, 9, 16),
        "esp-flasher-args": b'{"flash_files": {"0x10000": "app.bin"}}',
        "esp-no-suffix": archive[:-16],
        "esp-bad-md5": suffix(archive[:-16].replace(BODY, BODY[::-1])),
        "esp-overlap": files.esp([(0, "a.bin", BODY), (1, "b.bin", BODY)], 2),
        "esp-name": suffix(archive[:-16].replace(b"a.bin", b"c.bin", 1)),
        "esp-cut": suffix(archive[:500]),
    }


def packages():
    """Nordic DFU packages."""
    firmware = BODY
    packet = files.nordic_init(firmware, 0)
    signed = files.nordic_init(firmware, 0, signature=bytes(range(64)))
    entry = {"bin_file": "a.bin", "dat_file": "a.dat"}
    manifest = {"application": entry}
    good = files.nordic_zip({"a.bin": firmware, "a.dat": packet}, manifest)
    both = {"softdevice_bootloader": {"bin_file": "sd_bl.bin", "dat_file": "sd_bl.dat",
                                      "info_read_only_metadata": {"bl_size": 16, "sd_size": 32}}, **manifest}
    legacy = {**manifest, "dfu_version": 0.5}
    old_packet = files.nordic_legacy_init(firmware, (0xB6,))
    return {
        "nordic": good,
        "nordic-deflated": files.nordic_zip({"a.bin": firmware, "a.dat": packet}, manifest, compress=True),
        "nordic-signed": files.nordic_zip({"a.bin": firmware, "a.dat": signed}, manifest),
        "nordic-both": files.nordic_zip({"a.bin": firmware, "a.dat": packet, "sd_bl.bin": firmware,
                                         "sd_bl.dat": files.nordic_init(firmware, 3, sizes=(32, 16, 0))}, both),
        "nordic-cut": good[:-30],
        "nordic-cut-packet": files.nordic_zip({"a.bin": firmware, "a.dat": packet[:-9]}, manifest),
        "nordic-twice": files.nordic_zip({"a.bin": firmware, "a.dat": packet + packet}, manifest),
        "nordic-absent": files.nordic_zip({"a.bin": firmware}, manifest),
        "nordic-path": files.nordic_zip({"../a.bin": firmware, "a.dat": packet}, manifest),
        "nordic-odd": files.nordic_zip({"a.bin": firmware[:47], "a.dat": files.nordic_init(firmware[:47], 0)}, manifest),
        "nordic-hash": files.nordic_zip({"a.bin": firmware[::-1], "a.dat": packet}, manifest),
        "nordic-no-image": files.nordic_zip({}, {}),
        "nordic-legacy": files.nordic_zip({"a.bin": firmware, "a.dat": old_packet}, legacy),
        "nordic-legacy-sum": files.nordic_zip({"a.bin": firmware[::-1], "a.dat": old_packet}, legacy),
        "nordic-legacy-version": files.nordic_zip({"a.bin": firmware, "a.dat": old_packet}, {**legacy, "dfu_version": 1}),
    }


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
        **formats(),
        **packages(),
        "windows": b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"PE\0\0",
        "macos": b"\xcf\xfa\xed\xfe" + bytes(8) + b"\2\0\0\0",
    }


def nordic_parts():
    """Manifests (0), init packets (1) and legacy ones (2) of packages, for a firmware of 48 bytes."""
    firmware = b"\1" + bytes(47)
    entry = '{"bin_file": "a.bin", "dat_file": "a.dat"}'
    metadata = '{"bin_file": "a.bin", "dat_file": "a.dat", "info_read_only_metadata": {"bl_size": 16, "sd_size": 32}}'
    data = '"init_packet_data": {"firmware_crc16": 1, "softdevice_req": [182]}'
    return {
        "manifest": (0, f'{{"manifest": {{"application": {entry}}}}}'.encode()),
        "manifest-both": (0, f'{{"manifest": {{"softdevice_bootloader": {metadata}, "application": {entry}}}}}'.encode()),
        "manifest-legacy": (0, f'{{"manifest": {{"bootloader": {entry[:-1]}, {data}}}, "dfu_version": 0.5}}}}'.encode()),
        "manifest-absent": (0, b'{"manifest": {"softdevice": {"bin_file": "b.bin", "dat_file": "a.dat"}}}'),
        "packet": (1, files.nordic_init(firmware, 0)),
        "packet-signed": (1, files.nordic_init(firmware, 0, bytes(64), debug=True, sd_req=range(16))),
        "packet-external": (1, files.nordic_init(firmware, 4, sizes=(0, 0, 48))),
        "packet-softdevice": (1, files.nordic_init(firmware, 1)),
        "packet-reset": (1, files.proto((1, files.proto((1, 0), (3, files.proto((1, 100))))))),
        "packet-huge": (1, b"\x0a\xff\xff\xff\xff\x0f"),
        "legacy": (2, files.nordic_legacy_init(firmware, (0xB6, 0x100))),
        "legacy-ids": (2, files.nordic_legacy_init(firmware, range(17))),
    }


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "image"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds().items():
        (folder / name).write_bytes(bytes([NO_FORCE]) + data)
    for name in ("suffix-bad-crc", "mcuboot-cut-tlv", "mcuboot-huge", *formats(), *packages()):
        (folder / f"forced-{name}").write_bytes(bytes([ALL_FORCED]) + seeds()[name])
    folder = folder.parent / "nordic"
    folder.mkdir(exist_ok=True)
    for name, (kind, data) in nordic_parts().items():
        (folder / name).write_bytes(bytes([kind]) + data)


if __name__ == "__main__":
    main()
