# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Devices and their descriptors, by the names of pyusb's usb.core, so that scripts written for it run.

Semantics, exceptions and printed texts are those of pyusb 1.2. Root hubs are not listed, `Device.speed` is None, and
isochronous transfers raise NotImplementedError. Calls may come from several threads, and wait for each other; inside a
handler of the library they raise USBError with EBUSY.
"""

from __future__ import annotations

import functools
import threading
from array import array

from . import util

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Literal, Sequence, TypeVar, Union, overload

    from .device import Device as UpdatableDevice

    Function = TypeVar("Function", bound=Callable[..., Any])
    Data = Union[array[int], bytes, bytearray, memoryview, str, Sequence[int], None]

__all__ = ["Device", "Configuration", "Interface", "Endpoint", "USBError", "USBTimeoutError", "NoBackendError", "find",
           "show_devices"]

_DEFAULT_TIMEOUT = 1000
_LINE_WIDTH = 60
# USB 2.0, 9.6.3, in mA
_POWER_UNIT = 2

_DESCRIPTORS = {
    0x01: "Device", 0x02: "Configuration", 0x03: "String", 0x04: "Interface", 0x05: "Endpoint", 0x06: "Device qualifier",
    0x07: "Other speed configuration", 0x08: "Interface power", 0x09: "OTG", 0x0A: "Debug", 0x0B: "Interface association",
    0x0C: "Security", 0x0D: "Key", 0x0E: "Encryption type", 0x0F: "Binary device object store (BOS)",
    0x10: "Device capability", 0x11: "Wireless endpoint companion", 0x30: "SuperSpeed endpoint companion",
}
_DEVICE_CLASSES = {
    0x00: "Specified at interface", 0x02: "Communications Device", 0x09: "Hub", 0x0F: "Personal Healthcare Device",
    0xDC: "Diagnostic Device", 0xE0: "Wireless Controller", 0xEF: "Miscellaneous", 0xFF: "Vendor-specific",
}
_INTERFACE_CLASSES = {
    0x00: "Reserved", 0x01: "Audio", 0x02: "CDC Communication", 0x03: "Human Interface Device", 0x05: "Physical",
    0x06: "Image", 0x07: "Printer", 0x08: "Mass Storage", 0x09: "Hub", 0x0A: "CDC Data", 0x0B: "Smart Card",
    0x0D: "Content Security", 0x0E: "Video", 0x0F: "Personal Healthcare", 0xDC: "Diagnostic Device",
    0xE0: "Wireless Controller", 0xEF: "Miscellaneous", 0xFE: "Application Specific", 0xFF: "Vendor Specific",
}
_ENDPOINT_TYPES = ("Control", "Isochronous", "Bulk", "Interrupt")

_DEVICE_FIELDS = ("bLength", "bDescriptorType", "bcdUSB", "bDeviceClass", "bDeviceSubClass", "bDeviceProtocol",
                  "bMaxPacketSize0", "idVendor", "idProduct", "bcdDevice", "iManufacturer", "iProduct", "iSerialNumber",
                  "bNumConfigurations", "address", "bus", "port_number", "port_numbers", "speed")
_CONFIGURATION_FIELDS = ("bLength", "bDescriptorType", "wTotalLength", "bNumInterfaces", "bConfigurationValue",
                         "iConfiguration", "bmAttributes", "bMaxPower", "extra_descriptors")
_INTERFACE_FIELDS = ("bLength", "bDescriptorType", "bInterfaceNumber", "bAlternateSetting", "bNumEndpoints",
                     "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol", "iInterface", "extra_descriptors")
_ENDPOINT_FIELDS = ("bLength", "bDescriptorType", "bEndpointAddress", "bmAttributes", "wMaxPacketSize", "bInterval",
                    "bRefresh", "bSynchAddress", "extra_descriptors")


class USBError(IOError):
    """A USB error. `errno` may be None; `backend_error_code` is libusb's negative code, or None."""

    #: what the person can do; "" if nothing is known
    hint = ""

    def __init__(self, strerror: str, error_code: int | None = None, errno: int | None = None) -> None:
        super().__init__(errno, strerror)
        self.backend_error_code = error_code


