# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
A DFU device that programs on this machine meet in place of its USB: sysfs and usbfs are umockdev's, the device is below.

It waits in its bootloader, is never busy, and stays there: what a program costs is the program's own.
"""

import os
import struct

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

PRELOAD = "libumockdev-preload.so.0"
VENDOR, PRODUCT = 0x1209, 0x2444
TRANSFER_SIZE = 1024
STRINGS = {1: "Bench", 2: "Mocked", 3: "1"}
DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0, 0, 0, 64, VENDOR, PRODUCT, 0x0100, 1, 2, 3, 1)
INTERFACE = bytes([9, 4, 0, 0, 0, 0xfe, 1, 2, 0])
# It can download, upload, and go on afterwards.
FUNCTIONAL = struct.pack("<BBBHHH", 9, 0x21, 0x07, 1000, TRANSFER_SIZE, 0x0110)
CONFIGURATION = struct.pack("<BBHBBBBB", 9, 2, 9 + len(INTERFACE) + len(FUNCTIONAL), 1, 1, 0, 0x80, 50)
CONFIGURATION += INTERFACE + FUNCTIONAL

# linux/usbdevice_fs.h
SUBMIT_URB, DISCARD_URB, REAP_URB, REAP_URB_NOW = 0x8038550a, 0x550b, 0x4008550c, 0x4008550d
GET_CAPABILITIES, GET_SPEED, GET_DRIVER = 0x8004551a, 0x551f, 0x41045508
ACCEPTED = (0x80085504, 0x80045505, 0x8004550f, 0x80045510, 0xc0105512, 0x8108551b)
URB = struct.Struct("=BBxxiIxxxxQiiiiiIQ")
STATUS, ACTUAL, BUFFER = 4, 28, 16
EAGAIN, ENODATA, ENOTTY, EPIPE = 11, 61, 25, 32
FULL_SPEED = 2
# USB and DFU 1.1
GET_DESCRIPTOR, DNLOAD, UPLOAD, GETSTATUS, CLRSTATUS, GETSTATE, ABORT = 6, 1, 2, 3, 4, 5, 6
IDLE, DNLOAD_SYNC, DNLOAD_IDLE, MANIFEST_SYNC, UPLOAD_IDLE = 2, 3, 5, 6, 9


class Bootloader:
    """What answers requests: DFU 1.1, without times and without errors."""

    def __init__(self):
        self.state = IDLE
        self.memory = b""
        self.requests = 0

    def answer(self, setup, data):
        """The data of the answer, or None for a stall."""
        kind, request, value, _, length = struct.unpack("<BBHHH", setup)
        if kind == 0x80 and request == GET_DESCRIPTOR:
            return self.describe(value >> 8, value & 0xff, length)
        if kind & 0x7f != 0x21:
            return b"" if kind < 0x80 else None
        self.requests += 1
        return self.answer_class(request, value, length, data)

    def describe(self, kind, index, length):
        """A descriptor."""
        if kind == 3:
            text = struct.pack("<H", 0x0409) if index == 0 else STRINGS.get(index, "").encode("utf-16-le")
            return (bytes([2 + len(text), 3]) + text)[:length]
        return {1: DEVICE, 2: CONFIGURATION}.get(kind, b"")[:length] or None

    def answer_class(self, request, value, length, data):
        """A request of DFU's."""
        if request == DNLOAD:
            self.memory = data if self.state == IDLE else self.memory + data
            self.state = DNLOAD_SYNC if length else MANIFEST_SYNC
        elif request == UPLOAD:
            block = self.memory[value * TRANSFER_SIZE:][:length]
            self.state = UPLOAD_IDLE if len(block) == length else IDLE
            return block
        elif request == GETSTATUS:
            self.state = {DNLOAD_SYNC: DNLOAD_IDLE, MANIFEST_SYNC: IDLE}.get(self.state, self.state)
            return bytes([0, 0, 0, 0, self.state, 0])[:length]
        elif request == GETSTATE:
            return bytes([self.state])
        elif request in (CLRSTATUS, ABORT):
            self.state = IDLE
        else:
            return None
        return b""


