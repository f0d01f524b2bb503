# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Serial ports that others hold, that come back under another name, and that stay."""

import json
import pathlib
import subprocess
import time

import attached

HOLDER = """
import ctypes, fcntl, os, sys, termios
port, how, name = sys.argv[1:]
ctypes.CDLL(None).prctl(15, name.encode())
file = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
if how == "exclusive":
    fcntl.ioctl(file, termios.TIOCEXCL)
if how == "lock":
    fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""

# SET_LINE_CODING
CODING = (0x21, 0x20)


class Holder:
    """A process that has a port open, as long as the with statement lasts."""

    def __init__(self, port, how, name, wrapper=None):
        command = ["/usr/bin/python3", "-c", HOLDER, port, how, name]
        self.process = subprocess.Popen(wrapper(*command) if wrapper else command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def __enter__(self):
        assert self.process.stdout.readline() == "held\n"
        return self

    def __exit__(self, *_):
        self.process.communicate("")


def find_port(path):
    """The serial port of a device."""
    folder = attached.wait_for(lambda: next(pathlib.Path("/sys/bus/usb/devices").glob(f"{path}:1.0/tty/ttyACM*"), None),
                               f"serial port of {path}")
    attached.settle()
    return f"/dev/{folder.name}"


def get_speed(port):
    """The speed that the port is set to."""
    return attached.run("stty", "-F", port, "speed", check=True).stdout.strip()


class HeldTest(attached.UserTest):
    """Another program has the port open."""

    def attach(self, spec="leonardo"):
        """A board whose port everybody may open; root is let through where others are not."""
        attached.set_rules('SUBSYSTEM=="tty", MODE="0666"\n')
        return attached.Attached(spec)

    def check_modem_manager(self, done, holder):
        """It is named, and how to keep it away."""
        self.assertEqual(done.returncode, 16, done.stderr)
        self.assertIn("is in use by ModemManager" if holder else "ModemManager", done.stderr)
        self.assertIn('ATTRS{idVendor}=="2341", ATTRS{idProduct}=="8036", ENV{ID_MM_DEVICE_IGNORE}="1"', done.stderr)

    def test_exclusive(self):
        with self.attach() as devices:
            port = find_port(devices.path())
            with Holder(port, "exclusive", "ModemManager", self.user_command) as holder:
                done = self.as_nobody("-p", devices.path(), "trigger")
                self.check_modem_manager(done, holder)
                self.assertIn(f"{port} is in use by ModemManager (process {holder.pid})", done.stderr)
            self.assert_done(self.as_nobody("-p", devices.path(), "trigger"))

    def test_exclusive_for_somebody_else(self):
        with self.attach() as devices, Holder(find_port(devices.path()), "exclusive", "ModemManager"):
            self.check_modem_manager(self.as_nobody("-p", devices.path(), "trigger"), None)

    def test_lock(self):
        with self.attach() as devices:
            port = find_port(devices.path())
            for wrapper in None, self.user_command:
                with Holder(port, "lock", "terminal", wrapper) as holder:
                    done = attached.dfutrigger("-p", devices.path(), "trigger")
                    self.assertEqual(done.returncode, 16, done.stderr)
                    self.assertIn(f"{port} is in use by terminal (process {holder.pid})", done.stderr)
                    self.assertIn("end that program", done.stderr)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))

    def test_merely_open(self):
        for run in attached.dfutrigger, self.as_nobody:
            with self.subTest(run=run.__name__), self.attach() as devices:
                port = find_port(devices.path())
                with Holder(port, "open", "terminal"):
                    self.assert_done(run("-p", devices.path(), "trigger"))
                    # The old name is taken for as long as somebody has it open.
                    self.assertNotEqual(find_port(devices.path()), port)
                    self.assertIn(find_port(devices.path()), run("list", "-v", "-p", devices.path()).stdout)

    def test_doctor_says_who_has_it(self):
        """Root is told of everybody, others of themselves and of those that lock the port."""
        def examine(run):
            document = json.loads(run("doctor", "--json", "-p", devices.path()).stdout)
            return {one["interface"]: (one["driver"], one["programs"]) for one in document["devices"][0]["holders"]}

        with self.attach() as devices:
            port = find_port(devices.path())
            for run in attached.dfutrigger, self.as_nobody:
                self.assertEqual(examine(run), {0: ("cdc_acm", None), 1: ("cdc_acm", None), 2: ("usbhid", None)})
            for how, wrapper, is_told in (("open", None, False), ("lock", None, True), ("open", self.user_command, True)):
                with self.subTest(how=how, own=wrapper is not None), Holder(port, how, "terminal", wrapper) as holder:
                    told = ("cdc_acm", f"terminal (process {holder.pid})")
                    self.assertEqual(examine(attached.dfutrigger)[0], told)
                    self.assertEqual(examine(self.as_nobody)[0], told if is_told else ("cdc_acm", None))

    def test_it_stays_open_for_others(self):
        with self.attach("leonardo:leave=no") as devices:
            port = find_port(devices.path())
            with Holder(port, "open", "terminal"):
                done = self.as_nobody("-p", devices.path(), "trigger", "--timeout", 1)
                self.assertEqual(done.returncode, 24, done.stderr)
                with Holder(port, "open", "other", self.user_command):
                    self.assertEqual(get_speed(port), "9600")


class NameTest(attached.Test):
    """The port of the bootloader, and that of an application that stayed."""

    def test_same_name(self):
        with attached.Attached("leonardo") as devices:
            port = find_port(devices.path())
            self.assert_done(attached.dfutrigger("-p", devices.path(), "trigger"))
            self.assertEqual(find_port(devices.path()), port)
            self.assertIn(port, attached.dfutrigger("list", "-v", "-p", devices.path()).stdout)

    def test_the_speed_is_restored(self):
        with attached.Attached("leonardo:leave=no") as devices:
            port = find_port(devices.path())
            for _ in range(2):
                done = attached.dfutrigger("-p", devices.path(), "trigger", "--timeout", 1)
                self.assertEqual(done.returncode, 24, done.stderr)
                self.assertEqual(get_speed(port), "9600")
            attached.run("stty", "-F", port, "1200", check=True)
            self.assertEqual(attached.dfutrigger("-p", devices.path(), "trigger", "--timeout", 1).returncode, 24)
            time.sleep(0.2)
            devices.stop()
            codings = [line for line in devices.record() if line["event"] == "control" and
                       (line["request_type"], line["request"]) == CODING]
            # When the driver binds; 1200 and back, twice; 1200 by hand, then 9600, 1200 and back
            self.assertEqual(len(codings), 1 + 2 * 2 + 1 + 3, codings)
