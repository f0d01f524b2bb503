#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Flashes a rack of boards at once with asyncio, and shows a table of how far each is.

rack.py [--sim SPEC]... FILE
"""

import argparse
import asyncio
import sys

import dfutrigger

BAR = 24


class Row:
    """One board's line of the table."""

    def __init__(self, device):
        self.device = device
        self.progress = None
        self.text = "waits"

    def __str__(self):
        bar = ""
        if self.progress and self.progress.total:
            done = round(BAR * self.progress.fraction)
            bar = "#" * done + "." * (BAR - done)
        return f"{self.device.path:<8} {self.device.product[:20]:<20} {bar:<{BAR}} {self.text}"

    def show(self, progress):
        self.progress = progress
        self.text = progress.state.name.lower()

    async def update(self, image, alternate):
        try:
            async with self.device.session() as session:
                session.set_options(alternate=alternate)
                self.text = (await session.update(image, progress=self.show)).message
        except dfutrigger.Error as error:
            self.text = f"{error} {error.hint}".strip()
            return False
        return True


async def draw(rows):
    """Draws the table anew as long as it is not cancelled; on a terminal, in place."""
    lines = 0
    try:
        while True:
            if sys.stdout.isatty():
                print(f"\033[{lines}F\033[J" * bool(lines) + "\n".join(map(str, rows)), flush=True)
                lines = len(rows)
            await asyncio.sleep(0.1)
    finally:
        print(f"\033[{lines}F\033[J" * bool(lines) + "\n".join(map(str, rows)))


async def flash(context, image, alternate):
    rows = [Row(device) for device in context.devices() if device.protocol and not device.is_generic]
    table = asyncio.ensure_future(draw(rows))
    await asyncio.sleep(0)
    results = await asyncio.gather(*(row.update(image, alternate) for row in rows))
    table.cancel()
    await asyncio.gather(table, return_exceptions=True)
    print(f"{sum(results)} of {len(results)} boards have new firmware")
    return bool(results) and all(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", metavar="SPEC", action="append", default=[], help="a virtual board")
    parser.add_argument("--alternate", help="which memory")
    parser.add_argument("file")
    options = parser.parse_args()
    context = dfutrigger.get_default_context()
    if options.sim:
        bus = dfutrigger.Virtual(real_time=True)
        for spec in options.sim:
            bus.plug(spec)
        context = bus.context
    try:
        image = dfutrigger.Image.load(options.file)
        return 0 if asyncio.run(flash(context, image, options.alternate)) else 1
    except dfutrigger.Error as error:
        print(f"{error}\n{error.hint}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
