# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The machine itself is what the other tests take it for."""

import os
import pathlib

import attached


class MachineTest(attached.Test):
    """Kernel, nodes, udev and users."""

    def test_drivers_are_loaded(self):
        modules = {line.split()[0] for line in pathlib.Path("/proc/modules").read_text().splitlines()}
        self.assertLessEqual({"vhci_hcd", "usbmon", "usbhid", "cdc_acm", "dummy_hcd", "libcomposite"}, modules)

    def test_ports_are_there(self):
        status = pathlib.Path("/sys/devices/platform/vhci_hcd.0/status").read_text()
        self.assertIn("hs  0000 004", status)

    def test_udev_runs(self):
        self.assert_done(attached.run("udevadm", "settle", "--timeout=10"))
        self.assertTrue(os.path.exists("/run/udev/control"))

    def test_ordinary_users_are_ordinary(self):
        done = attached.run("setpriv", "--reuid=nobody", "--clear-groups", "cat", "/proc/1/environ")
        self.assertNotEqual(done.returncode, 0)
