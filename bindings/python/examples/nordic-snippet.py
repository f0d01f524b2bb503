#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A script that was written for pyusb, and its answer to a keyboard with Nordic's trigger: nordic-snippet.py [--sim SPEC]

Only the first line of its imports has changed.
"""

import sys

import dfutrigger as usb


def snippet():
    libusb1_backend = usb.backend.libusb1.get_backend(
        find_library=lambda x: "/opt/homebrew/lib/libusb-1.0.0.dylib"
    )

    dev = usb.core.find(idVendor=0x05AC, idProduct=0x0256, backend=libusb1_backend)

    bmRequestType = usb.util.build_request_type(
        usb.util.CTRL_OUT, usb.util.CTRL_TYPE_CLASS, usb.util.CTRL_RECIPIENT_DEVICE
    )

    try:
        dev.ctrl_transfer(bmRequestType, 0x00, timeout=1)
    except usb.core.USBError:
        pass


def main(arguments):
    # A virtual device in place of hardware: nordic-snippet.py --sim nrf52840-keyboard:vid=05ac,pid=0256
    bus = usb.Virtual(arguments[1]) if arguments[:1] == ["--sim"] else None
    if bus is None:
        snippet()
        return 0
    with bus:
        snippet()
        while not bus.devices():
            bus.context.dispatch(1)
        print(usb.core.show_devices(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
