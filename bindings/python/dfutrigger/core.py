# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Devices and their descriptors, by the names of pyusb's usb.core, so that scripts written for it run.

Semantics, exceptions and printed texts are those of pyusb 1.2. Root hubs are not listed, `Device.speed` is None, and
isochronous transfers raise NotImplementedError. Calls may come from several threads, and wait for each other; inside a
handler of the library they raise USBError with EBUSY.
"""

from __future__ import annotations

from array import array

from . import util
from ._ids import check_numbers
from ._usb_descriptors import Configuration, Endpoint, Interface, set_fields
from ._usb_errors import NoBackendError, USBError, USBTimeoutError
from ._usb_resources import ResourceManager
from ._usb_text import DESCRIPTORS, DEVICE_CLASSES, Text, describe_string, describe_version, head, line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Literal, Sequence, Union, overload

    from .device import Device as UpdatableDevice

    Data = Union[array[int], bytes, bytearray, memoryview, str, Sequence[int], None]

__all__ = ["Device", "Configuration", "Interface", "Endpoint", "USBError", "USBTimeoutError", "NoBackendError", "find",
           "show_devices"]

_DEFAULT_TIMEOUT = 1000

_DEVICE_FIELDS = ("bLength", "bDescriptorType", "bcdUSB", "bDeviceClass", "bDeviceSubClass", "bDeviceProtocol",
                  "bMaxPacketSize0", "idVendor", "idProduct", "bcdDevice", "iManufacturer", "iProduct", "iSerialNumber",
                  "bNumConfigurations", "address", "bus", "port_number", "port_numbers", "speed")


def _as_array(data: Data) -> array[int]:
    if data is None:
        return array("B")
    if isinstance(data, array):
        return data
    if isinstance(data, str):
        return array("B", data.encode("utf-8"))
    return array("B", data)


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
        self._ctx = ResourceManager(dev, backend)
        self._default_timeout = _DEFAULT_TIMEOUT
        self._langids: tuple[int, ...] | None = None
        self._strings: dict[int, str] = {}
        self._parent: tuple[Device | None] | None = None
        set_fields(self, backend.get_device_descriptor(dev), _DEVICE_FIELDS)

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
            head(0, self._str()),
            line(1, 23, "bLength", self.bLength, "(18 bytes)"),
            line(1, 23, "bDescriptorType", self.bDescriptorType, DESCRIPTORS.get(self.bDescriptorType, "")),
            line(1, 23, "bcdUSB", self.bcdUSB, describe_version("USB", self.bcdUSB)),
            line(1, 23, "bDeviceClass", self.bDeviceClass, DEVICE_CLASSES.get(self.bDeviceClass, "")),
            line(1, 23, "bDeviceSubClass", self.bDeviceSubClass),
            line(1, 23, "bDeviceProtocol", self.bDeviceProtocol),
            line(1, 23, "bMaxPacketSize0", self.bMaxPacketSize0, f"({self.bMaxPacketSize0} bytes)"),
            f" {'idVendor':<23}: {self.idVendor:#06x}",
            f" {'idProduct':<23}: {self.idProduct:#06x}",
            line(1, 23, "bcdDevice", self.bcdDevice, describe_version("Device", self.bcdDevice)),
            line(1, 23, "iManufacturer", self.iManufacturer, describe_string(self, self.iManufacturer)),
            line(1, 23, "iProduct", self.iProduct, describe_string(self, self.iProduct)),
            line(1, 23, "iSerialNumber", self.iSerialNumber, describe_string(self, self.iSerialNumber)),
            line(1, 23, "bNumConfigurations", self.bNumConfigurations),
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
    opened. Raises NoBackendError if devices can't be reached at all, and TypeError for ids that are text, which fit nothing.
    """
    for name in ("idVendor", "idProduct"):
        if isinstance(args.get(name), (str, bytes)):
            check_numbers(**{name: args[name]})
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
        text += f"{device}\n\n" if verbose else f"{device._str()}, {DEVICE_CLASSES.get(device.bDeviceClass, '')}\n"
    return Text(text)
