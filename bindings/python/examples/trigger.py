#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Brings a device into its bootloader and follows it there: trigger.py [--sim SPEC]"""

import sys

import dfutrigger


def main(arguments):
    context = dfutrigger.get_default_context()
    # A virtual device in place of hardware.
    if arguments[:1] == ["--sim"]:
        context = dfutrigger.Virtual(arguments[1], real_time=True).context
    try:
        # The bootloader is another device to the system, and another object here.
        bootloader = context.find().trigger()
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1
    print(f"in its bootloader: {bootloader.vendor_id:04x}:{bootloader.product_id:04x} at {bootloader.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