class USBTimeoutError(USBError):
    """The time has passed without an answer."""


class NoBackendError(ValueError):
    """There is no way to reach devices."""


# Texts, to the letter as in pyusb.


class _Text(str):
    """Shown without quotes and escapes at the prompt."""

    def __repr__(self) -> str:
        return str(self)


def _head(indent: int, title: str) -> str:
    text = " " * indent + title + " "
    return text + "=" * (_LINE_WIDTH - len(text))


def _line(indent: int, width: int, name: str, value: int, note: str | None = None) -> str:
    return f"{' ' * indent}{name:<{width}}:{value:#7x}" + ("" if note is None else " " + note)


def _describe_string(device: Device, index: int) -> str:
    if index == 0:
        return ""
    try:
        return str(util.get_string(device, index))
    except Exception:
        return "Error Accessing String"


def _describe_version(title: str, bcd: int) -> str:
    return f"{title} {bcd >> 8 & 0xFF}.{bcd >> 4 & 0xF}{bcd & 0xF or ''}"


def _set_fields(target: object, descriptor: object, names: tuple[str, ...]) -> None:
    for name in names:
        setattr(target, name, getattr(descriptor, name))


def _as_array(data: Data) -> array[int]:
    if data is None:
        return array("B")
    if isinstance(data, array):
        return data
    if isinstance(data, str):
        return array("B", data.encode("utf-8"))
    return array("B", data)


def _synchronized(function: Function) -> Function:
    """One thread at a time; a handler, which can't wait for another thread, gets USBError with EBUSY."""

    @functools.wraps(function)
    def wrapper(self: _ResourceManager, *args: Any, **kwargs: Any) -> Any:
        check = getattr(self.backend, "check_entered", None)
        if check:
            check()
        with self.lock:
            return function(self, *args, **kwargs)

    return wrapper  # type: ignore[return-value]


