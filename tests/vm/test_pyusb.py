# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""pyusb and lsusb see the keyboard that the first source document describes, and its snippet triggers it."""

import re

import attached

DATA = attached.PROJECT / "tests/data"
IMPORTS = "import usb.backend.libusb1\nimport usb.core\nimport usb.util\n"
PYTHON = "/usr/bin/python3"
TRIES = 20


def read_dump():
    """The dump of the source document, without what is in front of it and without bus and address."""
    text = (DATA / "nrf52840-keyboard.txt").read_text()
    return hide_place(text[text.index("DEVICE ID") :])


def hide_place(text):
    """
    Bus and address depend on where it is plugged in, and so does the length of the line behind them.

    The dump has lost the blanks at the ends of lines.
    """
    text = re.sub(r"on Bus \d+ Address \d+ =+", "on Bus", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def parse_dump(text):
    """The descriptors in pyusb's form, in order: a list of (field, number)."""
    return [(name, int(number, 16)) for name, number in re.findall(r"^ *(\w+) +: +(0x[0-9a-f]+)", text, re.MULTILINE)]


# lsusb's name, pyusb's name
RENAMED = {"MaxPower": "bMaxPower"}
STANDARD = {"Device Descriptor", "Configuration Descriptor", "Interface Descriptor", "Endpoint Descriptor"}
HEADER = re.compile(r"^ *([A-Z*][\w* ]*[\w*]):")
FIELD = re.compile(r"^ *([bwi][A-Za-z0-9]+|MaxPower) +(0x[0-9a-f]+|[0-9.]+)")


def parse_number(name, text):
    """A number as lsusb prints it: hex, decimal, or binary-coded decimal with a point."""
    if name.startswith("bcd"):
        return int(text.replace(".", ""), 16)
    if name == "MaxPower":
        return int(text) // 2
    return int(text, 0)


def parse_lsusb(text):
    """The standard descriptors in lsusb's form, in order."""
    fields = []
    is_standard = False
    for line in text.splitlines():
        header = HEADER.match(line)
        field = FIELD.match(line)
        if header:
            is_standard = header[1] in STANDARD
        elif field and is_standard:
            fields.append((RENAMED.get(field[1], field[1]), parse_number(field[1], field[2])))
    return fields


class KeyboardTest(attached.Test):
    """The keyboard of the source document."""

    def test_pyusb_prints_the_dump(self):
        with attached.Attached("nrf52840-keyboard"):
            code = IMPORTS + "print(usb.core.find(idVendor=0x1915, idProduct=0x520f))"
            text = attached.run(PYTHON, "-c", code, check=True).stdout
        self.assertEqual(hide_place(text), read_dump())

    def test_lsusb_agrees_with_the_dump(self):
        with attached.Attached("nrf52840-keyboard"):
            text = attached.run("lsusb", "-v", "-d", "1915:520f", check=True).stdout
        self.assertIn("iProduct                2 27x2 Mitosis", text)
        self.assertIn("iSerial                 3 CC5B702828B2", text)
        wanted = [(name if name != "iSerialNumber" else "iSerial", number)
                  for name, number in parse_dump(read_dump())]
        self.assertEqual(parse_lsusb(text), wanted)

    def test_the_snippet_triggers(self):
        code = IMPORTS + (DATA / "nordic-trigger-snippet.py").read_text()
        with attached.Attached("nrf52840-keyboard:vid=05ac,pid=0256") as devices:
            # Its time limit of 1 ms races with the transfer.
            for _ in range(TRIES):
                attached.run(PYTHON, "-c", code, check=True)
                if not attached.read_sysfs(devices.path(), "idVendor") == "05ac":
                    break
            devices.wait_until_back()
            self.assertEqual(attached.read_sysfs(devices.path(), "idVendor"), "1915")
            self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "521f")
