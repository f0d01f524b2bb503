#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What can go wrong, and what a program can do about it: errors.py"""

import sys

import dfutrigger
from dfutrigger import Check, FaultKind


def make_image():
    image = dfutrigger.Image.load(bytes(range(256)) * 8, force=Check.FORMAT)
    image.wrap_mcuboot("1.0.0")
    return image


def try_something(title, function):
    """Each class of error is something that a caller can act on; the text is for the person."""
    try:
        function()
    except dfutrigger.Error as error:
        print(f"{title}: {type(error).__name__}: {error}")
        if error.failed_check:
            print(f"  could be overridden: force=Check.{error.failed_check.name}")
        if error.hint:
            print(f"  {error.hint}")
    else:
        print(f"{title}: done")


def unplug_at(request):
    bus = dfutrigger.Virtual("zephyr")
    bus.virtual_device.add_fault(FaultKind.UNPLUG, request=request)
    bus.find().update(make_image())


def update_with_other_ids():
    image = make_image()
    image.set_suffix(0x1234, 0x5678)
    dfutrigger.Virtual("zephyr").find().update(image)


def cancel(progress):
    raise KeyError("any exception of yours comes out, and the device is left in good order")


def main():
    try_something("not firmware", lambda: dfutrigger.Image.load(b"<html><body>404</body></html>"))
    try_something("no such file", lambda: dfutrigger.Image.load("/nonexistent/firmware.bin"))
    try_something("nothing plugged in", lambda: dfutrigger.Virtual().find())
    try_something("another device's firmware", update_with_other_ids)
    try_something("unplugged", lambda: unplug_at(20))
    try_something("all well", lambda: dfutrigger.Virtual("zephyr").find().update(make_image()))
    try:
        dfutrigger.Virtual("zephyr").find().update(make_image(), progress=cancel)
    except KeyError as error:
        print(f"handler: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
