# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Random memory contents, and firmware files composed of them, from the specifications alone."""

import binascii
import hashlib
import io
import json
import struct
import zipfile
import zlib

# A memory is a list of (address, bytes), sorted and apart from each other.


def join(pieces):
    """A memory of pieces in any order."""
    memory = []
    for address, data in sorted(pieces):
        if memory and memory[-1][0] + len(memory[-1][1]) == address:
            memory[-1] = (memory[-1][0], memory[-1][1] + data)
        else:
            memory.append((address, data))
    return memory


def random_memory(random, last, most=6):
    """Runs of up to 700 bytes; some touch, some cross 64 KiB, some end at the last address."""
    pieces = []
    for _ in range(random.randint(1, most)):
        size = random.choice((1, 2, random.randint(1, 40), random.randint(1, 700)))
        address = random.choice((random.randint(0, last), random.randint(0, 0x2000), last + 1 - size,
                                 random.randint(0, last >> 16) << 16,
                                 max(0, (random.randint(0, last >> 16) << 16) - random.randint(0, 50))))
        if pieces and random.random() < 0.2:
            address = pieces[-1][0] + len(pieces[-1][1])
        if address + size - 1 > last:
            continue
        if all(address + size <= other or other + len(data) <= address for other, data in pieces):
            pieces.append((address, random.randbytes(size)))
    return join(pieces or [(0, b"\x01")])


def cut(random, memory, sizes, border=0):
    """The memory in pieces of some of these sizes, which do not cross multiples of the border."""
    pieces = []
    for address, data in memory:
        while data:
            size = random.choice(sizes)
            if border:
                size = min(size, border - address % border)
            pieces.append((address, data[:size]))
            address, data = address + size, data[size:]
    return pieces


# Text formats

def write_text(random, lines):
    text = random.choice(("\n", "\r\n", "\r")).join(lines) + random.choice(("", "\n", "\r\n\r\n"))
    return (text.lower().replace("s", "S") if random.random() < 0.2 else text).encode()


def ihex_record(kind, offset, data):
    record = bytes((len(data), offset >> 8, offset & 0xFF, kind)) + data
    return f":{(record + bytes((-sum(record) & 0xFF,))).hex().upper()}"


def ihex(random, memory):
    """All types of records: linear addresses, or segments where they reach."""
    last = memory[-1][0] + len(memory[-1][1]) - 1
    pieces = cut(random, memory, random.choice(((16,), (32,), (1, 7, 16, 255))), 0x10000)
    if random.random() < 0.3:
        random.shuffle(pieces)
    use_segments = last < 0x100000 and random.random() < 0.5
    base, lines = 0, []
    for address, data in pieces:
        if address & ~0xFFFF != base:
            base = address & ~0xFFFF
            kind, value = (2, base >> 4) if use_segments else (4, base >> 16)
            lines.append(ihex_record(kind, 0, struct.pack(">H", value)))
        lines.append(ihex_record(0, address - base, data))
    if random.random() < 0.3:
        lines.insert(random.randint(0, len(lines)), ihex_record(random.choice((3, 5)), 0, random.randbytes(4)))
    return write_text(random, [*lines, ihex_record(1, 0, b"")])


def srec_record(kind, address, data):
    size = {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 6: 3, 7: 4, 8: 3, 9: 2}[kind]
    record = bytes((size + len(data) + 1,)) + address.to_bytes(size, "big") + data
    return f"S{kind}{(record + bytes((~sum(record) & 0xFF,))).hex().upper()}"


def srec(random, memory):
    last = memory[-1][0] + len(memory[-1][1]) - 1
    least = 1 if last <= 0xFFFF else 2 if last <= 0xFFFFFF else 3
    kind = random.randint(least, 3)
    pieces = cut(random, memory, random.choice(((16,), (32,), (1, 7, 16, 250))))
    if random.random() < 0.3:
        random.shuffle(pieces)
    lines = [srec_record(kind, address, data) for address, data in pieces]
    if random.random() < 0.8:
        lines.insert(0, srec_record(0, 0, random.choice((b"", b"HDR", b"a/file.bin"))))
    if random.random() < 0.5:
        lines.append(srec_record(random.choice((5, 6)), len(pieces), b""))
    return write_text(random, [*lines, srec_record(10 - kind, random.choice((0, memory[0][0])), b"")])


