# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Devices that we did not write: the kernel's own f_acm and f_hid, on its dummy_hcd."""

import contextlib
import fcntl
import json
import os
import pathlib
import struct
import termios
import threading
import time
import tty

import attached
import library

CONFIGFS = pathlib.Path("/sys/kernel/config/usb_gadget")

# 8 bytes out, 8 in, 8 feature; usage page ff42, usage 1
UNNUMBERED = bytes.fromhex("0642ff0901a1011500 26ff00 7508 9508 0902 8102 0903 9102 0904 b102 c0".replace(" ", ""))


class Gadget:
    """A composite device of the kernel with a serial port and a HID interface, as long as the with statement lasts."""

    def __init__(self, has_out_endpoint=True):
        self.folder = CONFIGFS / "test"
        self.has_out_endpoint = has_out_endpoint
        self.path = ""
        # What has its ends open: taking it apart waits for them.
        self.users = contextlib.ExitStack()

    def write(self, name, value):
        """Sets an attribute."""
        path = self.folder / name
        path.write_bytes(value if isinstance(value, bytes) else str(value).encode())

    def __enter__(self):
        self.folder.mkdir()
        for name, value in {"idVendor": "0x1d6b", "idProduct": "0x0104"}.items():
            self.write(name, value)
        (self.folder / "strings/0x409").mkdir()
        self.write("strings/0x409/product", "Gadget")
        self.write("strings/0x409/serialnumber", "G1")
        (self.folder / "configs/c.1").mkdir()
        for function in "acm.0", "hid.0", "acm.1":
            (self.folder / "functions" / function).mkdir()
        self.write("functions/hid.0/report_length", 8)
        self.write("functions/hid.0/report_desc", UNNUMBERED)
        self.write("functions/hid.0/no_out_endpoint", int(not self.has_out_endpoint))
        # The HID interface is between the ports.
        for function in "acm.0", "hid.0", "acm.1":
            (self.folder / "configs/c.1" / function).symlink_to(self.folder / "functions" / function)
        self.write("UDC", next(name for name in os.listdir("/sys/class/udc") if name.startswith("dummy_udc")))
        self.path = attached.wait_for(self.find, "the gadget")
        attached.wait_for(lambda: attached.read_sysfs(self.path, "bConfigurationValue"), "its configuration")
        attached.settle()
        return self

    def find(self):
        """Its port path, once it is there."""
        for path in os.listdir("/sys/bus/usb/devices"):
            if attached.read_sysfs(path, "serial") == "G1":
                return path
        return ""

    def __exit__(self, *_):
        self.users.close()
        self.write("UDC", "\n")
        for function in "acm.0", "hid.0", "acm.1":
            (self.folder / "configs/c.1" / function).unlink()
            (self.folder / "functions" / function).rmdir()
        (self.folder / "configs/c.1").rmdir()
        (self.folder / "strings/0x409").rmdir()
        self.folder.rmdir()