class Usbfs:
    """The node of a device: what ioctl() of it says."""

    def __init__(self, bootloader):
        self.bootloader = bootloader
        self.ended = []

    def submit(self, client):
        """A transfer, which has ended at once."""
        urb = client.get_arg().resolve(0, URB.size)
        _, _, _, _, _, size, *_ = URB.unpack(urb.retrieve())
        buffer = urb.resolve(BUFFER, size)
        sent = buffer.retrieve()
        answer = self.bootloader.answer(sent[:8], sent[8:])
        if sent[0] & 0x80 and answer:
            buffer.update(8, answer)
        urb.update(STATUS, struct.pack("=i", -EPIPE if answer is None else 0))
        urb.update(ACTUAL, struct.pack("=i", len(answer or b"") if sent[0] & 0x80 else size - 8))
        self.ended.append(urb)
        client.complete(0, 0)

    def reap(self, client):
        """The transfer that ended first."""
        if not self.ended:
            client.complete(-1, EAGAIN)
            return
        client.get_arg().resolve(0, 8).set_ptr(0, self.ended.pop(0))
        client.complete(0, 0)

    def handle(self, _, client):
        """An ioctl()."""
        request = client.get_request() & 0xffffffff
        if request == SUBMIT_URB:
            self.submit(client)
        elif request in (REAP_URB, REAP_URB_NOW):
            self.reap(client)
        elif request == GET_CAPABILITIES:
            client.get_arg().resolve(0, 4).update(0, struct.pack("=I", 0))
            client.complete(0, 0)
        elif request == GET_SPEED:
            client.complete(FULL_SPEED, 0)
        elif request == GET_DRIVER:
            client.complete(-1, ENODATA)
        else:
            client.complete(0 if request in ACCEPTED else -1, 0 if request in ACCEPTED else ENOTTY)
        return True


def describe_node(path, number, **attributes):
    """A node of usbfs and its folder of sysfs, as umockdev reads it."""
    lines = [f"P: {path}", f"N: bus/usb/001/{number:03}", "E: DEVTYPE=usb_device", "E: SUBSYSTEM=usb",
             f"E: DEVNAME=/dev/bus/usb/001/{number:03}", "E: BUSNUM=001", f"E: DEVNUM={number:03}", "A: busnum=1\\n",
             f"A: devnum={number}\\n", "A: bConfigurationValue=1\\n", "A: speed=12\\n"]
    lines += [f"H: descriptors={value.hex()}" if name == "descriptors" else f"A: {name}={value}\\n"
              for name, value in attributes.items()]
    return "\n".join(lines) + "\n\n"


class Mocked:
    """A system that has one device, or none."""

    def __init__(self, has_device=True):
        self.testbed = UMockdev.Testbed.new()
        self.bootloader = Bootloader()
        self.usbfs = Usbfs(self.bootloader)
        self.environment = os.environ | {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": self.testbed.get_root_dir()}
        if has_device:
            self.plug()

    def plug(self):
        """Adds the device behind port 1 of bus 1."""
        self.testbed.add_from_string(describe_node(
            "/devices/usb1/1-1", 2, idVendor=f"{VENDOR:04x}", idProduct=f"{PRODUCT:04x}", bcdDevice="0100",
            manufacturer=STRINGS[1], product=STRINGS[2], serial=STRINGS[3], bDeviceClass="00", bNumInterfaces=" 1",
            descriptors=DEVICE + CONFIGURATION))
        self.testbed.add_from_string(
            "P: /devices/usb1/1-1/1-1:1.0\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceNumber=00\\n\n"
            "A: bInterfaceClass=fe\\n\nA: bInterfaceSubClass=01\\n\nA: bInterfaceProtocol=02\\n\n\n".replace("\\n\n", "\\n\n"))
        handler = UMockdev.IoctlBase()
        handler.connect("handle-ioctl", self.usbfs.handle)
        self.testbed.attach_ioctl("/dev/bus/usb/001/002", handler)
        # A file can't be waited for by epoll.
        node = os.path.join(self.testbed.get_root_dir(), "dev/bus/usb/001/002")
        os.unlink(node)
        os.mkfifo(node)