class _ResourceManager:
    """What a device holds: its handle, and the interfaces that were claimed. Opened when first needed."""

    def __init__(self, dev: Any, backend: Any) -> None:
        self.backend = backend
        self.dev = dev
        self.handle: Any = None
        self.lock = threading.RLock()
        self._active_index: int | None = None
        self._claimed: set[int] = set()
        self._endpoints: dict[int, tuple[Interface, Endpoint]] = {}

    @_synchronized
    def managed_open(self) -> Any:
        if self.handle is None:
            self.handle = self.backend.open_device(self.dev)
        return self.handle

    @_synchronized
    def managed_close(self) -> None:
        if self.handle is not None:
            self.backend.close_device(self.handle)
            self.handle = None

    @_synchronized
    def managed_set_configuration(self, device: Device, config: int | Configuration | None) -> None:
        if config is None:
            index, value = 0, device[0].bConfigurationValue
        elif isinstance(config, Configuration):
            index, value = config.index, config.bConfigurationValue
        elif config == 0:
            index, value = None, 0
        else:
            found = util.find_descriptor(device, bConfigurationValue=config)
            if found is None:
                raise ValueError(f"Invalid configuration {config}")
            index, value = found.index, found.bConfigurationValue
        self.backend.set_configuration(self.managed_open(), value)
        self._active_index = index
        self._endpoints.clear()

    @_synchronized
    def managed_claim_interface(self, device: Device, intf: int | Interface) -> None:
        handle = self.managed_open()
        number = intf.bInterfaceNumber if isinstance(intf, Interface) else intf
        if number not in self._claimed:
            self.backend.claim_interface(handle, number)
            self._claimed.add(number)

    @_synchronized
    def managed_release_interface(self, device: Device, intf: int | Interface | None) -> None:
        if intf is None:
            intf = self.get_active_configuration(device)[(0, 0)]
        number = intf.bInterfaceNumber if isinstance(intf, Interface) else intf
        if number in self._claimed:
            try:
                self.backend.release_interface(self.handle, number)
            finally:
                self._claimed.remove(number)

    @_synchronized
    def managed_set_interface(self, device: Device, intf: int | Interface | None, alt: int | None) -> None:
        if isinstance(intf, Interface):
            found: Interface | None = intf
        else:
            configuration = self.get_active_configuration(device)
            wanted: dict[str, Any] = {"bInterfaceNumber": configuration[(0, 0)].bInterfaceNumber if intf is None else intf}
            if alt is not None:
                wanted["bAlternateSetting"] = alt
            found = util.find_descriptor(configuration, **wanted)
        if found is None:
            raise ValueError(f"No matching interface ({intf},{alt})")
        self.managed_claim_interface(device, found)
        self.backend.set_interface_altsetting(self.handle, found.bInterfaceNumber,
                                              found.bAlternateSetting if alt is None else alt)

    @_synchronized
    def setup_request(self, device: Device, endpoint: int | Endpoint) -> tuple[Interface, Endpoint]:
        address = endpoint.bEndpointAddress if isinstance(endpoint, Endpoint) else endpoint
        intf, ep = self.get_interface_and_endpoint(device, address)
        self.managed_claim_interface(device, intf)
        return intf, ep

    @_synchronized
    def get_interface_and_endpoint(self, device: Device, address: int) -> tuple[Interface, Endpoint]:
        if address not in self._endpoints:
            for intf in self.get_active_configuration(device):
                ep = util.find_descriptor(intf, bEndpointAddress=address)
                if ep is not None:
                    self._endpoints[address] = (intf, ep)
                    break
            else:
                raise ValueError("Invalid endpoint address " + hex(address))
        return self._endpoints[address]

    @_synchronized
    def get_active_configuration(self, device: Device) -> Configuration:
        if self._active_index is None:
            value = self.backend.get_configuration(self.managed_open())
            found = util.find_descriptor(device, bConfigurationValue=value)
            if found is None:
                raise USBError("Configuration not set")
            self._active_index = found.index
            return found
        return device[self._active_index]

    @_synchronized
    def release_all_interfaces(self, device: Device) -> None:
        for number in tuple(self._claimed):
            try:
                self.managed_release_interface(device, number)
            except USBError:
                # A device that has left can't be asked any more.
                pass

    @_synchronized
    def dispose(self, device: Device, close_handle: bool = True) -> None:
        self.release_all_interfaces(device)
        if close_handle:
            self.managed_close()
        self._endpoints.clear()
        self._active_index = None


