# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The backend of `dfutrigger.core`: a context, by the names that pyusb gives to the functions of a backend.

It has the name of pyusb's for libusb 1.0, so that scripts which ask for that one find it. Times are ms, 0 for no limit.
Its functions raise USBError, as those of pyusb's do; isochronous transfers are not possible.
"""

from __future__ import annotations

import struct

from .. import _core
from .. import context as _context
from .. import errors
from .._usb_errors import USBError, USBTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from typing import Any, Callable, Iterator, NoReturn

    from ..context import Context

LIBUSB_SUCCESS = 0
LIBUSB_ERROR_IO = -1
LIBUSB_ERROR_INVALID_PARAM = -2
LIBUSB_ERROR_ACCESS = -3
LIBUSB_ERROR_NO_DEVICE = -4
LIBUSB_ERROR_NOT_FOUND = -5
LIBUSB_ERROR_BUSY = -6
LIBUSB_ERROR_TIMEOUT = -7
LIBUSB_ERROR_OVERFLOW = -8
LIBUSB_ERROR_PIPE = -9
LIBUSB_ERROR_INTERRUPTED = -10
LIBUSB_ERROR_NO_MEM = -11
LIBUSB_ERROR_NOT_SUPPORTED = -12
LIBUSB_ERROR_OTHER = -99

# By code of the C library: libusb's code, its words, the name of its errno.
_ERRORS = {
    _core.ERROR_IO: (LIBUSB_ERROR_IO, "Input/Output Error", "EIO"),
    _core.ERROR_USAGE: (LIBUSB_ERROR_INVALID_PARAM, "Invalid parameter", "EINVAL"),
    _core.ERROR_ACCESS: (LIBUSB_ERROR_ACCESS, "Access denied (insufficient permissions)", "EACCES"),
    _core.ERROR_GONE: (LIBUSB_ERROR_NO_DEVICE, "No such device (it may have been disconnected)", "ENODEV"),
    _core.ERROR_NOT_FOUND: (LIBUSB_ERROR_NOT_FOUND, "Entity not found", "ENOENT"),
    _core.ERROR_BUSY: (LIBUSB_ERROR_BUSY, "Resource busy", "EBUSY"),
    _core.ERROR_TIMEOUT: (LIBUSB_ERROR_TIMEOUT, "Operation timed out", "ETIMEDOUT"),
    _core.ERROR_DEVICE: (LIBUSB_ERROR_PIPE, "Pipe error", "EPIPE"),
    _core.ERROR_NO_MEMORY: (LIBUSB_ERROR_NO_MEM, "Insufficient memory", "ENOMEM"),
    _core.ERROR_UNSUPPORTED: (LIBUSB_ERROR_NOT_SUPPORTED,
                              "Operation not supported or unimplemented on this platform", "ENOSYS"),
}
_OTHER = (LIBUSB_ERROR_OTHER, "Other error", "")

# USB 2.0, 9.6
_CONFIGURATION = 2
_INTERFACE = 4
_ENDPOINT = 5
_ISOCHRONOUS = "isochronous transfers are not supported"
_MOST_BYTES = 0xFFFF


def _raise(code: int, hint: str = "") -> NoReturn:
    """Raises what pyusb raises for an error."""
    import errno

    number, text, name = _ERRORS.get(code, _OTHER)
    if number == LIBUSB_ERROR_NOT_SUPPORTED:
        raise NotImplementedError(text)
    kind = USBTimeoutError if number == LIBUSB_ERROR_TIMEOUT else USBError
    error = kind(text, number, getattr(errno, name) if name else None)
    error.hint = hint
    raise error


class _Values:
    """The fields of a descriptor, as attributes."""

    def __init__(self, names: tuple[str, ...], values: tuple[int, ...]) -> None:
        self.__dict__.update(zip(names, values))
        self.extra_descriptors: list[int] = []

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...


_DEVICE_FORM = struct.Struct("<BBHBBBBHHHBBBB")
_DEVICE_NAMES = ("bLength", "bDescriptorType", "bcdUSB", "bDeviceClass", "bDeviceSubClass", "bDeviceProtocol",
                 "bMaxPacketSize0", "idVendor", "idProduct", "bcdDevice", "iManufacturer", "iProduct", "iSerialNumber",
                 "bNumConfigurations")
_CONFIGURATION_FORM = struct.Struct("<BBHBBBBB")
_CONFIGURATION_NAMES = ("bLength", "bDescriptorType", "wTotalLength", "bNumInterfaces", "bConfigurationValue",
                        "iConfiguration", "bmAttributes", "bMaxPower")
_INTERFACE_FORM = struct.Struct("<BBBBBBBBB")
_INTERFACE_NAMES = ("bLength", "bDescriptorType", "bInterfaceNumber", "bAlternateSetting", "bNumEndpoints",
                    "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol", "iInterface")
_ENDPOINT_FORM = struct.Struct("<BBBBHBBB")
_ENDPOINT_NAMES = ("bLength", "bDescriptorType", "bEndpointAddress", "bmAttributes", "wMaxPacketSize", "bInterval",
                   "bRefresh", "bSynchAddress")


def _unpack(form: struct.Struct, names: tuple[str, ...], data: bytes) -> _Values:
    """What is shorter than it should be is filled up with zeros."""
    return _Values(names, form.unpack(data[:form.size].ljust(form.size, b"\0")))


def _split(data: bytes) -> Iterator[bytes]:
    """Descriptors one by one."""
    while len(data) >= 2 and 2 <= data[0] <= len(data):
        yield data[:data[0]]
        data = data[data[0]:]


def _parse(data: bytes) -> list[_Values]:
    """The configurations: interfaces are lists of alternate settings, which have a list of endpoints."""
    configurations: list[_Values] = []
    last: _Values | None = None
    for descriptor in _split(data):
        kind = descriptor[1]
        if kind == _CONFIGURATION:
            last = _unpack(_CONFIGURATION_FORM, _CONFIGURATION_NAMES, descriptor)
            last.interfaces = []
            configurations.append(last)
        elif not configurations:
            continue
        elif kind == _INTERFACE:
            last = _unpack(_INTERFACE_FORM, _INTERFACE_NAMES, descriptor)
            last.endpoints = []
            interfaces = configurations[-1].interfaces
            if not interfaces or interfaces[-1][0].bInterfaceNumber != last.bInterfaceNumber:
                interfaces.append([])
            interfaces[-1].append(last)
        elif kind == _ENDPOINT and configurations[-1].interfaces:
            last = _unpack(_ENDPOINT_FORM, _ENDPOINT_NAMES, descriptor)
            configurations[-1].interfaces[-1][-1].endpoints.append(last)
        elif last is not None:
            last.extra_descriptors += descriptor
    return configurations


class _Found:
    """A device, for the functions of the backend."""

    def __init__(self, native: _core.Object) -> None:
        self.native = native
        self._configurations: list[_Values] | None = None

    @property
    def configurations(self) -> list[_Values]:
        """Its configurations, parsed when they are first needed."""
        if self._configurations is None:
            self._configurations = _parse(_core.device_get_descriptors(self.native)[_DEVICE_FORM.size:])
        return self._configurations

    @property
    def ports(self) -> tuple[int, ...] | None:
        """The ports on the way from the root hub."""
        ports = _core.device_get_path(self.native).partition("-")[2]
        return tuple(map(int, ports.split("."))) if ports else None


class _Opened:
    """An open device."""

    def __init__(self, found: _Found) -> None:
        self.found = found
        self.native = _core.handle_new(found.native)
        self.configuration = _core.device_get_configuration(found.native)

    def get_chunk(self, endpoint: int) -> int:
        """The most bytes of one transfer: whole packets."""
        for configuration in self.found.configurations:
            for interface in configuration.interfaces:
                for alternate in interface:
                    for found in alternate.endpoints:
                        if found.bEndpointAddress == endpoint and found.wMaxPacketSize & 0x7FF:
                            return _MOST_BYTES - _MOST_BYTES % int(found.wMaxPacketSize & 0x7FF)
        return _MOST_BYTES


class Backend:
    """What pyusb calls a backend: reaches the devices of a context."""

    def __init__(self, context: Context) -> None:
        """Backends come from `get_backend()`."""
        # Not the context itself, which holds its backend.
        self._native = context._native
        self._sim = context._sim
        self._is_virtual = context._is_virtual

    def __repr__(self) -> str:
        return f"<Backend libusb1{' of a virtual bus' if self._sim else ''}>"

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        self.check_entered()
        try:
            return function(*arguments)
        except errors.Error as error:
            _raise(error.code, error.hint)

    def check_entered(self) -> None:
        """Raises USBError with EBUSY inside a handler, which can't wait for a device."""
        if _core.is_entered(self._native):
            _raise(_core.ERROR_BUSY)

    @property
    def context(self) -> Context:
        """The context whose devices it reaches."""
        return _context.Context._wrap(self._native, self._sim, self._is_virtual)

    def enumerate_devices(self) -> Iterator[_Found]:
        """What is plugged in now, without root hubs."""
        return map(_Found, self._call(_core.device_list_new, self._native, None)[0])

    def get_parent(self, dev: _Found) -> _Found | None:
        """The hub that the device is plugged into; None if that is a root hub."""
        path = _core.device_get_path(dev.native).rpartition(".")[0]
        for found in self.enumerate_devices():
            if path and _core.device_get_path(found.native) == path:
                return found
        return None

    def get_device_descriptor(self, dev: _Found) -> Any:
        """The device descriptor, and where the device is."""
        native = dev.native
        descriptor = _unpack(_DEVICE_FORM, _DEVICE_NAMES, _core.device_get_descriptors(native))
        ports = dev.ports
        descriptor.bus = _core.device_get_bus_number(native)
        descriptor.address = _core.device_get_address(native)
        descriptor.port_numbers = ports
        descriptor.port_number = ports[-1] if ports else None
        descriptor.speed = None
        return descriptor

    def get_configuration_descriptor(self, dev: _Found, config: int) -> Any:
        """A configuration by its index."""
        if not 0 <= config < len(dev.configurations):
            _raise(_core.ERROR_NOT_FOUND)
        return dev.configurations[config]

    def get_interface_descriptor(self, dev: _Found, intf: int, alt: int, config: int) -> Any:
        """An alternate setting by its indexes; IndexError if there is none."""
        interfaces = self.get_configuration_descriptor(dev, config).interfaces
        if intf >= len(interfaces):
            raise IndexError(f"Invalid interface index {intf}")
        if alt >= len(interfaces[intf]):
            raise IndexError(f"Invalid alternate setting index {alt}")
        return interfaces[intf][alt]

    def get_endpoint_descriptor(self, dev: _Found, ep: int, intf: int, alt: int, config: int) -> Any:
        """An endpoint by its indexes; IndexError if there is none."""
        endpoints = self.get_interface_descriptor(dev, intf, alt, config).endpoints
        if ep >= len(endpoints):
            raise IndexError(f"Invalid endpoint index {ep}")
        return endpoints[ep]

    def open_device(self, dev: _Found) -> _Opened:
        """Opens a device. A driver of the system that holds an interface is left alone."""
        handle: _Opened = self._call(_Opened, dev)
        _core.handle_set_keeps_drivers(handle.native, True)
        self._call(_core.handle_open, handle.native)
        return handle

    def close_device(self, dev_handle: _Opened) -> None:
        """Closes it, and releases what was claimed."""
        _core.close(dev_handle.native)

    def set_configuration(self, dev_handle: _Opened, config_value: int) -> None:
        """Selects a configuration by its value."""
        self._call(_core.handle_set_configuration, dev_handle.native, config_value)
        dev_handle.configuration = config_value

    def get_configuration(self, dev_handle: _Opened) -> int:
        """The value of the configuration in use, 0 for none."""
        return dev_handle.configuration

    def set_interface_altsetting(self, dev_handle: _Opened, intf: int, altsetting: int) -> None:
        """Selects an alternate setting of an interface that is claimed."""
        self._call(_core.handle_set_alternate, dev_handle.native, intf, altsetting)

    def claim_interface(self, dev_handle: _Opened, intf: int) -> None:
        """Claims an interface."""
        self._call(_core.handle_claim, dev_handle.native, intf)

    def release_interface(self, dev_handle: _Opened, intf: int) -> None:
        """Releases an interface."""
        self._call(_core.handle_release, dev_handle.native, intf)

    def _transfer(self, dev_handle: _Opened, ep: int, data: array[int], timeout: int) -> int:
        """Whole packets at a time; what was moved before a time-out counts."""
        chunk = dev_handle.get_chunk(ep)
        view = memoryview(data).cast("B")
        done = 0
        while True:
            part = view[done:done + chunk]
            try:
                moved: int = self._call(_core.handle_transfer, dev_handle.native, ep, part, timeout & 0xFFFFFFFF)
            except USBTimeoutError:
                if not done:
                    raise
                return done
            done += moved
            if moved < len(part) or done >= len(view):
                return done

    def bulk_write(self, dev_handle: _Opened, ep: int, intf: int, data: array[int], timeout: int) -> int:
        """Writes to a bulk endpoint; returns the bytes written."""
        return self._transfer(dev_handle, ep, data, timeout)

    def bulk_read(self, dev_handle: _Opened, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        """Reads from a bulk endpoint; returns the bytes read."""
        return self._transfer(dev_handle, ep, buff, timeout)

    def intr_write(self, dev_handle: _Opened, ep: int, intf: int, data: array[int], timeout: int) -> int:
        """Writes to an interrupt endpoint; returns the bytes written."""
        return self._transfer(dev_handle, ep, data, timeout)

    def intr_read(self, dev_handle: _Opened, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        """Reads from an interrupt endpoint; returns the bytes read."""
        return self._transfer(dev_handle, ep, buff, timeout)

    def iso_write(self, dev_handle: _Opened, ep: int, intf: int, data: array[int], timeout: int) -> int:
        """Not possible: raises NotImplementedError."""
        raise NotImplementedError(_ISOCHRONOUS)

    def iso_read(self, dev_handle: _Opened, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        """Not possible: raises NotImplementedError."""
        raise NotImplementedError(_ISOCHRONOUS)

    def ctrl_transfer(self, dev_handle: _Opened, bmRequestType: int, bRequest: int, wValue: int, wIndex: int,
                      data: array[int], timeout: int) -> int:
        """A control transfer; returns the bytes moved."""
        moved: int = self._call(_core.handle_control, dev_handle.native, bmRequestType & 0xFF, bRequest & 0xFF,
                                wValue & 0xFFFF, wIndex & 0xFFFF, data, timeout & 0xFFFFFFFF)
        return moved

    def clear_halt(self, dev_handle: _Opened, ep: int) -> None:
        """Lets an endpoint go on after a stall."""
        self._call(_core.handle_clear_halt, dev_handle.native, ep)

    def reset_device(self, dev_handle: _Opened) -> None:
        """Resets the device's port. libusb says that it is not found if it comes back as another."""
        try:
            self._call(_core.handle_reset, dev_handle.native, 0)
        except USBError as error:
            if error.backend_error_code != LIBUSB_ERROR_NO_DEVICE:
                raise
            _raise(_core.ERROR_NOT_FOUND)

    def is_kernel_driver_active(self, dev_handle: _Opened, intf: int) -> bool:
        """Whether a driver of the system holds an interface."""
        return bool(self._call(_core.handle_has_driver, dev_handle.native, intf))

    def detach_kernel_driver(self, dev_handle: _Opened, intf: int) -> None:
        """Takes a driver of the system off an interface."""
        self._call(_core.handle_detach_driver, dev_handle.native, intf)

    def attach_kernel_driver(self, dev_handle: _Opened, intf: int) -> None:
        """Lets a driver of the system take an interface."""
        self._call(_core.handle_attach_driver, dev_handle.native, intf)


def get_backend(find_library: Callable[[str], str | None] | None = None) -> Backend | None:
    """The backend of the default context; None if there is none.

    find_library: asked for a library by name; if it finds none, there is no backend. What it finds is not loaded: the
    library is linked already. As in pyusb, it is only asked as long as there is no backend.
    """
    context = _context.get_default_context()
    backend = context._backend
    if backend is None:
        if find_library and not any(map(find_library, ("usb-1.0", "libusb-1.0", "usb"))):
            return None
        try:
            _core.device_list_new(context._native, None)
        except errors.UnsupportedError:
            return None
        backend = context._backend = Backend(context)
    return backend
