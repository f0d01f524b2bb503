#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Runs a program for Windows with a serial port: port.py PREFIX PROGRAM. The port is one end of a pseudo terminal.

What comes in at the other end is sent back, until it ends with "bye": then that end is closed, and there is a new one for
whoever opens the port next.
"""

import os
import pathlib
import select
import subprocess
import sys
import termios
import tty

NAME = "com33"
WINE = pathlib.Path(__file__).resolve().parent / "wine.sh"


class Port:
    def __init__(self, link):
        self.link = link
        self.master = None
        self.open()

    def open(self):
        self.close()
        self.master, slave = os.openpty()
        tty.setraw(slave)
        # As others may leave it: whoever opens it has to see to it that XON and XOFF are bytes like others.
        settings = termios.tcgetattr(slave)
        settings[0] |= termios.IXON
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        # Without anybody at the other end, a look at this one is the end of file.
        os.set_blocking(self.master, False)
        self.slave = slave
        self.tail = b""

    def close(self):
        if self.master is not None:
            os.close(self.master)
            os.close(self.slave)

    def answer(self):
        data = os.read(self.master, 4096)
        os.set_blocking(self.master, True)
        os.write(self.master, data)
        os.set_blocking(self.master, False)
        self.tail = (self.tail + data)[-3:]
        if self.tail == b"bye":
            self.open()


def main(prefix, program):
    # It makes a Windows, if there is none yet.
    subprocess.run(["sh", WINE, "cmd", "/c", "exit"], env=dict(os.environ, WINEPREFIX=prefix), check=True)
    port = Port(pathlib.Path(prefix) / "dosdevices" / NAME)
    environment = dict(os.environ, DFUTRIGGER_TEST_PORT=NAME.upper(), WINEPREFIX=prefix)
    with subprocess.Popen(["sh", WINE, program], env=environment) as process:
        while process.poll() is None:
            if select.select([port.master], [], [], 0.1)[0]:
                port.answer()
    port.close()
    port.link.unlink()
    sys.exit(process.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
