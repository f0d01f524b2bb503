# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Utility functions and constants, by the names of pyusb's usb.util."""

from __future__ import annotations

from array import array

from ._usb_errors import USBError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, Iterator, Literal, TypeVar, overload

    from .core import Configuration, Device, Endpoint, Interface

    Descriptor = TypeVar("Descriptor", Configuration, Interface, Endpoint)

# Descriptor types
DESC_TYPE_DEVICE = 0x01
DESC_TYPE_CONFIG = 0x02
DESC_TYPE_STRING = 0x03
DESC_TYPE_INTERFACE = 0x04
DESC_TYPE_ENDPOINT = 0x05

# Endpoint direction
ENDPOINT_IN = 0x80
ENDPOINT_OUT = 0x00

# Endpoint type
ENDPOINT_TYPE_CTRL = 0x00
ENDPOINT_TYPE_ISO = 0x01
ENDPOINT_TYPE_BULK = 0x02
ENDPOINT_TYPE_INTR = 0x03

# Control request type
CTRL_TYPE_STANDARD = 0 << 5
CTRL_TYPE_CLASS = 1 << 5
CTRL_TYPE_VENDOR = 2 << 5
CTRL_TYPE_RESERVED = 3 << 5

# Control request recipient
CTRL_RECIPIENT_DEVICE = 0
CTRL_RECIPIENT_INTERFACE = 1
CTRL_RECIPIENT_ENDPOINT = 2
CTRL_RECIPIENT_OTHER = 3

# Control request direction
CTRL_OUT = 0x00
CTRL_IN = 0x80

# Speed
SPEED_LOW = 1
SPEED_FULL = 2
SPEED_HIGH = 3
SPEED_SUPER = 4
SPEED_UNKNOWN = 0

_GET_DESCRIPTOR = 0x06
# The longest string descriptor of an even length
_STRING_LENGTH = 254


def endpoint_address(address: int) -> int:
    """The number of an endpoint, without its direction."""
    return address & 0x0F


def endpoint_direction(address: int) -> int:
    """ENDPOINT_IN or ENDPOINT_OUT."""
    return address & ENDPOINT_IN


def endpoint_type(bmAttributes: int) -> int:
    """ENDPOINT_TYPE_CTRL, _ISO, _BULK or _INTR."""
    return bmAttributes & 0x03


def ctrl_direction(bmRequestType: int) -> int:
    """CTRL_IN or CTRL_OUT."""
    return bmRequestType & CTRL_IN


def build_request_type(direction: int, type: int, recipient: int) -> int:
    """The bmRequestType of a control request.

    >>> hex(build_request_type(CTRL_OUT, CTRL_TYPE_CLASS, CTRL_RECIPIENT_DEVICE))
    '0x20'
    """
    return recipient | type | direction


def create_buffer(length: int) -> array[int]:
    """A buffer of so many bytes for a read function. Raises TypeError if the length is not an int."""
    return array("B", b"\0" * length)


if TYPE_CHECKING:

    @overload
    def find_descriptor(desc: Iterable[Descriptor], find_all: Literal[False] = ...,
                        custom_match: Callable[[Descriptor], object] | None = ..., **args: Any) -> Descriptor | None: ...

    @overload
    def find_descriptor(desc: Iterable[Descriptor], find_all: Literal[True],
                        custom_match: Callable[[Descriptor], object] | None = ..., **args: Any) -> Iterator[Descriptor]: ...


def find_descriptor(desc: Any, find_all: Any = False, custom_match: Any = None, **args: Any) -> Any:
    """A descriptor inside another whose fields are as given, or None; with find_all, an iterator of them.

    custom_match: a function that gets the descriptor and says whether it is meant.
    """
    found: Iterator[Any] = (inner for inner in desc
                            if all(value == getattr(inner, name) for name, value in args.items())
                            and (custom_match is None or custom_match(inner)))
    if find_all:
        return found
    return next(found, None)


def claim_interface(device: Device, interface: int | Interface) -> None:
    """Claims an interface; one that is claimed by this object already is left alone. Raises USBError."""
    device._ctx.managed_claim_interface(device, interface)


def release_interface(device: Device, interface: int | Interface | None) -> None:
    """Releases an interface; None is the first one. Raises USBError."""
    device._ctx.managed_release_interface(device, interface)


def dispose_resources(device: Device) -> None:
    """Releases all interfaces and closes the device, which may be used again: it is then opened again."""
    device._ctx.dispose(device)


def _get_string_descriptor(dev: Device, index: int, langid: int) -> array[int]:
    descriptor: array[int] = dev.ctrl_transfer(CTRL_IN, _GET_DESCRIPTOR, DESC_TYPE_STRING << 8 | index, langid,
                                               _STRING_LENGTH)
    if len(descriptor) < 2:
        raise USBError("Invalid descriptor")
    return descriptor


def get_langids(dev: Device) -> tuple[int, ...]:
    """The language ids of the device's strings, as in 0x0409; () if it has none. Raises USBError."""
    descriptor = _get_string_descriptor(dev, 0, 0)
    length = descriptor[0]
    if len(descriptor) < 4 or length < 4 or length & 1:
        return ()
    return tuple(low | high << 8 for low, high in zip(descriptor[2:length:2], descriptor[3:length:2]))


def get_string(dev: Device, index: int, langid: int | None = None) -> str | None:
    """A string of the device; None, without asking, for index 0.

    langid: None is the first one that the device has.

    Raises USBError, or ValueError if the device has no language.
    """
    if index == 0:
        return None
    if langid is None:
        if not dev.langids:
            raise ValueError("The device has no langid"
                             " (permission issue, no string descriptors supported or device error)")
        langid = dev.langids[0]
    descriptor = _get_string_descriptor(dev, index, langid)
    return descriptor[2:descriptor[0] & 0xFE].tobytes().decode("utf-16-le")