class GadgetTest(attached.Test):
    """All that the library can do, on one of them."""

    def setUp(self):
        attached.run("modprobe", "-a", "dummy_hcd", "libcomposite", "usb_f_acm", "usb_f_hid", check=True)

    def open_gadget(self, gadget):
        """A handle, and both ends at the device: its HID node, its first port."""
        context = library.Context()
        handle = library.Handle(context, context.wait_for(gadget.path))
        gadget.users.callback(handle.close)
        port = os.open("/dev/ttyGS0", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(port)
        gadget.users.callback(os.close, port)
        node = os.open("/dev/hidg0", os.O_RDWR)
        gadget.users.callback(os.close, node)
        return handle, node, port

    def test_list(self):
        with Gadget() as gadget:
            document = json.loads(attached.dfutrigger("list", "--json", "-p", gadget.path, check=True).stdout)
            nodes = document["devices"][0]["nodes"]
            found = [(node["kind"], node["interface"], node.get("usage_page")) for node in nodes]
            self.assertEqual(found, [("serial", 0, None), ("hid", 2, "ff42"), ("serial", 3, None)])
            for node in nodes:
                pattern = "tty/tty*" if node["kind"] == "serial" else "0003:*/hidraw/*"
                folder = pathlib.Path(f"/sys/bus/usb/devices/{gadget.path}:1.{node['interface']}")
                self.assertEqual(node["name"], f"/dev/{next(folder.glob(pattern)).name}")

    def test_reports(self):
        with Gadget() as gadget:
            handle, node, _ = self.open_gadget(gadget)
            handle.send_report(library.OUTPUT, 0, b"\x0b1234567")
            self.assertEqual(os.read(node, 64), b"\x0b1234567")
            os.write(node, b"answer\0\0")
            self.assertEqual(handle.read_report(64), (0, b"answer\0\0"))
            os.write(node, b"another\0")
            self.assertEqual(handle.read_report(64, interface=2), (0, b"another\0"))
            with self.assertRaises(library.Error) as caught:
                handle.read_report(64, timeout_ms=200)
            self.assertEqual(caught.exception.code, library.TIMEOUT)
            # It answers them with zeros, and stalls those that are sent.
            self.assertEqual(handle.get_feature_report(0, 8), bytes(8))
            with self.assertRaises(library.Error) as caught:
                handle.send_report(library.FEATURE, 0, b"feature\0")
            self.assertEqual(caught.exception.code, library.REFUSED)

    def test_reports_by_control_requests(self):
        with Gadget(has_out_endpoint=False) as gadget:
            handle, node, _ = self.open_gadget(gadget)
            for kind in library.FEATURE, library.OUTPUT:
                handle.send_report(kind, 0, b"\x0b1234567")
                self.assertEqual(os.read(node, 64), b"\x0b1234567")

    def test_serial(self):
        with Gadget() as gadget:
            handle, _, port = self.open_gadget(gadget)
            handle.set_line_coding(115200, interface=0)
            os.write(port, b"from the device")
            self.assertEqual(handle.read(64, interface=0), b"from the device")
            handle.write(b"from the host", interface=0)
            attached.wait_for(lambda: struct.unpack("I", fcntl.ioctl(port, termios.FIONREAD, b"\0\0\0\0")) == (13,), "the bytes")
            self.assertEqual(os.read(port, 64), b"from the host")
            with self.assertRaises(library.Error) as caught:
                handle.read(1, interface=0, timeout_ms=200)
            self.assertEqual(caught.exception.code, library.TIMEOUT)
            self.check_much(handle, port)

    def check_much(self, handle, port):
        """More than all buffers hold: the writer has to wait for the reader."""
        data = os.urandom(60000)
        got = bytearray()

        def read():
            while len(got) < len(data):
                try:
                    got.extend(os.read(port, 4096))
                except BlockingIOError:
                    time.sleep(0.01)

        reader = threading.Thread(target=read, daemon=True)
        time.sleep(0.1)
        reader.start()
        self.assertEqual(handle.write(data, interface=0, timeout_ms=20000), len(data))
        reader.join(20)
        self.assertEqual(bytes(got), data)

    def test_lines_and_touch(self):
        with Gadget() as gadget:
            handle, _, port = self.open_gadget(gadget)
            log = attached.Usbmon(gadget.path)
            handle.set_lines(0, -1, interface=0)
            handle.set_lines(1, 1, interface=0)
            handle.touch(1200, interface=3)
            # The touch closes what the handle has open, which takes its time: then the other port's lines fall, too.
            self.assertEqual([line for line in log.stop() if line != "21 22 0000 0000"], [
                "21 22 0003 0000", "21 22 0002 0000", "21 22 0003 0000",
                "21 22 0003 0003", "21 20 0000 0003 1200", "21 22 0002 0003", "21 22 0000 0003"])

    def test_command(self):
        with Gadget() as gadget:
            done = attached.dfutrigger("-p", gadget.path, "trigger", "--output-report", "00:0b", "--timeout", 1)
            self.assertEqual(done.returncode, 24, done.stderr)
            done = attached.dfutrigger("-p", gadget.path, "trigger", "--touch", 1200, "--interface", 3, "--timeout", 1)
            self.assertEqual(done.returncode, 24, done.stderr)

    def test_it_leaves(self):
        with Gadget() as gadget:
            handle, _, _ = self.open_gadget(gadget)
            handle.set_line_coding(9600, interface=0)
            timer = threading.Timer(0.5, lambda: gadget.write("UDC", "\n"))
            timer.start()
            with self.assertRaises(library.Error) as caught:
                handle.read(64, interface=0, timeout_ms=5000)
            self.assertEqual(caught.exception.code, library.DEVICE_LEFT)
            timer.join()
            gadget.write("UDC", "dummy_udc.0")
