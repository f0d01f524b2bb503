# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Trigger, re-enumeration, update, verification and upload through the kernel."""

import os
import pathlib

import attached

DRIVERS = {"1.0": "usbhid", "1.1": "cdc_acm", "1.2": "cdc_acm"}


def read_drivers(path):
    """Which driver has which interface of a device."""
    drivers = {}
    for folder in pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:*"):
        driver = folder / "driver"
        if driver.exists():
            drivers[folder.name.partition(":")[2]] = os.path.basename(os.readlink(driver))
    return drivers


SLOW_RELEASE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

int libusb_release_interface(void *handle, int interface)
{
	int (*release)(void *, int) = dlsym(RTLD_NEXT, "libusb_release_interface");

	usleep(300000);
	return release(handle, interface);
}
"""


class UpdateTest(attached.Test):
    """Whole updates."""

    def update(self, spec, alternate, memory, breaches=()):
        """Updates a device, reads it back and compares what it holds."""
        with attached.Attached(attached.quick(spec)) as devices:
            path = devices.path()
            done = attached.dfutrigger("-p", path, "-a", alternate, "update", self.firmware, "--json")
            self.assert_done(done)
            self.assertEqual(attached.result_of(done)["verified"], "yes", done.stdout)
            out = self.file("out.bin")
            self.assert_done(attached.dfutrigger("-p", path, "-a", alternate, "upload", out, "--overwrite"))
            self.assert_holds(out.read_bytes(), self.firmware)
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())[memory], self.firmware)
            self.assertEqual(devices.breaches(), list(breaches))

    def test_zephyr(self):
        self.update("zephyr", 1, "slot1")

    def test_zephyr_legacy(self):
        self.update("zephyr:stack=legacy", 1, "slot1")

    def test_zephyr_by_bus_reset(self):
        self.update("zephyr:stack=legacy,will-detach=no", 1, "slot1")

    def test_dfu(self):
        self.update("dfu", 0, "memory0")

    def test_dfu_by_bus_reset(self):
        self.update("dfu:will-detach=no", 0, "memory0")

    def test_dfu_manifestation_by_reset(self):
        # Where a bus reset changes nothing, DETACH is tried: TinyUSB's devices take it.
        self.update("dfu:tolerant=no,reset-returns=bootloader", 0, "memory0",
                    ["dfuIDLE: DETACH is not allowed in this state (DFU 1.1, A.1)"])

    def test_next_step_waits_until_the_last_has_closed(self):
        """Closing is done on a thread, and takes its time on a busy machine."""
        source = self.file("slow.c")
        library = self.file("slow.so")
        source.write_text(SLOW_RELEASE)
        self.assert_done(attached.run("gcc", "-shared", "-fPIC", "-o", library, source))
        with attached.Attached(attached.quick("dfu:start=bootloader")) as devices:
            done = attached.run("env", f"LD_PRELOAD={library}", attached.COMMAND, "-p", devices.path(), "update",
                                self.firmware, "--json")
            self.assert_done(done)
            self.assertEqual(attached.result_of(done)["verified"], "yes", done.stdout)

    def test_alternate_by_name(self):
        self.update("dfu:alternates=3,names=internal/external/option", "external", "memory1")

    def test_zephyr_restarts_by_itself(self):
        with attached.Attached(attached.quick("zephyr:reboot=yes,permanent=yes")) as devices:
            done = attached.dfutrigger("-p", devices.path(), "-a", 1, "update", self.firmware, "--json")
            self.assert_done(done)
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())["slot0"], self.firmware)
            self.assertEqual(devices.breaches(), [])


class KeyboardTest(attached.Test):
    """The keyboard, whose other interfaces belong to the kernel."""

    def test_trigger(self):
        for race in ["gone", "ack"]:
            with self.subTest(race=race), attached.Attached(f"nrf52840-keyboard:detach-race={race}") as devices:
                self.assertEqual(read_drivers(devices.path()), DRIVERS)
                done = attached.dfutrigger("-p", devices.path(), "trigger", "--json")
                self.assert_done(done)
                device = attached.result_of(done)["device"]
                self.assertEqual((device["vendor_id"], device["product_id"]), ("1915", "521f"))
                self.assertEqual(device["path"], devices.path())
                self.assertEqual(read_drivers(devices.path()), {"1.0": "cdc_acm", "1.1": "cdc_acm"})

    def test_drivers_stay_bound(self):
        with attached.Attached("nrf52840-keyboard:leave=no") as devices:
            done = attached.dfutrigger("list", "--probe", "-p", devices.path())
            self.assertIn("27x2-mitosis 1.0.0", done.stdout)
            self.assertEqual(read_drivers(devices.path()), DRIVERS)
            done = attached.dfutrigger("-p", devices.path(), "trigger", "--timeout", 1)
            self.assertEqual(done.returncode, 24, done.stderr)
            self.assertEqual(read_drivers(devices.path()), DRIVERS)

    def test_second_try_goes_to_the_device(self):
        with attached.Attached("nrf52840-keyboard:interface-detach=stall") as devices:
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
            devices.stop()
            asked = [(line["request_type"], line["request"]) for line in devices.record()
                     if line["event"] == "control"]
            self.assertLess(asked.index((0x21, 0)), asked.index((0x20, 0)))
