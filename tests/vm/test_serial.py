# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The kernel's serial driver binds to the boards, and what it sends is what triggers them."""

import fcntl
import os
import pathlib
import struct
import termios
import time
import tty

import attached

DTR = termios.TIOCM_DTR
RTS = termios.TIOCM_RTS

# What the trigger leads to, and the drivers of its interfaces
BOARDS = {
    "leonardo": ("2341:0036", {"cdc_acm"}),
    "samd": ("2341:004d", {"cdc_acm"}),
    "adafruit-nrf52": ("239a:002a", {"cdc_acm"}),
    "adafruit-nrf52:bootloader=uf2": ("239a:0029", {"cdc_acm", "usb-storage"}),
    "pico": ("2e8a:0003", {"usb-storage"}),
    "esp32-s2": ("303a:0002", {"cdc_acm"}),
}


def find_port(path):
    """The serial port of a device."""
    def look():
        return next(pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:1.0/tty/ttyACM*"), None)

    name = attached.wait_for(look, f"serial port of {path}").name
    attached.settle()
    return f"/dev/{name}"


def find_drivers(path):
    """The drivers of a device's interfaces."""
    links = pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:1.*/driver")
    return {os.path.basename(os.readlink(link)) for link in links}


def set_rate(port, speed):
    """8N1 at that rate."""
    settings = termios.tcgetattr(port)
    settings[4] = settings[5] = speed
    settings[2] = settings[2] & ~termios.CBAUD | speed | termios.HUPCL | termios.CLOCAL
    termios.tcsetattr(port, termios.TCSANOW, settings)


def close(port):
    """The device may have left."""
    try:
        os.close(port)
    except OSError:
        pass


def touch(path):
    """Opens the port, sets 1200 baud, closes it."""
    port = os.open(find_port(path), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        set_rate(port, termios.B1200)
    except OSError:
        pass
    close(port)


def set_lines(port, lines):
    """Both lines in one request."""
    fcntl.ioctl(port, termios.TIOCMSET, struct.pack("I", lines))


class SerialTest(attached.Test):
    """Each board through /dev/ttyACM*."""

    def test_touch(self):
        for spec, (ids, drivers) in BOARDS.items():
            with self.subTest(spec=spec), attached.Attached(spec) as devices:
                touch(devices.path())
                devices.wait_until_back()
                path = devices.path()
                self.assertEqual(":".join(attached.read_sysfs(path, f"id{what}") for what in ("Vendor", "Product")), ids)
                attached.wait_for(lambda path=path, drivers=drivers: find_drivers(path) >= drivers, f"{drivers}")
                devices.stop()
                self.assertEqual(devices.breaches(), [])

    def test_ignored_and_refused(self):
        for spec in BOARDS:
            for option in ("leave=no", "stall=state" if "pico" not in spec and "esp" not in spec else "stall=coding"):
                spec_with = f"{spec}{',' if ':' in spec else ':'}{option}"
                with self.subTest(spec=spec_with), attached.Attached(spec_with) as devices:
                    touch(devices.path())
                    time.sleep(0.5)
                    self.assertEqual(devices.arrivals, [1])

    def test_drive_is_that_of_the_rom(self):
        with attached.Attached("pico") as devices:
            touch(devices.path())
            devices.wait_until_back()
            pattern = f"{devices.path()}:1.0/host*/target*/*/block/sd*/size"
            size = attached.wait_for(
                lambda: next(pathlib.Path("/sys/bus/usb/devices").glob(pattern), None), "the drive"
            )
            # 128 MiB, whatever the flash has
            self.assertEqual(size.read_text(), "262144\n")

    def test_jtag(self):
        with attached.Attached("esp32-s3-jtag") as devices:
            port = os.open(find_port(devices.path()), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            set_rate(port, termios.B1200)
            for lines in (0, DTR, DTR | RTS, RTS):
                set_lines(port, lines)
            close(port)
            devices.wait_until_back()
            self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "1001")
            devices.stop()
            self.assertIn(b"bootloader", devices.state().read_bytes())

    def test_caterina_tells_its_name(self):
        with attached.Attached("leonardo:program=no") as devices:
            port = os.open(find_port(devices.path()), os.O_RDWR | os.O_NOCTTY)
            tty.setraw(port)
            os.write(port, b"S")
            name = b""
            while len(name) < 7:
                name += os.read(port, 7)
            close(port)
            self.assertEqual(name, b"CATERIN")
