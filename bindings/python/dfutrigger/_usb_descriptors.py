# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What is inside a device: configurations, their interfaces, and the endpoints of those."""

from __future__ import annotations

from . import util
from ._usb_errors import USBError
from ._usb_text import DESCRIPTORS, ENDPOINT_TYPES, INTERFACE_CLASSES, describe_string, head, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from typing import Any, Iterator

    from .core import Data, Device

# USB 2.0, 9.6.3, in mA
_POWER_UNIT = 2

_CONFIGURATION_FIELDS = ("bLength", "bDescriptorType", "wTotalLength", "bNumInterfaces", "bConfigurationValue",
                         "iConfiguration", "bmAttributes", "bMaxPower", "extra_descriptors")
_INTERFACE_FIELDS = ("bLength", "bDescriptorType", "bInterfaceNumber", "bAlternateSetting", "bNumEndpoints",
                     "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol", "iInterface", "extra_descriptors")
_ENDPOINT_FIELDS = ("bLength", "bDescriptorType", "bEndpointAddress", "bmAttributes", "wMaxPacketSize", "bInterval",
                    "bRefresh", "bSynchAddress", "extra_descriptors")


def set_fields(target: object, descriptor: object, names: tuple[str, ...]) -> None:
    """Makes the fields of a descriptor attributes."""
    for name in names:
        setattr(target, name, getattr(descriptor, name))


class Endpoint:
    """An endpoint; its attributes are the fields of its descriptor."""

    __module__ = "dfutrigger.core"

    bLength: int
    bDescriptorType: int
    bEndpointAddress: int
    bmAttributes: int
    wMaxPacketSize: int
    bInterval: int
    bRefresh: int
    bSynchAddress: int
    extra_descriptors: list[int]

    def __init__(self, device: Device, endpoint: int, interface: int = 0, alternate_setting: int = 0,
                 configuration: int = 0) -> None:
        """The endpoint with that index of the alternate setting with those indexes."""
        self.device = device
        self.index = endpoint
        descriptor = device._ctx.backend.get_endpoint_descriptor(device._ctx.dev, endpoint, interface, alternate_setting,
                                                                 configuration)
        set_fields(self, descriptor, _ENDPOINT_FIELDS)

    def __repr__(self) -> str:
        return f"<{self._str()}>"

    def __str__(self) -> str:
        direction = "IN" if util.endpoint_direction(self.bEndpointAddress) == util.ENDPOINT_IN else "OUT"
        return "\n".join((
            head(6, self._str()),
            line(7, 17, "bLength", self.bLength, "(7 bytes)"),
            line(7, 17, "bDescriptorType", self.bDescriptorType, DESCRIPTORS.get(self.bDescriptorType, "")),
            line(7, 17, "bEndpointAddress", self.bEndpointAddress, direction),
            line(7, 17, "bmAttributes", self.bmAttributes, ENDPOINT_TYPES[self.bmAttributes & 3]),
            line(7, 17, "wMaxPacketSize", self.wMaxPacketSize, f"({self.wMaxPacketSize} bytes)"),
            line(7, 17, "bInterval", self.bInterval),
        ))

    def write(self, data: Data, timeout: int | None = None) -> int:
        """Writes to it: see `Device.write()`."""
        return self.device.write(self, data, timeout)

    def read(self, size_or_buffer: int | array[int], timeout: int | None = None) -> Any:
        """Reads from it: see `Device.read()`."""
        return self.device.read(self, size_or_buffer, timeout)

    def clear_halt(self) -> None:
        """Lets it go on after a stall. Raises USBError."""
        self.device.clear_halt(self.bEndpointAddress)

    def _str(self) -> str:
        direction = "IN" if util.endpoint_direction(self.bEndpointAddress) == util.ENDPOINT_IN else "OUT"
        return f"ENDPOINT 0x{self.bEndpointAddress:X}: {ENDPOINT_TYPES[self.bmAttributes & 3]} {direction}"


