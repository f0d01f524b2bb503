# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Reports on a real system: the kernel's messages, udev's rules, and whose they may not be read by."""

import pathlib
import tempfile

import attached

RULE = 'SUBSYSTEM=="usb", ATTR{idVendor}=="1209", ATTR{idProduct}=="0001", MODE="0660", GROUP="plugdev"\n'


class ReportTest(attached.UserTest):
    def report(self, make_command=list):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "report.txt"
            pathlib.Path(folder).chmod(0o777)
            attached.run(*make_command([attached.COMMAND, "report", path]), check=True)
            return path.read_text()

    def test_root_is_told_all(self):
        attached.set_rules(RULE)
        # It has left, and its serial number looks like the other's product.
        with attached.Attached("dfu:serial=0001"):
            pass
        with attached.Attached("dfu:serial=E66058388374A72C") as devices:
            text = self.report()
            path = devices.path(0)
        self.assertIn(f"== Device {path}, 1209:0001", text)
        messages = text.partition("== Messages of the kernel ==\n")[2].partition("\n==")[0]
        self.assertRegex(messages, rf"(?m)^\[ *\d+\.\d+\] usb {path}: New USB device found, idVendor=1209, idProduct=0001")
        self.assertRegex(messages, rf"(?m)usb {path}: SerialNumber: 0000000000000001$")
        self.assertNotIn("E66058388374A72C", text)
        self.assertRegex(text, r'(?m)^udev rule +/.*\.rules: SUBSYSTEM=="usb", ATTR\{idVendor\}=="1209"')
        self.assertRegex(text, r"(?m)^kernel +Linux ")

    def test_who_may_not_read_the_kernels_messages_is_told_so(self):
        pathlib.Path("/proc/sys/kernel/dmesg_restrict").write_text("1")
        with attached.Attached("dfu"):
            text = self.report(lambda words: self.user_command(self.program / "dfutrigger", *words[1:]))
        self.assertIn("not readable by this user: /dev/kmsg: ", text)