class Endpoint:
    """An endpoint; its attributes are the fields of its descriptor."""

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
        _set_fields(self, descriptor, _ENDPOINT_FIELDS)

    def __repr__(self) -> str:
        return f"<{self._str()}>"

    def __str__(self) -> str:
        direction = "IN" if util.endpoint_direction(self.bEndpointAddress) == util.ENDPOINT_IN else "OUT"
        return "\n".join((
            _head(6, self._str()),
            _line(7, 17, "bLength", self.bLength, "(7 bytes)"),
            _line(7, 17, "bDescriptorType", self.bDescriptorType, _DESCRIPTORS.get(self.bDescriptorType, "")),
            _line(7, 17, "bEndpointAddress", self.bEndpointAddress, direction),
            _line(7, 17, "bmAttributes", self.bmAttributes, _ENDPOINT_TYPES[self.bmAttributes & 3]),
            _line(7, 17, "wMaxPacketSize", self.wMaxPacketSize, f"({self.wMaxPacketSize} bytes)"),
            _line(7, 17, "bInterval", self.bInterval),
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
        return f"ENDPOINT 0x{self.bEndpointAddress:X}: {_ENDPOINT_TYPES[self.bmAttributes & 3]} {direction}"


class Interface:
    """An alternate setting of an interface; its attributes are the fields of its descriptor. Iterating gives its
    endpoints."""

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
        _set_fields(self, descriptor, _INTERFACE_FIELDS)

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
                + _INTERFACE_CLASSES.get(self.bInterfaceClass, "Unknown Class"))

    def _get_full_descriptor_str(self) -> str:
        return "\n".join((
            _head(4, self._str()),
            _line(5, 19, "bLength", self.bLength, "(9 bytes)"),
            _line(5, 19, "bDescriptorType", self.bDescriptorType, _DESCRIPTORS.get(self.bDescriptorType, "")),
            _line(5, 19, "bInterfaceNumber", self.bInterfaceNumber),
            _line(5, 19, "bAlternateSetting", self.bAlternateSetting),
            _line(5, 19, "bNumEndpoints", self.bNumEndpoints),
            _line(5, 19, "bInterfaceClass", self.bInterfaceClass, _INTERFACE_CLASSES.get(self.bInterfaceClass, "")),
            _line(5, 19, "bInterfaceSubClass", self.bInterfaceSubClass),
            _line(5, 19, "bInterfaceProtocol", self.bInterfaceProtocol),
            _line(5, 19, "iInterface", self.iInterface, _describe_string(self.device, self.iInterface)),
        ))


class Configuration:
    """A configuration; its attributes are the fields of its descriptor. Iterating gives the alternate settings of its
    interfaces."""

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
        _set_fields(self, descriptor, _CONFIGURATION_FIELDS)

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
            _head(2, self._str()),
            _line(3, 21, "bLength", self.bLength, "(9 bytes)"),
            _line(3, 21, "bDescriptorType", self.bDescriptorType, _DESCRIPTORS.get(self.bDescriptorType, "")),
            _line(3, 21, "wTotalLength", self.wTotalLength, f"({self.wTotalLength} bytes)"),
            _line(3, 21, "bNumInterfaces", self.bNumInterfaces),
            _line(3, 21, "bConfigurationValue", self.bConfigurationValue),
            _line(3, 21, "iConfiguration", self.iConfiguration, _describe_string(self.device, self.iConfiguration)),
            _line(3, 21, "bmAttributes", self.bmAttributes, power + wakeup),
            _line(3, 21, "bMaxPower", self.bMaxPower, f"({_POWER_UNIT * self.bMaxPower} mA)"),
        ))