class Interface:
    """An alternate setting of an interface; its attributes are the fields of its descriptor. Iterating gives its
    endpoints."""

    __module__ = "dfutrigger.core"

    bLength: int
    bDescriptorType: int
    bInterfaceNumber: int
    bAlternateSetting: int
    bNumEndpoints: int
    bInterfaceClass: int
    bInterfaceSubClass: int
    bInterfaceProtocol: int
    iInterface: int
    extra_descriptors: list[int]

    def __init__(self, device: Device, interface: int = 0, alternate_setting: int = 0, configuration: int = 0) -> None:
        """The alternate setting with that index of the interface and configuration with those indexes."""
        self.device = device
        self.alternate_index = alternate_setting
        self.index = interface
        self.configuration = configuration
        descriptor = device._ctx.backend.get_interface_descriptor(device._ctx.dev, interface, alternate_setting,
                                                                  configuration)
        set_fields(self, descriptor, _INTERFACE_FIELDS)

    def __repr__(self) -> str:
        return f"<{self._str()}>"

    def __str__(self) -> str:
        return "\n".join((self._get_full_descriptor_str(), *map(str, self)))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its endpoints."""
        return tuple(self)

    def set_altsetting(self) -> None:
        """Selects this alternate setting. Raises USBError."""
        self.device.set_interface_altsetting(self.bInterfaceNumber, self.bAlternateSetting)

    def __iter__(self) -> Iterator[Endpoint]:
        for index in range(self.bNumEndpoints):
            yield self[index]

    def __getitem__(self, index: int) -> Endpoint:
        return Endpoint(self.device, index, self.index, self.alternate_index, self.configuration)

    def _str(self) -> str:
        alternate = f", {self.bAlternateSetting}" if self.bAlternateSetting else ""
        return (f"INTERFACE {self.bInterfaceNumber}{alternate}: "
                + INTERFACE_CLASSES.get(self.bInterfaceClass, "Unknown Class"))

    def _get_full_descriptor_str(self) -> str:
        return "\n".join((
            head(4, self._str()),
            line(5, 19, "bLength", self.bLength, "(9 bytes)"),
            line(5, 19, "bDescriptorType", self.bDescriptorType, DESCRIPTORS.get(self.bDescriptorType, "")),
            line(5, 19, "bInterfaceNumber", self.bInterfaceNumber),
            line(5, 19, "bAlternateSetting", self.bAlternateSetting),
            line(5, 19, "bNumEndpoints", self.bNumEndpoints),
            line(5, 19, "bInterfaceClass", self.bInterfaceClass, INTERFACE_CLASSES.get(self.bInterfaceClass, "")),
            line(5, 19, "bInterfaceSubClass", self.bInterfaceSubClass),
            line(5, 19, "bInterfaceProtocol", self.bInterfaceProtocol),
            line(5, 19, "iInterface", self.iInterface, describe_string(self.device, self.iInterface)),
        ))


class Configuration:
    """A configuration; its attributes are the fields of its descriptor. Iterating gives the alternate settings of its
    interfaces."""

    __module__ = "dfutrigger.core"

    bLength: int
    bDescriptorType: int
    wTotalLength: int
    bNumInterfaces: int
    bConfigurationValue: int
    iConfiguration: int
    bmAttributes: int
    bMaxPower: int
    extra_descriptors: list[int]

    def __init__(self, device: Device, configuration: int = 0) -> None:
        """The configuration with that index. Raises USBError if there is none."""
        self.device = device
        self.index = configuration
        descriptor = device._ctx.backend.get_configuration_descriptor(device._ctx.dev, configuration)
        set_fields(self, descriptor, _CONFIGURATION_FIELDS)

    def __repr__(self) -> str:
        return f"<{self._str()}>"

    def __str__(self) -> str:
        return "\n".join((self._get_full_descriptor_str(), *map(str, self)))

    def interfaces(self) -> tuple[Interface, ...]:
        """The alternate settings of its interfaces."""
        return tuple(self)

    def set(self) -> None:
        """Selects this configuration. Raises USBError."""
        self.device.set_configuration(self.bConfigurationValue)

    def __iter__(self) -> Iterator[Interface]:
        for index in range(self.bNumInterfaces):
            alternate = 0
            while True:
                try:
                    found = self[(index, alternate)]
                except (USBError, IndexError):
                    break
                yield found
                alternate += 1

    def __getitem__(self, index: tuple[int, int]) -> Interface:
        """The alternate setting with these two indexes, that of the interface first."""
        return Interface(self.device, index[0], index[1], self.index)

    def _str(self) -> str:
        return f"CONFIGURATION {self.bConfigurationValue}: {_POWER_UNIT * self.bMaxPower} mA"

    def _get_full_descriptor_str(self) -> str:
        power = "Self Powered" if self.bmAttributes & 1 << 6 else "Bus Powered"
        wakeup = ", Remote Wakeup" if self.bmAttributes & 1 << 5 else ""
        return "\n".join((
            head(2, self._str()),
            line(3, 21, "bLength", self.bLength, "(9 bytes)"),
            line(3, 21, "bDescriptorType", self.bDescriptorType, DESCRIPTORS.get(self.bDescriptorType, "")),
            line(3, 21, "wTotalLength", self.wTotalLength, f"({self.wTotalLength} bytes)"),
            line(3, 21, "bNumInterfaces", self.bNumInterfaces),
            line(3, 21, "bConfigurationValue", self.bConfigurationValue),
            line(3, 21, "iConfiguration", self.iConfiguration, describe_string(self.device, self.iConfiguration)),
            line(3, 21, "bmAttributes", self.bmAttributes, power + wakeup),
            line(3, 21, "bMaxPower", self.bMaxPower, f"({_POWER_UNIT * self.bMaxPower} mA)"),
        ))
