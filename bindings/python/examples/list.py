#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Lists the devices that are plugged in: list.py [--sim SPEC]"""

import sys

import dfutrigger


def main(arguments):
    context = dfutrigger.get_default_context()
    # A virtual device in place of hardware.
    if arguments[:1] == ["--sim"]:
        context = dfutrigger.Virtual(arguments[1], real_time=True).context
    try:
        devices = context.devices()
    except dfutrigger.Error as error:
        print(f"can't list: {error}\n{error.hint}", file=sys.stderr)
        return 1
    for device in devices:
        mode = device.mode.name.lower()
        print(f"{device.path:<8} {device.vendor_id:04x}:{device.product_id:04x} {mode:<12} {device.product}")
        for name in device.triggers:
            print(f"         can be triggered by {name}")
    print(f"{len(devices)} devices")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
