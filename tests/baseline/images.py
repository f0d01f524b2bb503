# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Firmware files for the baseline, always the same bytes, composed without the library."""

import hashlib
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "formats"))
import files  # noqa: E402


def noise(size, seed=0):
    """Starts with a vector table that chips take for one."""
    blocks = (hashlib.sha256(struct.pack("<II", seed, i)).digest() for i in range(size // 32 + 1))
    return (struct.pack("<II", 0x20004000, 0x08000201) + b"".join(blocks))[:size]


def mcuboot(body, version):
    signed = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, 0x200, 0, len(body), 0, *version, 0).ljust(0x200, b"\0") + body
    digest = hashlib.sha256(signed).digest()
    return signed + struct.pack("<HHHH", 0x6907, 8 + len(digest), 0x10, len(digest)) + digest


def dfuse(targets):
    """Of (alternate setting, [(address, bytes)])."""
    body = b""
    for alternate, elements in targets:
        data = b"".join(struct.pack("<II", address, len(data)) + data for address, data in elements)
        body += struct.pack("<6sBI255sII", b"Target", alternate, 1, b"ST", len(data), len(elements)) + data
    return files.suffix(struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(body), len(targets)) + body, version=0x011A)


def ihex(memory):
    lines = []
    for address, data in memory:
        for at in range(0, len(data), 16):
            lines.append(files.ihex_record(4, 0, struct.pack(">H", address + at >> 16)))
            lines.append(files.ihex_record(0, address + at & 0xFFFF, data[at:at + 16]))
    return "".join(line + "\n" for line in [*lines, ":00000001FF"]).encode()


def nordic(images, legacy=False):
    """Of (kind, bytes): a package for any bootloader, open ones and Adafruit's."""
    kinds = {"application": 0, "softdevice": 1, "bootloader": 2}
    contents, manifest = {}, {}
    for kind, data in images:
        init = files.nordic_legacy_init(data, (0xB6,)) if legacy else files.nordic_init(data, kinds[kind], version=9)
        contents |= {f"{kind}.bin": data, f"{kind}.dat": init}
        manifest[kind] = {"bin_file": f"{kind}.bin", "dat_file": f"{kind}.dat"}
        if legacy:
            manifest["dfu_version"] = 0.5
    return files.nordic_zip(contents, manifest)


def compose():
    """The bytes of each, by name."""
    small, large = noise(1300), noise(50000)
    boot = mcuboot(noise(1300), (1, 2, 3, 4))
    flash = 0x08000000
    return {
        "raw.bin": small,
        "raw-large.bin": large,
        "raw-none.bin": b"",
        "suffix.dfu": files.suffix(small, 0x1209, 0x4711),
        "suffix-bad.dfu": files.suffix(small)[:-1] + b"\0",
        "mcuboot.bin": boot,
        "mcuboot-large.bin": mcuboot(large, (2, 0, 0, 0)),
        "mcuboot-old.bin": mcuboot(small, (0, 9, 9, 0)),
        "mcuboot-cut.bin": boot[:-40],
        "mcuboot-bad.bin": boot[:600] + b"\xff" + boot[601:],
        "dfuse.dfu": dfuse([(0, [(flash, noise(3000)), (flash + 0x4000, noise(500, 1))])]),
        "dfuse-large.dfu": dfuse([(0, [(flash, large)])]),
        "dfuse-options.dfu": dfuse([(1, [(0x1FFFF800, noise(16))])]),
        "dfuse-beyond.dfu": dfuse([(0, [(flash + 0x1000000, small)])]),
        "app.hex": ihex([(flash, noise(3000)), (flash + 0x4000, noise(500, 1))]),
        "esp.bin": files.esp([(0x1000, "bootloader.bin", noise(2003)), (0x10000, "app.bin", small)], 0x0002),
        "esp-large.bin": files.esp([(0x10000, "app.bin", large)], 0x0002),
        "esp-other.bin": files.esp([(0x0, "app.bin", small)], 0x0009),
        "nordic.zip": nordic([("application", noise(5000))]),
        "nordic-large.zip": nordic([("application", large)]),
        "nordic-two.zip": nordic([("bootloader", noise(4000, 2)), ("application", noise(4500))]),
        "legacy.zip": nordic([("application", noise(3000))], legacy=True),
        "legacy-large.zip": nordic([("application", large)], legacy=True),
    }
