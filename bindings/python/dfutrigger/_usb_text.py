# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""How devices and descriptors are printed, to the letter as in pyusb."""

from __future__ import annotations

from . import util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .core import Device

_LINE_WIDTH = 60

DESCRIPTORS = {
    0x01: "Device", 0x02: "Configuration", 0x03: "String", 0x04: "Interface", 0x05: "Endpoint", 0x06: "Device qualifier",
    0x07: "Other speed configuration", 0x08: "Interface power", 0x09: "OTG", 0x0A: "Debug", 0x0B: "Interface association",
    0x0C: "Security", 0x0D: "Key", 0x0E: "Encryption type", 0x0F: "Binary device object store (BOS)",
    0x10: "Device capability", 0x11: "Wireless endpoint companion", 0x30: "SuperSpeed endpoint companion",
}
DEVICE_CLASSES = {
    0x00: "Specified at interface", 0x02: "Communications Device", 0x09: "Hub", 0x0F: "Personal Healthcare Device",
    0xDC: "Diagnostic Device", 0xE0: "Wireless Controller", 0xEF: "Miscellaneous", 0xFF: "Vendor-specific",
}
INTERFACE_CLASSES = {
    0x00: "Reserved", 0x01: "Audio", 0x02: "CDC Communication", 0x03: "Human Interface Device", 0x05: "Physical",
    0x06: "Image", 0x07: "Printer", 0x08: "Mass Storage", 0x09: "Hub", 0x0A: "CDC Data", 0x0B: "Smart Card",
    0x0D: "Content Security", 0x0E: "Video", 0x0F: "Personal Healthcare", 0xDC: "Diagnostic Device",
    0xE0: "Wireless Controller", 0xEF: "Miscellaneous", 0xFE: "Application Specific", 0xFF: "Vendor Specific",
}
ENDPOINT_TYPES = ("Control", "Isochronous", "Bulk", "Interrupt")


class Text(str):
    """Shown without quotes and escapes at the prompt."""

    def __repr__(self) -> str:
        return str(self)


def head(indent: int, title: str) -> str:
    """The line above the fields of a descriptor."""
    text = " " * indent + title + " "
    return text + "=" * (_LINE_WIDTH - len(text))


def line(indent: int, width: int, name: str, value: int, note: str | None = None) -> str:
    """A field of a descriptor."""
    return f"{' ' * indent}{name:<{width}}:{value:#7x}" + ("" if note is None else " " + note)


def describe_string(device: Device, index: int) -> str:
    """A string of the device, "" for index 0; one that can't be read does no harm."""
    if index == 0:
        return ""
    try:
        return str(util.get_string(device, index))
    except Exception:
        return "Error Accessing String"


def describe_version(title: str, bcd: int) -> str:
    """A version, as in "USB 2.0"."""
    return f"{title} {bcd >> 8 & 0xFF}.{bcd >> 4 & 0xF}{bcd & 0xF or ''}"
