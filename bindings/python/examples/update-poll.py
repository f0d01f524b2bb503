#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Updates a device from an event loop of one's own, here poll(), which waits for other things, too.

update-poll.py [--sim SPEC] FILE [ALTERNATE]. A line on the standard input cancels.
"""

import argparse
import math
import select
import sys

import dfutrigger


def loop(context, session):
    events = select.poll()
    events.register(context.fileno(), select.POLLIN)
    events.register(sys.stdin, select.POLLIN)
    while not session.has_ended:
        # The time must be asked for again each time: what was dispatched has changed it.
        timeout = context.timeout
        for descriptor, _ in events.poll(None if timeout is None else math.ceil(timeout * 1000)):
            if descriptor == sys.stdin.fileno():
                if sys.stdin.readline():
                    session.cancel()
                else:
                    events.unregister(sys.stdin)
        context.dispatch(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", metavar="SPEC", help="a virtual device in place of hardware")
    parser.add_argument("file")
    parser.add_argument("alternate", nargs="?")
    options = parser.parse_args()
    context = dfutrigger.get_default_context()
    if options.sim:
        context = dfutrigger.Virtual(options.sim, real_time=True).context
    try:
        image = dfutrigger.Image.load(options.file)
        session = context.find(image=image).session()
        session.set_options(alternate=options.alternate)
        session.start_update(image)
        loop(context, session)
        outcome = session.run()
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1
    print(f"{outcome.message}\n{outcome.hint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