# ELF

def elf(random, memory, is_64, order):
    """A program with sections and segments that agree; segments may be loaded elsewhere than they run."""
    word, endian = ("Q" if is_64 else "I"), {"little": "<", "big": ">"}[order]
    head, entry, section = (64, 56, 64) if is_64 else (52, 32, 40)
    names = b"\0.text\0.shstrtab\0"
    body, segments, sections = b"", [], [bytes(section)]
    start = head + entry * (len(memory) + 1)
    for address, data in memory:
        body += bytes(random.randint(0, 8))
        offset = start + len(body)
        body += data
        virtual = address if random.random() < 0.5 else (address ^ 0x20000000) & 0x7FFFFFFF
        fields = (offset, virtual, address, len(data), len(data) + random.choice((0, 16)))
        # The headers are loaded, too
        if not segments and random.random() < 0.3 and min(virtual, address) >= offset:
            size = offset + len(data)
            fields = (0, virtual - offset, address - offset, size, size)
        segments.append(struct.pack(endian + "II" + word * 6, 1, 7, *fields, 1) if is_64 else
                        struct.pack(endian + "I" * 8, 1, *fields, 7, 1))
        sections.append(struct.pack(endian + "II" + word * 4 + "II" + word * 2, 1, 1, 6, virtual, offset, len(data),
                                    0, 0, 1, 0))
    # Memory that is cleared, and takes no bytes
    segments.append(struct.pack(endian + "II" + word * 6, 1, 6, 0, 0x20000000, 0x20000000, 0, 64, 1) if is_64 else
                    struct.pack(endian + "I" * 8, 1, 0, 0x20000000, 0x20000000, 0, 64, 6, 1))
    table = start + len(body) + len(names)
    sections.append(struct.pack(endian + "II" + word * 4 + "II" + word * 2, 7, 3, 0, 0, start + len(body), len(names),
                                0, 0, 1, 0))
    header = struct.pack(endian + "4sBBB9xHHI" + word * 3 + "IHHHHHH", b"\x7fELF", 2 if is_64 else 1,
                         1 if order == "little" else 2, 1, 2, 0xFEED, 1, memory[0][0], head, table, 0, head, entry,
                         len(segments), section, len(sections), len(sections) - 1)
    return header + b"".join(segments) + body + names + b"".join(sections)


# UF2

def uf2_block(address, data, number, count, family, flags=0):
    flags |= 0x2000 if family else 0
    head = struct.pack("<IIIIIIII", 0x0A324655, 0x9E5D5157, flags, address, len(data), number, count, family)
    return head + data.ljust(476, b"\0") + struct.pack("<I", 0x0AB16F30)


def uf2(random, memory):
    pieces = cut(random, memory, random.choice(((256,), (476,), (4, 100, 256))))
    family = random.choice((0, 0xE48BFF56, 0x57755A57, 0x12345678))
    comments = random.choice((0, 0, 2))
    count = len(pieces) + comments
    blocks = [uf2_block(address, data, number, count, family) for number, (address, data) in enumerate(pieces)]
    blocks += [uf2_block(0, b"comment", count - 1 - number, count, family, 1) for number in range(comments)]
    if random.random() < 0.3:
        random.shuffle(blocks)
    return b"".join(blocks)


def read_uf2(data):
    pieces = []
    for offset in range(0, len(data), 512):
        magic, second, flags, address, size = struct.unpack_from("<5I", data, offset)
        assert (magic, second) == (0x0A324655, 0x9E5D5157) and data[offset + 508:offset + 512] == b"\x30\x6f\xb1\x0a"
        number, count = struct.unpack_from("<2I", data, offset + 20)
        assert (number, count) == (offset // 512, len(data) // 512)
        if not flags & 1:
            pieces.append((address, data[offset + 32:offset + 32 + size]))
    return join(pieces)


def fill_pages(memory):
    """What UF2 makes of a memory: whole pages of 256 bytes."""
    pages = {}
    for address, data in memory:
        for i, byte in enumerate(data):
            page = pages.setdefault((address + i) & ~0xFF, bytearray(b"\xff" * 256))
            page[(address + i) & 0xFF] = byte
    return join((address, bytes(page)) for address, page in pages.items())


# DFU

def suffix(data, vendor_id=0xFFFF, product_id=0xFFFF, release=0xFFFF, version=0x0100):
    data += struct.pack("<HHHH3sB", release, product_id, vendor_id, version, b"UFD", 16)
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF)


