# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""pyusb and `import dfutrigger as usb` on the real kernel: the same calls, the same results, the same exceptions."""

import os

import attached

PACKAGE = attached.BUILD / "bindings/python"
SCRIPT = attached.PROJECT / "tests/vm/pyusb_script.py"
SNIPPET = attached.PROJECT / "tests/data/nordic-trigger-snippet.py"
TRIES = 20


def run_script(module, scenario, *arguments, prefix=()):
    """What the script prints under one of the two modules."""
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    done = attached.run(*prefix, "/usr/bin/python3", SCRIPT, module, scenario, *arguments, env=environment)
    if done.returncode != 0:
        raise AssertionError(f"{module} {scenario}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class MirrorTest(attached.Test):
    """Each scenario under both modules, on a device that has just been plugged in."""

    def compare(self, scenario, spec, **options):
        """The outputs are equal, and not empty."""
        outputs = []
        for module in ("usb", "dfutrigger"):
            with attached.Attached(spec):
                attached.settle()
                outputs.append(run_script(module, scenario, **options))
        self.assertTrue(outputs[0])
        self.assertEqual(outputs[1], outputs[0])
        return outputs[0]

    def test_walking_descriptors(self):
        for model in ("nrf52840-keyboard", "zephyr", "jabra"):
            with self.subTest(model):
                self.compare("walk", model)

    def test_absent_device(self):
        self.assertEqual(self.compare("absent", "zephyr"), "None\n[]\n")

    def test_control_transfers_and_stalls(self):
        self.assertIn("Pipe error", self.compare("control", "zephyr"))

    def test_busy_interfaces_and_drivers(self):
        self.assertIn("Resource busy", self.compare("busy", "via-keyboard"))

    def test_endpoints(self):
        self.assertIn("USBTimeoutError", self.compare("endpoints", "via-keyboard"))

    def test_configurations(self):
        self.compare("configuration", "zephyr")

    def test_time_out(self):
        self.assertIn("('USBTimeoutError', '[Errno 110] Operation timed out', 110, -7)",
                      self.compare("timeout", "zephyr:fault=timeout@0x100"))

    def test_unplugged(self):
        self.assertIn("No such device", self.compare("unplugged", "zephyr:fault=unplug@0"))

    def test_no_permission(self):
        prefix = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
        probe = attached.run(*prefix, "/usr/bin/test", "-r", PACKAGE / "dfutrigger/__init__.py")
        self.assertEqual(probe.returncode, 0, "nobody can't read the package")
        self.assertIn("Access denied", self.compare("forbidden", "zephyr", prefix=prefix))

    def test_the_snippet_triggers(self):
        for module in ("usb", "dfutrigger"):
            with self.subTest(module), attached.Attached("nrf52840-keyboard:vid=05ac,pid=0256") as devices:
                # Its time limit of 1 ms races with the transfer.
                for _ in range(TRIES):
                    run_script(module, "snippet", SNIPPET)
                    if attached.read_sysfs(devices.path(), "idVendor") != "05ac":
                        break
                devices.wait_until_back()
                self.assertEqual(attached.read_sysfs(devices.path(), "idProduct"), "521f")
