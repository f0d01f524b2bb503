# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""HID nodes and serial ports of an ordinary user: without rights, with our rules, with rights and drivers that come late."""

import contextlib
import json
import math
import os
import re
import shutil
import subprocess
import threading
import time

import attached

# The device, its subsystem and which interface has the trigger
DEVICES = {"sonix-keyboard:interface=1": ("hidraw", 1), "leonardo": ("tty", 0)}

# Triggers what arrives at a port, at once.
AT_ONCE = """
import sys, json, time, library
context = library.Context()
context.dispatch(0)
print("ready", flush=True)
device = context.wait_for(sys.argv[1])
arrived = time.monotonic()
while not library.dfut.dfut_device_get_trigger_count(device):
    context.dispatch(10)
    device = context.find(sys.argv[1])
session = library.Trigger(device, 10000)
result = session.run(context)
print(json.dumps([result, arrived, time.monotonic() - arrived, session.text()]))
"""


class AtOnce:
    """A program that waits for a device and triggers it as soon as it is there."""

    def __init__(self, path, wrapper=None, folder=None):
        command = ["/usr/bin/python3", "-c", AT_ONCE, path]
        environment = dict(os.environ, PYTHONPATH=str(folder or attached.PROJECT / "tests/vm"))
        if folder:
            environment["DFUTRIGGER_LIBRARY"] = str(folder / "libdfutrigger.so.0")
        self.process = subprocess.Popen(wrapper(*command) if wrapper else command, env=environment,
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def result(self):
        """The result, when the device arrived, the time that it took from then, the text."""
        return json.loads(self.process.communicate(timeout=60)[0])


def find_node(path, subsystem, interface):
    """The node of an interface."""
    folders = "0003:*/hidraw/hidraw*" if subsystem == "hidraw" else "tty/tty*"
    folder = next(attached.pathlib.Path(f"/sys/bus/usb/devices/{path}:1.{interface}").glob(folders))
    return f"/dev/{folder.name}"


class RightsWatch:
    """Finds out when everybody may use the node of an interface."""

    def __init__(self, *interface):
        self.came = math.inf
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, args=interface, daemon=True)
        self.thread.start()

    def watch(self, *interface):
        """Looks until it is so."""
        while self.came == math.inf and not self.ended.wait(0.02):
            with contextlib.suppress(OSError, StopIteration):
                if os.stat(find_node(*interface)).st_mode & 0o006 == 0o006:
                    self.came = time.monotonic()

    def wait(self):
        """When it was; infinity if the node left before it was seen."""
        self.thread.join(5)
        self.ended.set()
        return self.came


