# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What lsusb and the kernel tell of a device makes a virtual one that is known for the same."""

import json
import pathlib

import attached
from test_list import PLACE, SPECS

# Where the system keeps it, and what only a device that answers can have.
ELSEWHERE = PLACE | {"nodes"}
SAVED = SPECS if attached.WHOLE else SPECS[::4]
# Known by their report descriptors, which lsusb can't read as long as the interface has a driver.
KNOWN_BY_REPORTS = {"sonix-keyboard", "sinowealth-keyboard", "via-keyboard", "teensy"}


def list_devices(*arguments):
    """Our list, without the place."""
    document = json.loads(attached.dfutrigger("list", "--json", "-v", *arguments, check=True).stdout)
    return [{key: value for key, value in device.items() if key not in ELSEWHERE} for device in document["devices"]]


class SavedDeviceTest(attached.Test):
    """Every virtual device, behind the kernel."""

    def save_text(self, path):
        """What lsusb prints of the device."""
        bus, address = (int(attached.read_sysfs(path, name)) for name in ("busnum", "devnum"))
        saved = self.file(f"lsusb-{path}.txt")
        saved.write_text(attached.run("lsusb", "-v", "-s", f"{bus}:{address}").stdout)
        return saved

    def save_folder(self, path):
        """A copy of its folder: links are left out, and what can't be read."""
        source = pathlib.Path("/sys/bus/usb/devices", path).resolve()
        saved = self.file(f"sys-{path}")
        for file in source.rglob("*"):
            if file.is_symlink() or not file.is_file() or file.stat().st_mode & 0o444 == 0:
                continue
            copy = saved / file.relative_to(source)
            try:
                data = file.read_bytes()
            except OSError:
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
        return saved

    def check_text(self, spec, path, there):
        saved = list_devices("--sim", f"dump:{self.save_text(path)}")
        if spec in KNOWN_BY_REPORTS:
            self.assertEqual(saved[0]["descriptors"], there[0]["descriptors"])
        else:
            self.assertEqual(saved, there)

    def check_folder(self, _, path, there):
        saved = list_devices("--sim", f"dump:{self.save_folder(path)}")
        # The kernel tells the name of the alternate setting that is chosen, no other.
        for interface in there[0]["interfaces"]:
            interface["name"] = None if interface["alternate"] else interface["name"]
        self.assertEqual(saved, there)

    def test_a_saved_device_is_known_for_the_same(self):
        with attached.Attached(*SAVED) as devices:
            for index, spec in enumerate(SAVED):
                there = list_devices("-p", devices.path(index))
                for check in (self.check_text, self.check_folder):
                    with self.subTest(spec=spec, check=check.__name__):
                        check(spec, devices.path(index), there)