def cpio_entry(name, data, nlink=0, mode=0o100644):
    head = b"070701" + b"".join(b"%08x" % field for field in (0, mode, 0, 0, nlink, 0, len(data), 0, 0, 0, 0,
                                                             len(name) + 1, 0))
    entry = head + name + b"\0"
    entry += bytes(-len(entry) % 4) + data
    return entry + bytes(-len(entry) % 4)


def esp(files, product_id, part_size=512 * 1024, flash_size=2):
    """dfu.bin as ESP-IDF's mkdfu.py lays it out; files are (address, name, bytes)."""
    params = struct.pack("<8I", 0, 0, 0, flash_size << 20, 0x10000, 0x1000, 0x100, 0xFFFF)
    parts = [(0, 0x1C, b"flash_params.dat", params)]
    for address, name, data in sorted(files):
        for number, start in enumerate(range(0, len(data), part_size)):
            part_name = name.encode() + (b".%d" % number if number else b"")
            parts.append((address + start, 0, part_name, data[start:start + part_size]))
    index = b"".join(struct.pack("<II64s16s", address, flags, name, hashlib.md5(data).digest())
                     for address, flags, name, data in parts)
    archive = cpio_entry(b"dfuinfo0.dat", index)
    archive += b"".join(cpio_entry(name, data) for _, _, name, data in parts)
    archive += cpio_entry(b"TRAILER!!!", b"", nlink=1, mode=0)
    return suffix(archive + bytes(-len(archive) % 10240), 0x303A, product_id)


def varint(value):
    """A number as protobuf writes it."""
    data = b""
    while value > 0x7F:
        data, value = data + bytes([value & 0x7F | 0x80]), value >> 7
    return data + bytes([value])


def proto(*fields):
    """A protobuf message of (field, number or bytes); None leaves a field out."""
    data = b""
    for field, value in fields:
        if isinstance(value, bytes):
            data += varint(field << 3 | 2) + varint(len(value)) + value
        elif value is not None:
            data += varint(field << 3) + varint(value)
    return data


def nordic_init_command(firmware, kind, version=1, hw_version=52, sd_req=(0,), sizes=None, debug=False):
    """An InitCommand (nRF5 SDK 17.1: dfu-cc.proto); sizes of SoftDevice, bootloader, application."""
    if sizes is None:
        sizes = [len(firmware) if index == (kind + 2) % 3 else 0 for index in range(3)]
    sd_size, bl_size, app_size = (size or None for size in sizes)
    validation = (10, proto((1, 1), (2, b"")))
    return proto((1, version), (2, hw_version), (3, b"".join(map(varint, sd_req)) or None), (4, kind), (5, sd_size), (6, bl_size),
                 (7, app_size), (8, proto((1, 3), (2, hashlib.sha256(firmware).digest()[::-1]))), (9, int(debug)),
                 *[validation] * (2 if kind == 3 else 1))


def nordic_init(firmware, kind, signature=None, **numbers):
    """An init packet; the signature, if any, is not judged."""
    command = proto((1, 1), (2, nordic_init_command(firmware, kind, **numbers)))
    if signature is None:
        return proto((1, command))
    return proto((2, proto((1, command), (2, 0), (3, signature))))


def nordic_legacy_init(firmware, sd_req, version=0xFFFFFFFF):
    """An init packet of dfu_version 0.5 (Adafruit_nRF52_nrfutil)."""
    return (struct.pack("<HHIH", 0x52, 0xFFFF, version, len(sd_req)) + struct.pack(f"<{len(sd_req)}H", *sd_req) +
            struct.pack("<H", binascii.crc_hqx(firmware, 0xFFFF)))


def nordic_zip(contents, manifest, compress=False):
    """A package of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, data in {**contents, "manifest.json": json.dumps({"manifest": manifest}).encode()}.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return out.getvalue()
