#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Puts the same firmware into every device that speaks DFU, all at once, in one thread.

update-many.py [--sim SPEC]... FILE [ALTERNATE]
"""

import argparse
import sys

import dfutrigger


def start(device, image, alternate):
    """A session under way; None, with a line that says why, if it can't start. The others go on."""
    session = device.session()
    try:
        session.set_options(alternate=alternate)
        session.start_update(image)
    except dfutrigger.Error as error:
        print(f"{device.path}: {error}")
        return None
    return session


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", metavar="SPEC", action="append", default=[], help="a virtual device")
    parser.add_argument("file")
    parser.add_argument("alternate", nargs="?")
    options = parser.parse_args()
    context = dfutrigger.get_default_context()
    if options.sim:
        bus = dfutrigger.Virtual(real_time=True)
        for spec in options.sim:
            bus.plug(spec)
        context = bus.context
    try:
        image = dfutrigger.Image.load(options.file)
        # What only its class describes may be somebody's webcam: it would have to be named.
        devices = [device for device in context.devices() if device.protocol == "dfu" and not device.is_generic]
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1
    sessions = {device.path: start(device, image, options.alternate) for device in devices}
    running = [session for session in sessions.values() if session]
    while not all(session.has_ended for session in running):
        context.dispatch(None)
    failures = len(sessions) - len(running)
    for path, session in sessions.items():
        if session:
            print(f"{path}: {session.message}")
            if session.hint:
                print(f"{path}: {session.hint}")
            try:
                session.run()
            except dfutrigger.Error:
                failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
