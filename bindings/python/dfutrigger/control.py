# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Standard control requests (USB 2.0, 9.4), by the names of pyusb's usb.control. All raise USBError.

A recipient is None for the device, or an `Interface` or `Endpoint` of it.
"""

from __future__ import annotations

from . import util
from .core import Endpoint, Interface, USBError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array

    from .core import Configuration, Data, Device

__all__ = ["get_status", "clear_feature", "set_feature", "get_descriptor", "set_descriptor", "get_configuration",
           "set_configuration", "get_interface", "set_interface", "ENDPOINT_HALT", "FUNCTION_SUSPEND",
           "DEVICE_REMOTE_WAKEUP", "U1_ENABLE", "U2_ENABLE", "LTM_ENABLE"]

# Feature selectors (USB 2.0, 9.4; USB 3.2, 9.4)
ENDPOINT_HALT = 0
FUNCTION_SUSPEND = 0
DEVICE_REMOTE_WAKEUP = 1
U1_ENABLE = 48
U2_ENABLE = 49
LTM_ENABLE = 50

_GET_STATUS = 0
_CLEAR_FEATURE = 1
_SET_FEATURE = 3
_GET_DESCRIPTOR = 6
_SET_DESCRIPTOR = 7
_GET_CONFIGURATION = 8
_GET_INTERFACE = 10


def _address(recipient: Interface | Endpoint | None) -> tuple[int, int]:
    """The recipient of bmRequestType, and wIndex."""
    if recipient is None:
        return util.CTRL_RECIPIENT_DEVICE, 0
    if isinstance(recipient, Interface):
        return util.CTRL_RECIPIENT_INTERFACE, recipient.bInterfaceNumber
    if isinstance(recipient, Endpoint):
        return util.CTRL_RECIPIENT_ENDPOINT, recipient.bEndpointAddress
    raise ValueError("Invalid recipient.")


def get_status(dev: Device, recipient: Interface | Endpoint | None = None) -> int:
    """The 16 bits of a recipient's status."""
    kind, index = _address(recipient)
    status = dev.ctrl_transfer(util.CTRL_IN | kind, _GET_STATUS, 0, index, 2)
    return int(status[0] | status[1] << 8)


def clear_feature(dev: Device, feature: int, recipient: Interface | Endpoint | None = None) -> None:
    """Switches a feature off; that of ENDPOINT_HALT is `Device.clear_halt()`."""
    if feature == ENDPOINT_HALT:
        dev.clear_halt(recipient)  # type: ignore[arg-type]
        return
    kind, index = _address(recipient)
    dev.ctrl_transfer(util.CTRL_OUT | kind, _CLEAR_FEATURE, feature, index)


def set_feature(dev: Device, feature: int, recipient: Interface | Endpoint | None = None) -> None:
    """Switches a feature on."""
    kind, index = _address(recipient)
    dev.ctrl_transfer(util.CTRL_OUT | kind, _SET_FEATURE, feature, index)


def get_descriptor(dev: Device, desc_size: int, desc_type: int, desc_index: int, wIndex: int = 0) -> array[int]:
    """A descriptor of at most `desc_size` bytes; wIndex is the language of a string, else 0."""
    descriptor: array[int] = dev.ctrl_transfer(util.CTRL_IN, _GET_DESCRIPTOR, desc_index | desc_type << 8, wIndex,
                                               desc_size)
    if len(descriptor) < 2:
        raise USBError("Invalid descriptor")
    return descriptor


def set_descriptor(dev: Device, desc: Data, desc_type: int, desc_index: int, wIndex: int | None = None) -> None:
    """Changes a descriptor, or adds one; wIndex is the language of a string."""
    dev.ctrl_transfer(util.CTRL_OUT, _SET_DESCRIPTOR, desc_index | desc_type << 8, wIndex or 0, desc)


def get_configuration(dev: Device) -> int:
    """The bConfigurationValue in use, as the device says it now."""
    return int(dev.ctrl_transfer(util.CTRL_IN, _GET_CONFIGURATION, 0, 0, 1)[0])


def set_configuration(dev: Device, bConfigurationNumber: int | Configuration | None) -> None:
    """Selects a configuration: `Device.set_configuration()`."""
    dev.set_configuration(bConfigurationNumber)


def get_interface(dev: Device, bInterfaceNumber: int) -> int:
    """The alternate setting of an interface in use, as the device says it now."""
    return int(dev.ctrl_transfer(util.CTRL_IN | util.CTRL_RECIPIENT_INTERFACE, _GET_INTERFACE, 0, bInterfaceNumber,
                                 1)[0])


def set_interface(dev: Device, bInterfaceNumber: int, bAlternateSetting: int) -> None:
    """Selects an alternate setting: `Device.set_interface_altsetting()`."""
    dev.set_interface_altsetting(bInterfaceNumber, bAlternateSetting)
