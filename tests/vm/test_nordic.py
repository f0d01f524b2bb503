# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Nordic bootloaders through the kernel's serial driver: whole updates, and what is left of interrupted ones."""

import os
import pathlib
import subprocess
import time

import attached

QUICK = {
    "nrf52840-keyboard": "erase-ms=1,write-us=1,return-ms=100",
    "pca10059": "erase-ms=1,write-us=1,return-ms=100",
    "adafruit-nrf52": "erase-ms=1,write-us=1,return-ms=100",
}
# Where the application begins
PLACES = {"nrf52840-keyboard": 0x1000, "pca10059": 0x1000, "adafruit-nrf52": 0x26000}


def quick(spec):
    """The specification of a device with its QUICK options in front of its own."""
    name, _, options = spec.partition(":")
    return f"{name}:" + ",".join(filter(None, [QUICK[name], options]))


def find_drivers(path):
    """The drivers of a device's interfaces."""
    links = pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:1.*/driver")
    return {os.path.basename(os.readlink(link)) for link in links}


class NordicTest(attached.Test):
    """From the application to the new application."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.application = cls.file("application.bin")
        cls.application.write_bytes(bytes(range(256)) + os.urandom(40000 - 256))
        cls.packages = {
            is_legacy: cls.pack(f"package-{is_legacy}.zip", is_legacy) for is_legacy in (False, True)
        }

    @classmethod
    def pack(cls, name, is_legacy):
        """A package that the device takes; returns its path."""
        package = cls.file(name)
        kind = ["--nordic-legacy", "--sd-req", "0xb6"] if is_legacy else ["--nordic", "--sd-req", 0, "--hw-version", 52]
        attached.dfutrigger("pack", *kind, "--application", cls.application, "--application-version", 2, package,
                            check=True)
        return package

    def package(self, spec):
        """The package for a device."""
        return self.packages[spec.startswith("adafruit")]

    def assert_updated(self, devices, spec, breaches=""):
        """It runs the application that was sent; ends the device."""
        devices.stop()
        flash = attached.read_memories(devices.state())["flash"]
        self.assert_holds(flash[PLACES[spec.partition(":")[0]]:], self.application)
        self.assertIn(b"application", devices.state().read_bytes())
        self.assertEqual([text for text in devices.breaches() if not breaches or breaches not in text], [])

    def test_update(self):
        for spec in ("nrf52840-keyboard", "nrf52840-keyboard:detach-race=ack,bank=dual", "pca10059",
                     "adafruit-nrf52", "adafruit-nrf52:bootloader=uf2,race=gone"):
            with self.subTest(spec=spec), attached.Attached(quick(spec)) as devices:
                done = attached.dfutrigger("-p", devices.path(), "update", self.package(spec))
                self.assert_done(done)
                if "adafruit" not in spec:
                    self.assertIn("2.0.0", done.stdout)
                devices.wait_until_back(arrivals=3)
                self.assertIn("cdc_acm", find_drivers(devices.path()))
                self.assert_updated(devices, spec)

    def test_keyboard_is_a_keyboard_all_the_time_but_during_the_update(self):
        with attached.Attached(quick("nrf52840-keyboard")) as devices:
            self.assertIn("usbhid", find_drivers(devices.path()))
            self.assert_done(attached.dfutrigger("-p", devices.path(), "update", self.package("")))
            devices.wait_until_back(arrivals=3)
            attached.wait_for(lambda: "usbhid" in find_drivers(devices.path()), "the HID driver")
            self.assert_updated(devices, "nrf52840-keyboard")

    @attached.for_release
    def test_killed_and_run_again(self):
        for spec in ("nrf52840-keyboard:erase-ms=85", "adafruit-nrf52:write-us=400"):
            for done_before in (0.2, 0.6):
                with self.subTest(spec=spec, done=done_before), attached.Attached(quick(spec)) as devices:
                    self.kill_at(devices.path(), self.package(spec), done_before)
                    self.assert_done(attached.dfutrigger("-p", devices.path(), "update", self.package(spec)))
                    # Of a program that was killed nobody knows what it waited for.
                    self.assert_updated(devices, spec, "before the last")

    def kill_at(self, path, package, share):
        """Runs an update and kills it without a warning when it has sent that share."""
        with subprocess.Popen([str(attached.COMMAND), "-p", path, "update", str(package), "--json"],
                              stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                event = attached.json.loads(line)
                if event["event"] == "progress" and event["total"] and event["done"] >= share * event["total"]:
                    break
            process.kill()
        time.sleep(0.2)

    def test_what_is_there_is_not_sent_again(self):
        spec = "nrf52840-keyboard:erase-ms=85"
        with attached.Attached(quick(spec)) as devices:
            self.kill_at(devices.path(), self.package(spec), 0.6)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "update", self.package(spec)))
            devices.stop()
            sent = sum(line["length"] for line in devices.record() if line["event"] == "endpoint")
            self.assertLess(sent, 40000 * 1.35, "bytes sent by both runs together")

    def test_port_of_another_program(self):
        """Somebody's bytes in front of ours: ModemManager's."""
        with attached.Attached(quick("nrf52840-keyboard")) as devices:
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
            devices.wait_until_back()
            pattern = f"{devices.path()}:1.0/tty/ttyACM*"
            name = attached.wait_for(
                lambda: next(pathlib.Path("/sys/bus/usb/devices").glob(pattern), None), "the port"
            ).name
            port = os.open(f"/dev/{name}", os.O_RDWR | os.O_NOCTTY)
            os.write(port, b"AT\r")
            time.sleep(0.2)
            os.close(port)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "update", self.package("")))
            devices.wait_until_back(arrivals=3)
            devices.stop()
            flash = attached.read_memories(devices.state())["flash"]
            self.assert_holds(flash[0x1000:], self.application)