class Device:
    """A device; its attributes are the fields of its descriptor. Iterating gives its configurations.

    It is opened when first needed. Time limits are ms, 0 for none; without one, `default_timeout` holds.
    """

    bLength: int
    bDescriptorType: int
    bcdUSB: int
    bDeviceClass: int
    bDeviceSubClass: int
    bDeviceProtocol: int
    bMaxPacketSize0: int
    idVendor: int
    idProduct: int
    bcdDevice: int
    iManufacturer: int
    iProduct: int
    iSerialNumber: int
    bNumConfigurations: int
    address: int
    bus: int
    port_number: int | None
    port_numbers: tuple[int, ...] | None
    speed: int | None

    def __init__(self, dev: Any, backend: Any) -> None:
        """Devices come from `find()`."""
        self._ctx = _ResourceManager(dev, backend)
        self._default_timeout = _DEFAULT_TIMEOUT
        self._langids: tuple[int, ...] | None = None
        self._strings: dict[int, str] = {}
        self._parent: tuple[Device | None] | None = None
        _set_fields(self, backend.get_device_descriptor(dev), _DEVICE_FIELDS)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Device):
            return NotImplemented
        return (self.backend, self.bus, self.address) == (other.backend, other.bus, other.address)

    def __hash__(self) -> int:
        return hash((self.backend, self.bus, self.address))

    def __repr__(self) -> str:
        return f"<{self._str()}>"

    def __str__(self) -> str:
        text = self._get_full_descriptor_str()
        try:
            for configuration in self:
                text += f"\n{configuration}"
        except USBError:
            text += " USBError Accessing Configurations"
        return text

    def configurations(self) -> tuple[Configuration, ...]:
        """Its configurations."""
        return tuple(self)

    @property
    def updatable(self) -> UpdatableDevice:
        """The same device with trigger(), update() and so on."""
        from .device import Device as UpdatableDevice

        return UpdatableDevice._wrap(self.backend.context, self._ctx.dev.native)

    @property
    def langids(self) -> tuple[int, ...]:
        """The language ids of its strings, asked for once; () if it has none or can't be asked."""
        if self._langids is None:
            try:
                self._langids = util.get_langids(self)
            except USBError:
                self._langids = ()
        return self._langids

    def _get_string(self, index: int) -> str | None:
        if index not in self._strings:
            text = util.get_string(self, index)
            if text is None:
                return None
            self._strings[index] = text
        return self._strings[index]

    @property
    def serial_number(self) -> str | None:
        """Its serial number, asked for once; None if it has none. Raises USBError or ValueError."""
        return self._get_string(self.iSerialNumber)

    @property
    def product(self) -> str | None:
        """The product's name, asked for once; None if it has none. Raises USBError or ValueError."""
        return self._get_string(self.iProduct)

    @property
    def manufacturer(self) -> str | None:
        """The manufacturer's name, asked for once; None if it has none. Raises USBError or ValueError."""
        return self._get_string(self.iManufacturer)

    @property
    def parent(self) -> Device | None:
        """The hub that it is plugged into; None if that is a root hub."""
        if self._parent is None:
            found = self._ctx.backend.get_parent(self._ctx.dev)
            self._parent = (None if found is None else Device(found, self._ctx.backend),)
        return self._parent[0]

    @property
    def backend(self) -> Any:
        """The backend that it was found by."""
        return self._ctx.backend

    @property
    def default_timeout(self) -> int:
        """The time limit in ms where none is given. Setting a negative one raises ValueError."""
        return self._default_timeout

    @default_timeout.setter
    def default_timeout(self, timeout: int) -> None:
        if timeout < 0:
            raise ValueError("Timeout cannot be a negative value")
        self._default_timeout = timeout

    def set_configuration(self, configuration: int | Configuration | None = None) -> None:
        """Selects a configuration by its bConfigurationValue; None is the first one. Raises USBError or ValueError."""
        self._ctx.managed_set_configuration(self, configuration)

    def get_active_configuration(self) -> Configuration:
        """The configuration in use. Raises USBError if there is none."""
        return self._ctx.get_active_configuration(self)

    def set_interface_altsetting(self, interface: int | Interface | None = None,
                                 alternate_setting: int | None = None) -> None:
        """Selects an alternate setting; None is the first interface, and its first setting. Raises USBError or
        ValueError."""
        self._ctx.managed_set_interface(self, interface, alternate_setting)

    def clear_halt(self, ep: int | Endpoint) -> None:
        """Lets an endpoint go on after a stall. Raises USBError."""
        address = ep.bEndpointAddress if isinstance(ep, Endpoint) else ep
        self._ctx.backend.clear_halt(self._ctx.managed_open(), address)

    def reset(self) -> None:
        """Resets its port. Raises USBError, with ENOENT if it comes back as another device."""
        handle = self._ctx.managed_open()
        self._ctx.dispose(self, False)
        self._ctx.backend.reset_device(handle)
        self._ctx.dispose(self, True)

    def write(self, endpoint: int | Endpoint, data: Data, timeout: int | None = None) -> int:
        """Writes to a bulk or interrupt endpoint, whose interface is claimed first.

        data: bytes, an array, a sequence of ints, or a str, which is sent as UTF-8.

        Returns the bytes written. Raises USBError, USBTimeoutError, or ValueError if there is no such endpoint.
        """
        backend = self._ctx.backend
        intf, ep = self._ctx.setup_request(self, endpoint)
        function = {util.ENDPOINT_TYPE_BULK: backend.bulk_write, util.ENDPOINT_TYPE_INTR: backend.intr_write,
                    util.ENDPOINT_TYPE_ISO: backend.iso_write}[util.endpoint_type(ep.bmAttributes)]
        written: int = function(self._ctx.handle, ep.bEndpointAddress, intf.bInterfaceNumber, _as_array(data),
                                self._get_timeout(timeout))
        return written

    def read(self, endpoint: int | Endpoint, size_or_buffer: int | array[int], timeout: int | None = None) -> Any:
        """Reads from a bulk or interrupt endpoint, whose interface is claimed first.

        size_or_buffer: the most bytes to read, or an array to fill.

        Returns an array of what came, or with a buffer the bytes read. Raises USBError, USBTimeoutError, or ValueError
        if there is no such endpoint.
        """
        backend = self._ctx.backend
        intf, ep = self._ctx.setup_request(self, endpoint)
        function = {util.ENDPOINT_TYPE_BULK: backend.bulk_read, util.ENDPOINT_TYPE_INTR: backend.intr_read,
                    util.ENDPOINT_TYPE_ISO: backend.iso_read}[util.endpoint_type(ep.bmAttributes)]
        buffer = size_or_buffer if isinstance(size_or_buffer, array) else util.create_buffer(size_or_buffer)
        count = function(self._ctx.handle, ep.bEndpointAddress, intf.bInterfaceNumber, buffer,
                         self._get_timeout(timeout))
        return count if isinstance(size_or_buffer, array) else buffer[:count]

    def ctrl_transfer(self, bmRequestType: int, bRequest: int, wValue: int = 0, wIndex: int = 0,
                      data_or_wLength: int | Data = None, timeout: int | None = None) -> Any:
        """A control transfer.

        data_or_wLength: OUT: bytes, an array, a sequence of ints, a str, or None for no data; an int sends so many
        zeros. IN: how many bytes to ask for, or an array to fill.

        For a class or standard request to an interface, that is claimed first. Returns the bytes written or filled in,
        else an array of what came. Raises USBError or USBTimeoutError.
        """
        try:
            buffer = util.create_buffer(data_or_wLength)  # type: ignore[arg-type]
        except TypeError:
            buffer = _as_array(data_or_wLength)  # type: ignore[arg-type]
        handle = self._ctx.managed_open()
        if (bmRequestType & 3 == util.CTRL_RECIPIENT_INTERFACE
                and bmRequestType & util.CTRL_TYPE_RESERVED != util.CTRL_TYPE_VENDOR):
            self._ctx.managed_claim_interface(self, wIndex & 0xFF)
        count = self._ctx.backend.ctrl_transfer(handle, bmRequestType, bRequest, wValue, wIndex, buffer,
                                                self._get_timeout(timeout))
        if isinstance(data_or_wLength, array) or util.ctrl_direction(bmRequestType) == util.CTRL_OUT:
            return count
        return buffer[:count]

    def is_kernel_driver_active(self, interface: int) -> bool:
        """Whether a driver of the system holds an interface. Raises USBError."""
        active: bool = self._ctx.backend.is_kernel_driver_active(self._ctx.managed_open(), interface)
        return active

    def detach_kernel_driver(self, interface: int) -> None:
        """Takes a driver of the system off an interface. Raises USBError."""
        self._ctx.backend.detach_kernel_driver(self._ctx.managed_open(), interface)

    def attach_kernel_driver(self, interface: int) -> None:
        """Lets a driver of the system take an interface again. Raises USBError."""
        self._ctx.backend.attach_kernel_driver(self._ctx.managed_open(), interface)

    def finalize(self) -> None:
        """Releases all interfaces and closes the device."""
        self._ctx.dispose(self)

    def __iter__(self) -> Iterator[Configuration]:
        for index in range(self.bNumConfigurations):
            yield self[index]

    def __getitem__(self, index: int) -> Configuration:
        """The configuration with that index."""
        return Configuration(self, index)

    def _get_timeout(self, timeout: int | None) -> int:
        return self._default_timeout if timeout is None else timeout

    def _str(self) -> str:
        return f"DEVICE ID {self.idVendor:04x}:{self.idProduct:04x} on Bus {self.bus:03d} Address {self.address:03d}"

    def _get_full_descriptor_str(self) -> str:
        return "\n".join((
            _head(0, self._str()),
            _line(1, 23, "bLength", self.bLength, "(18 bytes)"),
            _line(1, 23, "bDescriptorType", self.bDescriptorType, _DESCRIPTORS.get(self.bDescriptorType, "")),
            _line(1, 23, "bcdUSB", self.bcdUSB, _describe_version("USB", self.bcdUSB)),
            _line(1, 23, "bDeviceClass", self.bDeviceClass, _DEVICE_CLASSES.get(self.bDeviceClass, "")),
            _line(1, 23, "bDeviceSubClass", self.bDeviceSubClass),
            _line(1, 23, "bDeviceProtocol", self.bDeviceProtocol),
            _line(1, 23, "bMaxPacketSize0", self.bMaxPacketSize0, f"({self.bMaxPacketSize0} bytes)"),
            f" {'idVendor':<23}: {self.idVendor:#06x}",
            f" {'idProduct':<23}: {self.idProduct:#06x}",
            _line(1, 23, "bcdDevice", self.bcdDevice, _describe_version("Device", self.bcdDevice)),
            _line(1, 23, "iManufacturer", self.iManufacturer, _describe_string(self, self.iManufacturer)),
            _line(1, 23, "iProduct", self.iProduct, _describe_string(self, self.iProduct)),
            _line(1, 23, "iSerialNumber", self.iSerialNumber, _describe_string(self, self.iSerialNumber)),
            _line(1, 23, "bNumConfigurations", self.bNumConfigurations),
        ))