class NodesAccessTest(attached.UserTest):
    """As nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.copy(attached.PROJECT / "tests/vm/library.py", cls.program)

    def test_without_rules_it_says_what_to_do(self):
        for spec, (subsystem, interface) in DEVICES.items():
            attached.set_rules(None)
            with self.subTest(spec=spec), attached.Attached(spec) as devices:
                node = find_node(devices.path(), subsystem, interface)
                done = self.as_nobody("-p", devices.path(), "trigger")
                self.assertEqual(done.returncode, 15, done.stderr)
                rights = "group dialout, mode 0660" if subsystem == "tty" else "group root, mode 0600"
                self.assertIn(f"no permission to open {node} (owner root, {rights})", done.stderr)
                self.assertIn("join the group dialout, or add" if subsystem == "tty" else "hint: add", done.stderr)
                devices.stop()
                line = attached.obey(done.stderr)
                self.assertIn(f'SUBSYSTEM=="{subsystem}", ATTRS{{idVendor}}=="', line)
                self.assertNotIn("plugdev", line)
            with self.subTest(spec=spec, line=line), attached.Attached(spec) as devices:
                self.assert_done(self.as_nobody("-p", devices.path(), "trigger"))

    def test_the_rule_that_is_printed_is_for_who_sits_there(self):
        attached.set_seat(True)
        for spec in DEVICES:
            with attached.Attached(spec) as devices:
                line = attached.obey(self.as_nobody("-p", devices.path(), "trigger").stderr)
            with self.subTest(spec=spec, line=line), attached.Attached(spec) as devices:
                self.assertNotIn("OWNER", line)
                self.assert_done(self.as_nobody("-p", devices.path(), "trigger"))

    def check(self, specs, **options):
        """Triggers devices as nobody."""
        for name in "70-dfutrigger.rules", "72-dfutrigger-lab.rules":
            if "lab" not in name or "groups" in options:
                attached.set_rules((attached.BUILD / "lib" / name).read_text(), name)
        with attached.Attached(*specs) as devices:
            for index, spec in enumerate(specs):
                with self.subTest(spec=spec):
                    self.assert_done(self.as_nobody("-p", devices.path(index), "trigger", **options))

    def test_our_rules_by_group(self):
        self.check(["leonardo", "jabra", "pico", "via-keyboard"], groups="--groups=plugdev,dialout")

    def test_our_rules_by_seat(self):
        attached.set_seat(True)
        self.check([*DEVICES, "sinowealth-keyboard", "via-keyboard", "jabra", "teensy", "teensy:type=serial", "samd", "adafruit-nrf52",
                    "pico", "pico:reset-interface=no", "esp32-s2", "esp32-s3-jtag"])

    def trigger_at_once(self, spec, path, delay):
        """Rights come late: what the program says, how long it took, when the rights came, both since the arrival."""
        subsystem, interface = DEVICES[spec]
        attached.set_rules(f'SUBSYSTEM=="{subsystem}", PROGRAM="/bin/sleep {delay}", MODE="0666"\n')
        waiting = AtOnce(path, self.user_command, self.program)
        rights = RightsWatch(path, subsystem, interface)
        with attached.Attached(spec) as devices:
            self.assertEqual(devices.path(), path)
            result, arrived, seconds, text = waiting.result()
            return result, text, seconds, rights.wait() - arrived

    def test_rights_that_come_late(self):
        with attached.Attached("leonardo") as devices:
            path = devices.path()
        for spec in DEVICES:
            with self.subTest(spec=spec, rights="late"):
                # A busy machine makes them later: then it was another test.
                for _ in range(10):
                    result, text, seconds, late = self.trigger_at_once(spec, path, 0.7)
                    if late < 1.9:
                        break
                self.assertLess(late, 1.9, "this machine is too busy")
                self.assertGreater(late, 0.4)
                self.assertEqual(result, 0, text)
                self.assertGreater(seconds, late)
            with self.subTest(spec=spec, rights="too late"):
                result, text, seconds, late = self.trigger_at_once(spec, path, 4)
                self.assertEqual(result, -5, text)
                self.assertIn("no permission to open /dev/", text)
                self.assertGreater(seconds, 1.8)
                self.assertLess(seconds, 3.6)
                self.assertGreater(late, seconds)


class LateDriverTest(attached.Test):
    """The first device of its kind: udev loads the driver after the device has arrived."""

    def test_drivers_that_come_late(self):
        with attached.Attached("leonardo") as devices:
            path = devices.path()
        for spec, module in ("sonix-keyboard:interface=1", "usbhid"), ("leonardo", "cdc_acm"):
            with self.subTest(spec=spec):
                attached.run("modprobe", "-r", module, check=True)
                waiting = AtOnce(path)
                with attached.Attached(spec) as devices:
                    self.assertEqual(devices.path(), path)
                    result, _, seconds, text = waiting.result()
                    self.assertEqual(result, 0, text)
                    print(f"{spec}: {seconds:.2f} s", end=" ... ", flush=True)


class MissingDriverTest(attached.Test):
    """Without the kernel's driver an interface has no node: that is said, and what makes one."""

    def test_the_hint_loads_the_driver(self):
        with attached.Attached(attached.quick("leonardo")) as devices:
            attached.run("modprobe", "-r", "cdc_acm", check=True)
            try:
                done = attached.dfutrigger("-p", devices.path(), "trigger")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"interface 0 of {devices.path()} has no serial port: no driver has it", done.stderr)
                self.assertIn("sudo modprobe cdc_acm", done.stderr)
            finally:
                attached.run("modprobe", "cdc_acm", check=True)
            attached.settle()
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
