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

    from . import backend as backend
    from . import control as control
    from . import core as core
    from . import util as util
    from .context import Context as Context
    from .context import devices as devices
    from .context import find as find
    from .context import get_default_context as get_default_context
    from .context import wait as wait
    from .core import USBError as USBError
    from .device import Device as Device
    from .device import DfuDescriptor as DfuDescriptor
    from .device import Holder as Holder
    from .device import Interface as Interface
    from .device import DeviceList as DeviceList
    from .device import Node as Node
    from .enums import Check as Check
    from .enums import DeviceEvent as DeviceEvent
    from .enums import DfuAttribute as DfuAttribute
    from .enums import Erase as Erase
    from .enums import FaultKind as FaultKind
    from .enums import FormatTrait as FormatTrait
    from .enums import Link as Link
    from .enums import LogLevel as LogLevel
    from .enums import Mode as Mode
    from .enums import RecordEvent as RecordEvent
    from .enums import ReportType as ReportType
    from .enums import Restart as Restart
    from .enums import State as State
    from .enums import Verified as Verified
    from .enums import Verify as Verify
    from .errors import AccessError as AccessError
    from .errors import AmbiguousError as AmbiguousError
    from .errors import BusyError as BusyError
    from .errors import CancelledError as CancelledError
    from .errors import DeviceError as DeviceError
    from .errors import Error as Error
    from .errors import GoneError as GoneError
    from .errors import ImageError as ImageError
    from .errors import MismatchError as MismatchError
    from .errors import NoMemoryError as NoMemoryError
    from .errors import NotFoundError as NotFoundError
    from .errors import ProtocolError as ProtocolError
    from .errors import TimeoutError as TimeoutError
    from .errors import TransferError as TransferError
    from .errors import UnsupportedError as UnsupportedError
    from .errors import UsageError as UsageError
    from .errors import VerifyError as VerifyError
    from .handle import Handle as Handle
    from .image import Fact as Fact
    from .image import Format as Format
    from .image import Image as Image
    from .image import Segment as Segment
    from .image import families as families
    from .image import formats as formats
    from .session import Outcome as Outcome
    from .session import Progress as Progress
    from .session import Session as Session
    from .session import Step as Step
    from .virtual import Model as Model
    from .virtual import Record as Record
    from .virtual import Virtual as Virtual
    from .virtual import VirtualDevice as VirtualDevice
    from .virtual import models as models

    __version__: str
    library_version: str

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