def _fits(device: Device, name: str, value: object) -> bool:
    """What can't be read does not fit."""
    try:
        found = getattr(device, name)
    except Exception:
        return False
    return bool(value == found)


if TYPE_CHECKING:

    @overload
    def find(find_all: Literal[False] = ..., backend: Any = ..., custom_match: Callable[[Device], object] | None = ...,
             **args: Any) -> Device | None: ...

    @overload
    def find(find_all: Literal[True], backend: Any = ..., custom_match: Callable[[Device], object] | None = ...,
             **args: Any) -> Iterator[Device]: ...


def find(find_all: bool = False, backend: Any = None, custom_match: Any = None, **args: Any) -> Any:
    """The first device whose attributes are as given, or None; with find_all, an iterator of them.

    custom_match: a function that gets the device and says whether it is meant.

    An attribute that can't be read does not fit: asking for a serial number gives None for a device that may not be
    opened. Raises NoBackendError if devices can't be reached at all.
    """
    if backend is None:
        from .backend import libusb1

        backend = libusb1.get_backend()
        if backend is None:
            raise NoBackendError("No backend available")

    def search() -> Iterator[Any]:
        for dev in backend.enumerate_devices():
            device = Device(dev, backend)
            if all(_fits(device, name, value) for name, value in args.items()):
                if custom_match is None or custom_match(device):
                    yield device

    if find_all:
        return search()
    return next(search(), None)


def show_devices(verbose: bool = False, **kwargs: Any) -> str:
    """A text that shows the devices that `find()` finds: a line for each, or with verbose all descriptors."""
    text = ""
    kwargs["find_all"] = True
    for device in find(**kwargs):
        text += f"{device}\n\n" if verbose else f"{device._str()}, {_DEVICE_CLASSES.get(device.bDeviceClass, '')}\n"
    return _Text(text)
