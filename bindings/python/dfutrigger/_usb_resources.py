# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What an open device holds."""

from __future__ import annotations

import functools
import threading

from . import util
from ._usb_descriptors import Configuration, Endpoint, Interface
from ._usb_errors import USBError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, TypeVar

    from .core import Device

    Function = TypeVar("Function", bound=Callable[..., Any])


def _synchronized(function: Function) -> Function:
    """One thread at a time; a handler, which can't wait for another thread, gets USBError with EBUSY."""

    @functools.wraps(function)
    def wrapper(self: ResourceManager, *args: Any, **kwargs: Any) -> Any:
        check = getattr(self.backend, "check_entered", None)
        if check:
            check()
        with self.lock:
            return function(self, *args, **kwargs)

    return wrapper  # type: ignore[return-value]


class ResourceManager:
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
