# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Looking at devices that are slow, or hang, in a real kernel: all are shown, what is not read is said, and it ends in time."""

import contextlib
import json
import os
import subprocess
import sys
import time

import attached
import library

LIMIT = 10
# An emulated processor with others beside it
SPARE = 4
LISTS = int(os.environ.get("LOOKING_LISTS", "30"))


class Looking(attached.Test):
    """What `list` shows, and how long that takes."""

    def look(self, *arguments):
        """The devices by path, those that are not read by path, and the seconds that it took."""
        begin = time.monotonic()
        done = attached.dfutrigger("list", "--all", "--json", *arguments)
        took = time.monotonic() - begin
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        unread = {device["path"]: device["missing"] for device in told["incomplete"]}
        self.assertEqual(told["complete"], not unread)
        self.assertLess(took, LIMIT + SPARE)
        return {device["path"]: device for device in told["devices"]}, unread, took

    def test_slow_strings_are_waited_for(self):
        with attached.Attached("stm32f405:string-ms=300", "stm32f405") as devices:
            shown, unread, _ = self.look()
            self.assertEqual(unread, {})
            names = [[interface["name"] for interface in shown[devices.path(index)]["interfaces"]] for index in (0, 1)]
            self.assertEqual(names[0], names[1])
            self.assertTrue(all(names[0]))
            self.assertEqual(list(shown), sorted(shown))

    @attached.for_release
    def test_sixteen_that_hang_are_shown_each_time(self):
        with attached.Attached(*["stm32f072:strings=names-hang"] * 16) as devices:
            for _ in range(3):
                shown, unread, took = self.look()
                self.assertEqual(set(shown), set(devices.paths.values()))
                self.assertEqual(set(unread), set(devices.paths.values()))
                self.assertEqual(set(unread.values()), {"its names are not read: it does not answer"})
                self.assertLess(took, 2 + SPARE)

    @contextlib.contextmanager
    def hung_keyboard(self):
        """The path of a keyboard whose driver waits for its report descriptor, and holds it all the while."""
        command = [attached.COMMAND, "sim", "via-keyboard:reports=hang", "--attach", "--json"]
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as sim:
            try:
                path = json.loads(sim.stdout.readline())["path"]
                attached.wait_for(lambda: attached.read_sysfs(path, "devnum"), "the device")
                yield path
            finally:
                sim.terminate()
                sim.wait(attached.DEADLINE)
                attached.wait_for(lambda: not attached.read_sysfs(path, "idVendor"), f"{path} to leave", 60)

    def test_a_keyboard_that_hangs_is_named_and_hides_nobody(self):
        with attached.Attached("zephyr:poll-ms=0,erase-ms=0,detach-ms=20") as devices, self.hung_keyboard() as hung:
            shown, unread, took = self.look()
            self.assertEqual(set(shown), {hung, devices.path()})
            self.assertEqual(unread, {hung: "its names are not read: it does not answer"})
            self.assertLess(took, LIMIT)
            begin = time.monotonic()
            done = attached.dfutrigger("doctor", "-p", hung)
            self.assertIn("does not answer", done.stdout)
            self.assertLess(time.monotonic() - begin, LIMIT)
            # libusb itself waits for the keyboard, and an OPEN for libusb.
            self.assert_done(attached.dfutrigger("trigger", "-p", devices.path()))

    def test_an_unconfigured_device_is_said_and_configured(self):
        command = [attached.COMMAND, "sim", "zephyr:configured=no,poll-ms=0,erase-ms=0,detach-ms=20", "--attach", "--json"]
        with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as sim:
            try:
                path = json.loads(sim.stdout.readline())["path"]
                attached.wait_for(lambda: attached.read_sysfs(path, "bMaxPower") is not None and
                                  attached.read_sysfs(path, "devnum"), "the device")
                attached.settle()
                self.assertEqual(attached.read_sysfs(path, "bConfigurationValue"), "")
                self.assertIn("none in use", attached.dfutrigger("doctor", "-p", path).stdout)
                self.assert_done(attached.dfutrigger("trigger", "-p", path))
            finally:
                sim.terminate()

    def test_dfu_in_another_configuration_is_said_and_selected(self):
        with attached.Attached("zephyr:dfu-configuration=inactive,poll-ms=0,erase-ms=0,detach-ms=20") as devices:
            self.assertIn("1 in use, DFU is in 2", attached.dfutrigger("list", "-p", devices.path()).stdout)
            self.assert_done(attached.dfutrigger("trigger", "-p", devices.path()))

    @attached.for_release
    def test_lists_of_a_busy_machine_are_complete_or_say_what_is_missing(self):
        specs = ["stm32f072:strings=names-hang"] * 4 + ["stm32f072"] * 12
        with attached.Attached(*specs) as devices:
            hung = {devices.path(index) for index in range(4)}
            busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
            try:
                for _ in range(LISTS):
                    with library.Context() as context:
                        look = context.look()
                    self.assertFalse(look.is_complete)
                    self.assertLess(look.took_s, LIMIT + SPARE)
                    self.assertLessEqual(look.unread, set(devices.paths.values()))
                    # Either all are there, or a bus was not ready by the deadline.
                    if look.took_s < LIMIT:
                        self.assertEqual(set(look.paths), set(devices.paths.values()))
                        self.assertEqual(look.unread, hung)
                        self.assertEqual(look.nameless, look.unread)
            finally:
                for process in busy:
                    process.kill()
                    process.wait()
