# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""An ordinary user: with our rules it works, without them every command says what to do."""

import json
import os
import pathlib
import stat
import subprocess

import attached

RULES = attached.BUILD / "lib/70-dfutrigger.rules"
LAB_RULES = attached.BUILD / "lib/72-dfutrigger-lab.rules"
HOLDER = """
import sys, usb.core, usb.util
device = usb.core.find(idVendor=0x2fe3)
usb.util.claim_interface(device, 0)
print("claimed", flush=True)
sys.stdin.read()
"""


def get_node(path):
    """The node of a device."""
    bus, address = (int(attached.read_sysfs(path, name)) for name in ("busnum", "devnum"))
    return pathlib.Path(f"/dev/bus/usb/{bus:03}/{address:03}")


class AccessTest(attached.UserTest):
    """As nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.chmod(cls.firmware, 0o644)

    def test_without_rules_it_says_what_to_do(self):
        commands = [["trigger"], ["-a", 1, "update", self.firmware], ["-a", 0, "upload", "/tmp/x"], ["doctor"]]
        with attached.Attached(attached.quick("zephyr")) as devices:
            for command in commands:
                with self.subTest(command=command[0]):
                    done = self.as_nobody("-p", devices.path(), *command)
                    text = done.stdout + done.stderr
                    self.assertEqual(done.returncode, 15, text)
                    self.assertIn(str(get_node(devices.path())), text)
                    self.assertIn("owner root, group root, mode 0664", text)
                    self.assertIn('SUBSYSTEM=="usb", ATTR{idVendor}=="2fe3", ATTR{idProduct}=="0005"', text)
                    self.assertIn("/etc/udev/rules.d/71-dfutrigger-2fe3-0005.rules", text)
                    # Of the bootloader that it becomes, too, before anything is sent
                    self.assertIn("/etc/udev/rules.d/71-dfutrigger-2fe3-ffff.rules", text)
                    self.assertNotIn(attached.RULES.name, text)
            devices.stop()
            self.assertEqual([line for line in devices.record() if line["event"] == "control"], [])

    def test_a_device_that_can_not_be_asked_is_listed_with_the_reason(self):
        with attached.Attached("nrf52840-keyboard") as devices:
            done = self.as_nobody("list", "--probe")
            self.assertEqual(done.returncode, 15, done.stderr)
            self.assertIn(str(get_node(devices.path())), done.stdout)
            self.assertIn('SUBSYSTEM=="usb", ATTR{idVendor}=="1915", ATTR{idProduct}=="520f"', done.stdout)

    def test_a_list_needs_no_permission(self):
        with attached.Attached("zephyr", "nrf52840-keyboard") as devices:
            ours = json.loads(self.as_nobody("list", "--json").stdout)
            everything = json.loads(attached.dfutrigger("list", "--json").stdout)
            self.assertEqual(ours, everything)
            self.assertEqual(len(ours["devices"]), 2)
            del devices

    def check_update(self, **options):
        """A whole update as nobody: the bootloader's node is a new one."""
        for spec in ["zephyr", "zephyr:stack=legacy"]:
            with self.subTest(spec=spec), attached.Attached(attached.quick(spec)) as devices:
                done = self.as_nobody("-p", devices.path(), "-a", 1, "update", self.firmware, **options)
                self.assert_done(done)
                mode = get_node(devices.path()).stat().st_mode
                self.assertFalse(mode & stat.S_IWOTH, "others have access")
        with self.subTest(spec="keyboard"), attached.Attached("nrf52840-keyboard") as devices:
            self.assert_done(self.as_nobody("-p", devices.path(), "trigger", **options))

    def test_group(self):
        attached.set_rules(RULES.read_text())
        attached.set_rules(LAB_RULES.read_text(), LAB_RULES.name)
        self.check_update(groups="--groups=plugdev")

    def test_group_of_choice(self):
        attached.set_rules(RULES.read_text())
        attached.set_rules(LAB_RULES.read_text().replace("plugdev", "audio"), LAB_RULES.name)
        self.check_update(groups="--groups=audio")

    def test_seat(self):
        attached.set_seat(True)
        attached.set_rules(RULES.read_text())
        self.check_update()

    def test_other_users_stay_out(self):
        attached.set_rules(RULES.read_text())
        with attached.Attached(attached.quick("zephyr")) as devices:
            self.assertEqual(self.as_nobody("-p", devices.path(), "trigger").returncode, 15)

    def test_the_rule_that_is_printed_works(self):
        with attached.Attached(attached.quick("zephyr")) as devices:
            text = self.as_nobody("-p", devices.path(), "trigger").stderr
        attached.obey(text)
        # Who sits nowhere is named.
        with attached.Attached(attached.quick("zephyr")) as devices:
            self.assert_done(self.as_nobody("-p", devices.path(), "-a", 1, "update", self.firmware))

    def test_the_rule_that_is_printed_leaves_the_others(self):
        """A file of the name of the installed one would take the place of all that is in that."""
        attached.set_seat(True)
        attached.set_rules(RULES.read_text())
        # A boot keyboard's own node takes the report: the installed rules leave it out.
        with attached.Attached("sonix-keyboard:interface=0") as devices:
            attached.obey(self.as_nobody("-p", devices.path(), "trigger").stderr)
        with attached.Attached("nrf52840-keyboard", "sonix-keyboard:interface=0") as devices:
            self.assert_done(self.as_nobody("-p", devices.path(), "trigger"))
            self.assert_done(self.as_nobody("-p", devices.path(1), "trigger"))

    def test_who_can_open_the_application_only_is_told_before(self):
        attached.set_seat(True)
        attached.set_rules('SUBSYSTEM=="usb", ATTR{idVendor}=="2fe3", ATTR{idProduct}=="0005", TAG+="uaccess"\n')
        with attached.Attached(attached.quick("zephyr")) as devices:
            told = self.as_nobody("-p", devices.path(), "doctor")
            self.assert_done(told)
            self.assertIn("it can be opened", told.stdout)
            self.assertIn("no udev rule gives nobody its bootloader 2fe3:ffff", told.stdout)
            plan = self.as_nobody("-p", devices.path(), "trigger", "--dry-run")
            self.assertIn("no udev rule gives nobody its bootloader 2fe3:ffff", plan.stdout)
            attached.obey(plan.stdout)
            self.assertNotIn("no udev rule", self.as_nobody("-p", devices.path(), "doctor").stdout)
            self.assertNotIn("no udev rule", attached.dfutrigger("-p", devices.path(), "doctor").stdout)
            self.assert_done(self.as_nobody("-p", devices.path(), "-a", 1, "update", self.firmware))

    def test_modem_manager_stays_away_from_bootloaders(self):
        attached.set_rules(RULES.read_text())
        with attached.Attached("nrf52840-keyboard", "nrf52840-keyboard:press=reset") as devices:
            texts = [attached.run("udevadm", "info", get_node(devices.path(i)), check=True).stdout for i in (0, 1)]
        self.assertNotIn("ID_MM_DEVICE_IGNORE", texts[0])
        self.assertIn("ID_MM_DEVICE_IGNORE=1", texts[1])

    def test_who_holds_the_device_is_named(self):
        with attached.Attached(attached.quick("zephyr")) as devices:
            holder = subprocess.Popen(["/usr/bin/python3", "-c", HOLDER], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            self.assertEqual(holder.stdout.readline(), "claimed\n")
            done = attached.dfutrigger("-p", devices.path(), "-a", 1, "update", self.firmware)
            holder.communicate("")
            self.assertEqual(done.returncode, 16, done.stderr)
            self.assertIn(f"python3 (process {holder.pid})", done.stderr)
            self.assertIn(str(get_node(devices.path())), done.stderr)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
