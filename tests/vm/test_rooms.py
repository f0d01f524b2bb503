# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Rooms full of devices in a real kernel: who is meant is updated, or nobody is, and the others are sent nothing.

Of what the bystanders are sent, only what the kernel's own drivers send is left out.
"""

import json
import random

import attached

# UVC's GET_CUR to GET_DEF of uvcvideo, and its SET_INTERFACE
DRIVERS = {(0xA1, request) for request in range(0x81, 0x88)} | {(0x01, 0x0B)}

CAMERA = "webcam"
# A device of which nothing but its class is known
PLAIN = "dfu:serial=P1"
ZEPHYR = "zephyr"
ROM = "stm32f072"
KEYBOARD = "via-keyboard:bootloader=stm32"


class RoomTest(attached.Test):
    """Each test is a room and a question."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.raw = cls.file("raw.bin")
        cls.raw.write_bytes(random.Random(1).randbytes(3000))
        cls.hex = cls.file("raw.hex")
        attached.dfutrigger("pack", cls.raw, cls.hex, "--format", "ihex", "--address", "0x08000000", check=True)

    @staticmethod
    def is_ours(line):
        """Whether a line of a record is a request that no driver sends."""
        if line["event"] == "control":
            return (line["request_type"], line["request"]) not in DRIVERS
        return line["event"] == "bus-reset"

    def ask(self, specs, image, *arguments, chosen=None, code="ok"):
        """Updates what is meant in a room; "PATH" among the arguments is the chosen one's port."""
        specs = [attached.quick(spec) if spec.partition(":")[0] in attached.QUICK else spec for spec in specs]
        with attached.Attached(*specs) as devices:
            words = [devices.path(chosen) if word == "PATH" else word for word in arguments]
            done = attached.dfutrigger("update", "--json", *words, image)
            told = attached.result_of(done)
            self.assertEqual(told["code"], code, json.dumps(told))
            if chosen is not None:
                self.assertEqual(told["device"]["path"], devices.path(chosen))
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            for index in range(len(specs)):
                requests = [line for line in devices.record(index) if self.is_ours(line)]
                self.assertEqual(bool(requests), index == chosen, f"{specs[index]}: {requests}")

    def test_a_camera_is_not_taken_because_it_is_alone(self):
        self.ask([CAMERA], self.raw, code="not-found")

    def test_a_camera_that_is_named_is_taken(self):
        self.ask([PLAIN, CAMERA], self.raw, "-p", "PATH", chosen=1)

    def test_what_waits_for_firmware_is_taken_beside_a_camera(self):
        self.ask([CAMERA, ROM], self.hex, chosen=1)

    def test_a_known_board_is_taken_beside_what_only_its_class_tells(self):
        self.ask([CAMERA, PLAIN, ZEPHYR], self.firmware, chosen=2)

    def test_what_the_file_fits_is_taken(self):
        self.ask([ZEPHYR, ROM], self.hex, chosen=1)

    def test_ids_name_what_only_its_class_tells(self):
        self.ask([CAMERA, PLAIN], self.raw, "-d", "1209:0001", chosen=1)

    def test_of_two_none_is_the_first(self):
        self.ask([ROM, ROM], self.hex, code="ambiguous")

    def test_of_two_the_port_decides(self):
        self.ask([ROM, ROM], self.hex, "-p", "PATH", chosen=1)

    def test_of_two_the_serial_number_decides(self):
        self.ask([ZEPHYR + ":serial=A", ZEPHYR + ":serial=B"], self.firmware, "-S", "B", chosen=1)

    def test_a_slow_one_is_not_passed_over(self):
        self.ask([ROM, ROM + ":string-ms=300"], self.hex, code="ambiguous")
        self.ask([ROM, ROM + ":string-ms=300"], self.hex, "-p", "PATH", chosen=1)

    def test_beside_one_that_hangs_nothing_is_chosen(self):
        self.ask([ROM, ROM + ":strings=names-hang"], self.hex, code="timeout")

    def test_a_keyboard_takes_one_command(self):
        self.ask([CAMERA, KEYBOARD], self.raw, chosen=1)

