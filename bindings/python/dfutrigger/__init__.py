# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Brings USB devices from running their application to running new firmware.

    >>> import dfutrigger
    >>> with dfutrigger.Virtual("zephyr") as bus:
    ...     device = dfutrigger.find()
    ...     print(device.product, device.mode.name, device.triggers)
    ...     print(device.trigger().mode.name)
    USBD DFU sample APPLICATION ('dfu-detach',)
    BOOTLOADER

`devices()`, `find()`, `Device`, `Image` and `Session` are for updates; `dfutrigger.core`, `dfutrigger.util`,
`dfutrigger.control` and `dfutrigger.backend` have the names of pyusb, so that ``import dfutrigger as usb`` runs a script written for it.

Times are seconds, or `datetime.timedelta`. What can fail raises a `dfutrigger.Error`, which has a `hint` where there is
something that the person can do.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# __init__.pyi tells type checkers the same.
# Where each name is: a module is loaded when the first of its names is used.
_PLACES = {
    "context": ("Context", "devices", "find", "get_default_context", "wait"),
    "core": ("USBError",),
    "device": ("Device", "DeviceList", "DfuDescriptor", "Holder", "Interface", "Node"),
    "enums": ("Check", "DeviceEvent", "DfuAttribute", "Erase", "FaultKind", "FormatTrait", "Link", "LogLevel",
              "Mode", "RecordEvent", "ReportType", "Restart", "State", "Verified", "Verify"),
    "errors": ("AccessError", "AmbiguousError", "BusyError", "CancelledError", "DeviceError", "Error", "GoneError",
               "ImageError", "MismatchError", "NoMemoryError", "NotFoundError", "ProtocolError", "TimeoutError",
               "TransferError", "UnsupportedError", "UsageError", "VerifyError"),
    "handle": ("Handle",),
    "image": ("Fact", "Format", "Image", "Segment", "families", "formats"),
    "protocol": ("Protocol", "protocols"),
    "session": ("Outcome", "Progress", "Session", "Step"),
    "version": ("__version__", "library_version"),
    "virtual": ("Model", "Record", "Virtual", "VirtualDevice", "models"),
}
_MODULES = ("backend", "control", "core", "testing", "util")
# Of pyusb 0.x, whose scripts ask for them first
_LEGACY = ("legacy", "busses", "Bus", "DeviceHandle")

__all__ = sorted(name for names in _PLACES.values() for name in names)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module("." + name, __name__)
    for module, names in _PLACES.items():
        if name in names:
            value = globals()[name] = getattr(import_module("." + module, __name__), name)
            return value
    if name in _LEGACY:
        raise AttributeError(f"dfutrigger has no {name} of pyusb 0.x: dfutrigger.core.find() gives devices")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
