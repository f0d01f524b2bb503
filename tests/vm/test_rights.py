# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What our rules make of nodes, read from udev: tags, group, mode."""

import pathlib

import attached
from test_access import get_node
from test_nodes_access import find_node

SHIPPED = attached.BUILD / "lib/70-dfutrigger.rules"
LAB = attached.BUILD / "lib/72-dfutrigger-lab.rules"
# Keyboards: which interface is the boot keyboard's, which one the trigger needs (None: the same), whether that carries keys
KEYBOARDS = {
    "via-keyboard": (0, 1, False),
    "sinowealth-keyboard": (0, 1, True),
    "sonix-keyboard:interface=1": (0, 1, True),
    "sonix-keyboard:interface=0": (0, None, True),
}


class RightsTest(attached.UserTest):
    """With the rules as they are installed."""

    def setUp(self):
        attached.set_rules(SHIPPED.read_text())

    def expect(self, node, tagged, group, mode):
        """Tag, group and mode of a node; a group of ours comes with the mode that lets it write."""
        tags, had_group, had_mode, properties = attached.get_rights(node)
        self.assertEqual(("uaccess" in tags, had_group, oct(had_mode)), (tagged, group, oct(mode)), node)
        return properties

    def test_a_keyboard_is_nobodys(self):
        with attached.Attached(*KEYBOARDS) as devices:
            for index, (spec, (boot, raw, _)) in enumerate(KEYBOARDS.items()):
                with self.subTest(spec=spec):
                    self.expect(find_node(devices.path(index), "hidraw", boot), False, "root", 0o600)
                    self.expect(get_node(devices.path(index)), False, "root", 0o664)
                    if raw is not None:
                        self.expect(find_node(devices.path(index), "hidraw", raw), True, "root", 0o600)

    def test_other_keyboards_interfaces(self):
        """No node but the one that the trigger needs."""
        with attached.Attached(*KEYBOARDS) as devices:
            for index, (spec, (_, raw, _)) in enumerate(KEYBOARDS.items()):
                for folder in pathlib.Path("/sys/bus/usb/devices").glob(f"{devices.path(index)}:1.*"):
                    number = int(folder.name.rpartition(".")[2])
                    # Where the table has no number, all but the boot keyboard's are given.
                    if number == raw or not list(folder.glob("0003:*")) or spec.startswith("sonix"):
                        continue
                    with self.subTest(spec=spec, interface=number):
                        self.expect(find_node(devices.path(index), "hidraw", number), False, "root", 0o600)

    def test_bootloaders_are_for_the_group(self):
        specs = ["dfu:start=bootloader", "stm32f405", "nrf52840-keyboard:press=reset"]
        with attached.Attached(*specs) as devices:
            for index, spec in enumerate(specs):
                with self.subTest(spec=spec):
                    properties = self.expect(get_node(devices.path(index)), True, "plugdev", 0o660)
                    self.assertEqual(properties.get("ID_MM_DEVICE_IGNORE"), "1")
            properties = self.expect(find_node(devices.path(2), "tty", 0), True, "dialout", 0o660)
            self.assertEqual(properties.get("ID_MM_DEVICE_IGNORE"), "1")

    def test_applications_are_for_who_sits_there(self):
        with attached.Attached("zephyr", "nrf52840-keyboard", "jabra") as devices:
            for index in range(3):
                self.expect(get_node(devices.path(index)), True, "root", 0o664)

    def test_a_laboratory(self):
        attached.set_rules(LAB.read_text(), LAB.name)
        with attached.Attached(*KEYBOARDS, "zephyr", "stm32f405") as devices:
            for index, (spec, (boot, raw, has_keys)) in enumerate(KEYBOARDS.items()):
                with self.subTest(spec=spec):
                    self.expect(find_node(devices.path(index), "hidraw", boot), False, "root", 0o600)
                    if raw is not None and not has_keys:
                        self.expect(find_node(devices.path(index), "hidraw", raw), True, "plugdev", 0o660)
                    elif raw is not None:
                        self.expect(find_node(devices.path(index), "hidraw", raw), True, "root", 0o600)
            for index in len(KEYBOARDS), len(KEYBOARDS) + 1:
                self.expect(get_node(devices.path(index)), True, "plugdev", 0o660)

    def test_a_laboratory_with_a_keyboard_on_the_bench(self):
        """The # in front of a keyboard's lines taken away."""
        lines = [line[1:] if line.startswith("#ATTRS") else line for line in LAB.read_text().splitlines(keepends=True)]
        attached.set_rules("".join(lines), LAB.name)
        with attached.Attached("sinowealth-keyboard") as devices:
            self.expect(find_node(devices.path(), "hidraw", 0), False, "root", 0o600)
            self.expect(find_node(devices.path(), "hidraw", 1), True, "plugdev", 0o660)
