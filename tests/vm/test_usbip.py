# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The usbip program attaches what we serve over TCP."""

import json
import subprocess
import threading

import attached


class UsbipTest(attached.Test):
    """Served on loopback."""

    def setUp(self):
        self.process = subprocess.Popen(
            [attached.COMMAND, "sim", attached.quick("zephyr"), "nrf52840-keyboard", "--listen", "127.0.0.1", "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.assertEqual(json.loads(self.process.stdout.readline())["event"], "listening")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def tearDown(self):
        self.process.terminate()
        self.process.wait(attached.DEADLINE)

    @staticmethod
    def find(vendor, product):
        """The port paths of devices with these ids."""
        text = attached.dfutrigger("list", "--json", "-d", f"{vendor}:{product}").stdout
        return [device["path"] for device in json.loads(text).get("devices", [])]

    def attach(self, busid):
        """Attaches as soon as the device can be had."""
        attached.wait_for(
            lambda: attached.run("usbip", "attach", "-r", "127.0.0.1", "-b", busid).returncode == 0, f"{busid}"
        )

    def test_list(self):
        text = attached.run("usbip", "list", "-r", "127.0.0.1", check=True).stdout
        self.assertRegex(text, r"1-1: .*\(2fe3:0005\)")
        self.assertRegex(text, r"1-2: .*\(1915:520f\)")
        self.assertRegex(text, r"Application Specific Interface / Device Firmware Update")

    def test_attached_and_triggered(self):
        self.attach("1-1")
        attached.wait_for(lambda: self.find("2fe3", "0005"), "the board")
        attached.settle()
        before = self.find("2fe3", "0005")
        busy = attached.run("usbip", "attach", "-r", "127.0.0.1", "-b", "1-1")
        self.assertNotEqual(busy.returncode, 0)
        # The board leaves and comes back to its port by itself.
        done = attached.dfutrigger("-d", "2fe3:0005", "-a", 1, "update", self.firmware, "--json")
        self.assert_done(done)
        self.assertEqual(self.find("2fe3", "ffff"), before)
        attached.run("usbip", "detach", "-p", "0", check=True)
        attached.wait_for(lambda: not self.find("2fe3", "ffff"), "the board to leave")

    def test_no_such_device(self):
        done = attached.run("usbip", "attach", "-r", "127.0.0.1", "-b", "9-9")
        self.assertNotEqual(done.returncode, 0)
