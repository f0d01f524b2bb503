# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Backends, as pyusb calls what reaches devices. There is one: `dfutrigger.backend.libusb1`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from . import libusb1 as libusb1


def __getattr__(name: str) -> ModuleType:
    if name == "libusb1":
        from importlib import import_module

        return import_module(".libusb1", __name__)
    if name in ("libusb0", "openusb"):
        raise AttributeError(f"there is no backend {name}: dfutrigger.backend.libusb1 reaches all devices")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
