#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Raw access: reads a device descriptor, tells HID nodes and ports, touches the first port: handle.py [--sim SPEC]"""

import sys

import dfutrigger

GET_DESCRIPTOR = 6
DEVICE_DESCRIPTOR = 1


def look_at(device):
    with dfutrigger.Handle(device) as handle:
        print(handle.control_in(0x80, GET_DESCRIPTOR, DEVICE_DESCRIPTOR << 8, 0, 18).hex(" "))
        for node in device.nodes:
            print(f"interface {node.interface}: {node.link.name} {node.name}")
        if any(node.link == dfutrigger.Link.SERIAL for node in device.nodes):
            handle.touch(1200)
            print("touched")


def main(arguments):
    context = dfutrigger.get_default_context()
    # A virtual device in place of hardware.
    if arguments[:1] == ["--sim"]:
        context = dfutrigger.Virtual(arguments[1], real_time=True).context
    try:
        look_at(context.find())
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
