# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Many devices, one process, one thread."""

import subprocess
import time

import attached

COUNT = 32
SPEC = "zephyr:detach-ms=20,erase-ms=0,poll-ms=5,slot-size=64K"
UPDATE_MANY = attached.BUILD / "examples/example-update-many"


class ManyTest(attached.Test):
    """All at once."""

    def check(self, devices):
        """Each holds the firmware."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])
        for index in range(len(devices.specs)):
            self.assert_holds(attached.read_memories(devices.state(index))["slot1"], self.firmware)

    def flash(self, count):
        """Flashes so many devices with one process; returns the time that it took."""
        with attached.Attached(*[f"{SPEC},serial=S{index}" for index in range(count)]) as devices:
            start = time.monotonic()
            done = attached.run(UPDATE_MANY, self.firmware, "1")
            elapsed = time.monotonic() - start
            self.assert_done(done)
            self.assertEqual(done.stdout.count("downloaded and verified"), count, done.stdout)
            self.check(devices)
        return elapsed

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

    def test_32_devices(self):
        one = self.flash(1)
        all_of_them = self.flash(COUNT)
        theirs, failed = self.flash_with_dfu_util(COUNT)
        print(f"one device {one:.2f} s, {COUNT} devices {all_of_them:.2f} s ({all_of_them / one:.1f} times), "
              f"{COUNT} dfu-util processes {theirs:.2f} s, {failed} of them failed", end=" ... ", flush=True)
        self.assertLess(all_of_them, COUNT * one / 2)
