# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Many devices, one process, one thread."""

import contextlib
import fcntl
import os
import struct
import subprocess
import time

import attached
import library

COUNT = 32
HALF = 35
SPEC = "zephyr:detach-ms=20,erase-ms=0,poll-ms=5,slot-size=64K"
# As much is erased as a real one needs 5 s for.
BOARD_SPEC = "zephyr:detach-ms=20,erase-ms=85,poll-ms=100,slot-size=256K"
# 1.3 on a machine that has nothing else to do; its one processor, which is emulated, does the boards' work, too.
LIMIT = 2
# They wait for a bus reset for 1 s after DETACH, and the kernel resets the devices of a bus one after the other.
RESET_SPEC = "zephyr:stack=legacy,will-detach=no,erase-ms=0,poll-ms=5,slot-size=64K"
GET_DEVICE_DESCRIPTOR = (0x80, 6, 0x0100, 0, 18)
# linux/usbdevice_fs.h; a request to an interface
USBDEVFS_CONTROL = 0xC0185500
DETACH = struct.pack("@BBHHHIP", 0x21, 0, 1000, 0, 0, 1000, 0)
UPDATE_MANY = attached.BUILD / "examples/example-update-many"


def get_node(path):
    """The name of the device's node."""
    return "/dev/bus/usb/{:03}/{:03}".format(*(int(attached.read_sysfs(path, name)) for name in ("busnum", "devnum")))


class ManyTest(attached.Test):
    """All at once."""

    def check(self, devices):
        """Each holds the firmware."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])
        for index in range(len(devices.specs)):
            self.assert_holds(attached.read_memories(devices.state(index))["slot1"], self.firmware)

    def flash(self, count, spec=SPEC):
        """Flashes so many devices with one process; returns the time that it took."""
        with attached.Attached(*[f"{spec},serial=S{index}" for index in range(count)]) as devices:
            start = time.monotonic()
            done = attached.run(UPDATE_MANY, self.firmware, "1")
            elapsed = time.monotonic() - start
            self.assert_done(done)
            self.assertEqual(done.stdout.count("downloaded and verified"), count, done.stdout)
            self.check(devices)
        return elapsed

    def enumerate(self, count):
        """The time that the kernel needs to bring so many devices back that were told to leave, with nobody else at work."""
        with attached.Attached(*[f"{SPEC},serial=S{index}" for index in range(count)]) as devices:
            paths = [devices.path(index) for index in range(count)]
            nodes = [os.open(get_node(path), os.O_RDWR) for path in paths]
            start = time.monotonic()
            for node in nodes:
                fcntl.ioctl(node, USBDEVFS_CONTROL, bytearray(DETACH))
                os.close(node)
            for path in paths:
                attached.wait_for(lambda path=path: attached.read_sysfs(path, "idProduct") == "ffff" and
                                  attached.read_sysfs(path, "bConfigurationValue"), path)
            return time.monotonic() - start

    def flash_with_dfu_util(self, count):
        """The same with as many processes of dfu-util, which verifies nothing."""
        with attached.Attached(*[f"{SPEC},serial=S{index}" for index in range(count)]) as devices:
            start = time.monotonic()
            processes = [subprocess.Popen(["dfu-util", "-p", devices.path(index), "-a", "1", "-D", str(self.firmware)],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                         for index in range(count)]
            statuses = [process.wait() for process in processes]
            elapsed = time.monotonic() - start
        return elapsed, count - statuses.count(0)

    @attached.for_release
    def test_32_devices(self):
        one = self.flash(1)
        all_of_them = self.flash(COUNT)
        theirs, failed = self.flash_with_dfu_util(COUNT)
        print(f"one device {one:.2f} s, {COUNT} devices {all_of_them:.2f} s ({all_of_them / one:.1f} times), "
              f"{COUNT} dfu-util processes {theirs:.2f} s, {failed} of them failed", end=" ... ", flush=True)
        self.assertLess(all_of_them, COUNT * one / 2)

    def test_32_boards_with_the_times_of_flash(self):
        """They take hardly longer than the kernel needs to enumerate them, twice, and than one of them."""
        kernel = 2 * self.enumerate(COUNT)
        one = self.flash(1, BOARD_SPEC)
        all_of_them = self.flash(COUNT, BOARD_SPEC)
        ratio = all_of_them / (kernel + one)
        print(f"one board {one:.2f} s, the kernel {kernel:.2f} s, {COUNT} boards {all_of_them:.2f} s ({ratio:.2f} times)",
              end=" ... ", flush=True)
        self.assertLess(ratio, LIMIT)

    @attached.for_release
    def test_devices_that_need_a_bus_reset_after_detach(self):
        """Of 15, and of 32, each gets its reset in time."""
        times = [f"{count} in {self.flash(count, RESET_SPEC):.2f} s" for count in (15, COUNT)]
        print(", ".join(times), end=" ... ", flush=True)

    def test_70_devices_open_at_once(self):
        """Each transfer is answered, with all of them open in one context."""
        with contextlib.ExitStack() as users:
            hosts = [users.enter_context(attached.Attached(*[f"zephyr:serial=S{first + index}" for index in range(HALF)]))
                     for first in (0, HALF)]
            context = library.Context()
            handles = []
            for path in [host.path(index) for host in hosts for index in range(HALF)]:
                handle = library.Handle(context, context.wait_for(path))
                users.callback(handle.close)
                handle.control_in(*GET_DEVICE_DESCRIPTOR, timeout_ms=5000)
                handles.append(handle)
            start = time.monotonic()
            for handle in handles:
                self.assertEqual(len(handle.control_in(*GET_DEVICE_DESCRIPTOR)), 18)
            print(f"{len(handles)} transfers in {time.monotonic() - start:.2f} s", end=" ... ", flush=True)
