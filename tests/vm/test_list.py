# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A device has the same facts in the kernel as on the virtual bus."""

import json

import attached

SPECS = [
    "zephyr",
    "zephyr:stack=legacy",
    "zephyr:stack=legacy,press=reset",
    "nrf52840-keyboard",
    "nrf52840-keyboard:press=reset",
    "dfu",
    "dfu:start=bootloader,alternates=3,names=internal/external/option",
    "dfu:version=1.0,functional=first",
    "dfu:functional=configuration,start=bootloader",
    "dfu:functional=missing,start=bootloader",
    "dfu:flavour=tinyusb",
    "dfu:flavour=rt",
    "sonix-keyboard",
    "sinowealth-keyboard",
    "via-keyboard",
    "jabra",
    "teensy",
    "leonardo",
    "leonardo:program=no",
    "samd",
    "adafruit-nrf52",
    "pico",
    "pico:reset-interface=no",
    "esp32-s2",
    "esp32-s3-jtag",
    "stm32f072",
    "stm32f405",
    "gd32vf103",
    "usbd-dfu-rt",
    "xmos",
    "xmos:xua=4",
    "sln-voice",
]
# These depend on where it is plugged in.
PLACE = {"path", "bus_number", "address"}


def list_devices(*arguments):
    """Our list, without the place."""
    document = json.loads(attached.dfutrigger("list", "--json", "-v", *arguments, check=True).stdout)
    for device in document["devices"]:
        for node in device["nodes"]:
            del node["name"]
    return [{key: value for key, value in device.items() if key not in PLACE} for device in document["devices"]]


class ListTest(attached.Test):
    """Facts of every virtual device."""

    def test_facts_are_the_same_everywhere(self):
        with attached.Attached(*SPECS) as devices:
            for index, spec in enumerate(SPECS):
                with self.subTest(spec=spec):
                    self.assertEqual(list_devices("-p", devices.path(index)), list_devices("--sim", spec))

    def test_a_list_opens_nothing(self):
        with attached.Attached("zephyr", "nrf52840-keyboard") as devices:
            attached.dfutrigger("list", "--json", check=True)
            devices.stop()
            self.assertEqual([line for line in devices.record(0) if line["event"] == "control"], [])
            asked = {(line["request_type"], line["request"]) for line in devices.record(1)
                     if line["event"] == "control"}
            # SET_IDLE and SET_REPORT of usbhid; SET_LINE_CODING and SET_CONTROL_LINE_STATE of cdc-acm
            self.assertLessEqual(asked, {(0x21, 0x0A), (0x21, 0x09), (0x21, 0x20), (0x21, 0x22)})
