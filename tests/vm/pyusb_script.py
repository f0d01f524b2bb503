# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""One script for pyusb and for dfutrigger: pyusb_script.py MODULE SCENARIO prints what each call gave, line by line."""

import importlib
import sys

usb = importlib.import_module(sys.argv[1])
for name in ("core", "util", "backend.libusb1"):
    importlib.import_module(f"{sys.argv[1]}.{name}")


def tell(function, *arguments, **keywords):
    """Prints what a call gave, or how it failed."""
    try:
        result = function(*arguments, **keywords)
    except Exception as error:
        result = (type(error).__name__, str(error), getattr(error, "errno", None),
                  getattr(error, "backend_error_code", None))
    print(result if isinstance(result, (int, str, tuple, list, type(None))) else repr(result))


def find(**match):
    """The device under test."""
    return usb.core.find(**(match or {"custom_match": lambda device: device.idVendor != 0x1D6B}))


def walk():
    """pyusb's example: all configurations, interfaces and endpoints; then the printed form."""
    dev = find()
    for cfg in dev:
        print(cfg.bConfigurationValue)
        for intf in cfg:
            print("\t", intf.bInterfaceNumber, intf.bAlternateSetting, intf.extra_descriptors)
            for ep in intf:
                print("\t\t", ep.bEndpointAddress, ep.bRefresh, ep.extra_descriptors)
    tell(lambda: (dev.langids, dev.manufacturer, dev.product, dev.serial_number, dev.port_number, dev.port_numbers))
    print(str(dev).split("\n", 1)[1])


def absent():
    """Nothing is plugged in that fits."""
    tell(find, idVendor=0x1234)
    tell(lambda: list(usb.core.find(find_all=True, idVendor=0x1234)))


def control():
    """Control transfers with all kinds of data; the device stalls some."""
    dev = find()
    tell(dev.ctrl_transfer, 0x80, 6, 0x0100, 0, 18)
    tell(dev.ctrl_transfer, 0x80, 6, 0x0200, 0, 255)
    tell(dev.ctrl_transfer, 0x80, 8, 0, 0, 1)
    tell(dev.ctrl_transfer, 0xA1, 3, 0, 0, 6)
    tell(dev.ctrl_transfer, 0xC0, 1, 0, 0, 6)
    tell(dev.ctrl_transfer, 0x40, 1, 0, 0, b"abc")
    tell(dev.ctrl_transfer, 0x80, 6, 0x0F00, 0, 5)
    tell(dev.ctrl_transfer, 0x80, 6, 0x03EE, 0x0409, 255)


def busy():
    """Two openings of one device, and a driver of the kernel."""
    one, other = find(), find()
    for number in (0, 1):
        tell(one.is_kernel_driver_active, number)
    tell(usb.util.claim_interface, one, 0)
    tell(one.detach_kernel_driver, 0)
    tell(one.detach_kernel_driver, 0)
    tell(usb.util.claim_interface, one, 0)
    tell(usb.util.claim_interface, other, 0)
    tell(other.set_configuration)
    tell(usb.util.claim_interface, one, 99)
    tell(usb.util.release_interface, one, 0)
    tell(usb.util.claim_interface, other, 0)
    tell(usb.util.dispose_resources, other)
    tell(one.attach_kernel_driver, 0)
    tell(one.is_kernel_driver_active, 0)


def endpoints():
    """Interrupt endpoints of a keyboard that answers commands."""
    dev = find()
    dev.detach_kernel_driver(1)
    tell(dev.write, 0x03, bytes([1]) + bytes(31), 1000)
    tell(dev.read, 0x82, 32, 1000)
    tell(dev.read, 0x82, 32, 100)
    tell(dev.read, 0x8F, 32, 100)
    tell(dev.write, 0x03, bytes([1]) + bytes(31), 1000)
    buffer = usb.util.create_buffer(32)
    tell(dev.read, 0x82, buffer, 1000)
    tell(lambda: buffer)
    tell(dev.clear_halt, 0x82)
    tell(dev.clear_halt, 0x8F)
    tell(dev.set_interface_altsetting, 1, 0)
    tell(dev.set_interface_altsetting, 1, 5)


def configuration():
    """Configurations."""
    dev = find()
    tell(lambda: repr(dev.get_active_configuration()))
    tell(dev.set_configuration)
    tell(dev.set_configuration, 1)
    tell(dev.set_configuration, 9)
    tell(dev.set_interface_altsetting, 0, 0)
    usb.util.dispose_resources(dev)
    tell(dev.reset)
    tell(dev.ctrl_transfer, 0x80, 8, 0, 0, 1)


def timeout():
    """The device does not answer."""
    dev = find()
    tell(dev.ctrl_transfer, 0xA1, 3, 0, 0, 6, timeout=200)


def unplugged():
    """The device leaves during a request, and stays away."""
    dev = find()
    dev.get_active_configuration()
    try:
        dev.ctrl_transfer(0xA1, 3, 0, 0, 6, timeout=3000)
    except usb.core.USBError as error:
        print(error.errno in (5, 19, 32, 71, 110))
    import time

    time.sleep(1)
    tell(dev.ctrl_transfer, 0xA1, 3, 0, 0, 6, timeout=1000)
    tell(find)


def forbidden():
    """A user who may not open the device."""
    dev = find()
    tell(dev.ctrl_transfer, 0x80, 8, 0, 0, 1)
    tell(lambda: dev.langids)
    tell(lambda: dev.product)
    tell(find, serial_number="anything")
    print(str(dev).split("\n", 1)[1])


def snippet():
    """The snippet of the source document."""
    exec(open(sys.argv[3], encoding="utf-8").read(), {"usb": usb})


globals()[sys.argv[2]]()
