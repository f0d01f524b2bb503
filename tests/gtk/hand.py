# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What a person does with the configurator, for tests: opens it with firmware, presses keys, chooses."""

import hashlib
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from desktop import Atspi, Program, Widget, screenshot, wait

PROGRAM, COMMAND = sys.argv[1:3]
FOLDER = Path(tempfile.mkdtemp())


def compose_firmware(size=24 * 1024):
    """An unsigned MCUboot image: header, body, and the SHA-256 of both."""
    body = (struct.pack('<II', 0x20008000, 0x201) + random.Random(1).randbytes(size))[:size]
    signed = struct.pack('<IIHHIIBBHII', 0x96F3B83D, 0, 0x200, 0, len(body), 0, 1, 2, 3, 4, 0).ljust(0x200, b'\0') + body
    digest = hashlib.sha256(signed).digest()
    path = FOLDER / 'firmware.bin'
    path.write_bytes(signed + struct.pack('<HHHH', 0x6907, 8 + len(digest), 0x10, len(digest)) + digest)
    return path


def start(*specs, file=None, **more):
    arguments = [word for spec in specs for word in ('--sim', spec)]
    return Program(PROGRAM, *arguments, *([file] if file else []), **more)


def expect(condition, *what):
    if not condition:
        raise AssertionError(what)


def keys(*names):
    subprocess.run(['xdotool', 'key', '--clearmodifiers', *names], check=True)


def walk(find, key):
    """Presses a key until one of these has the focus."""
    for _ in range(30):
        if any(widget.has(Atspi.StateType.FOCUSED) for widget in find()):
            return
        keys(key)
        time.sleep(0.1)
    raise AssertionError(key)


def choose(find, title, key, name):
    """Chooses it as a person with a keyboard does; find: what the choice is in."""
    keys(key)
    def read():
        return [item.find('label').name for item in find().find('combo box', title).all('list item')]
    names = wait(f'the list of {title}', lambda: any(name in text for text in read()) and read())
    screenshot(f'choose-{title.split()[0].lower()}')
    keys('Home', *['Down'] * next(index for index, text in enumerate(names) if name in text), 'Return')


def compose_raw(size=3000):
    """Plain bytes that begin as a program of an STM32 does: its stack, and where it starts."""
    path = FOLDER / 'raw.bin'
    path.write_bytes((struct.pack('<II', 0x20001000, 0x08000201) + random.Random(4).randbytes(size))[:size])
    return path


def find_dialog(program, text):
    """A button of a dialog that belongs to the program."""
    application = Atspi.get_desktop(0)
    for index in range(application.get_child_count()):
        node = application.get_child_at_index(index)
        if node.get_process_id() == program.process.pid:
            return Widget(node).find('push button', text)
    return None
