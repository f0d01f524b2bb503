# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Every way in through the kernel's own drivers: hidraw for reports, cdc-acm for touches and lines."""

import collections
import json
import os
import pathlib
import random
import stat
import subprocess

import attached

DEVICES = pathlib.Path("/sys/bus/usb/devices")

# What the trigger leads to
WAYS = {
    "sonix-keyboard": "0c45:7040",
    "sonix-keyboard:firmware=hfd,interface=1": "0c45:7040",
    "sinowealth-keyboard": "0603:1020",
    "via-keyboard": "03eb:2ff4",
    "via-keyboard:via=silent,bootloader=stm32": "0483:df11",
    "jabra": "0b0e:0411",
    "jabra:family=710": "0b0e:0982",
    "teensy": "16c0:0478",
    "teensy:type=serial": "16c0:0478",
    "leonardo": "2341:0036",
    "samd": "2341:004d",
    "adafruit-nrf52": "239a:002a",
    "pico:baud=no": "2e8a:0003",
    "pico:reset-interface=no": "2e8a:0003",
    "esp32-s2": "303a:0002",
    "esp32-s3-jtag": "303a:1001",
    "esp32-s3-jtag:vid=2886,pid=8056,touch=yes": "303a:1001",
    # Bytes among the lines
    "cdc-board:vid=1eaf,pid=0004,boot-vid=1eaf,boot-pid=0003,magic=yes": "1eaf:0003",
    # A speed that termios has no name for
    "cdc-board:vid=2b04,pid=c006,boot-vid=2b04,boot-pid=d006,bootloader=dfuse,baud=14400": "2b04:d006",
}

Case = collections.namedtuple("Case", "options status text")

IGNORED = Case("leave=no", 24, "did not react to the trigger")
HALF_DONE = Case("return-as=application", 22, "came back as")
REFUSED = Case("trigger=stall", 24, "refused the trigger")
REFUSED_LINES = Case("stall=state", 24, "refused the trigger")
REFUSED_REQUEST = Case("reset-interface=yes,baud=no,leave=no", 24, "did not react to the trigger")
NEVER_BACK = Case("return=no", 18, "did not come back")

CASES = [
    *(("sonix-keyboard", case) for case in (IGNORED, HALF_DONE, NEVER_BACK)),
    ("sinowealth-keyboard", REFUSED),
    ("via-keyboard", Case("via=refuse", 24, "refuses via-bootloader")),
    ("teensy", REFUSED),
    *(("jabra", case) for case in (IGNORED, HALF_DONE, NEVER_BACK)),
    ("jabra", Case("detach=stall", 24, "refused")),
    *(("leonardo", case) for case in (IGNORED, HALF_DONE, NEVER_BACK, REFUSED_LINES)),
    *(("pico", case) for case in (IGNORED, HALF_DONE, REFUSED_REQUEST)),
    ("esp32-s2", HALF_DONE),
]


def start(*arguments):
    """Starts our command."""
    return subprocess.Popen([str(word) for word in [attached.COMMAND, *arguments]], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(processes):
    """Waits for processes; returns the exit status and the output of each."""
    texts = [process.communicate(timeout=120) for process in processes]
    return [(process.returncode, out, err) for process, (out, err) in zip(processes, texts)]


def finish_few(commands, at_once=4):
    """As finish(), of a few at a time: what has to be over within seconds would be late otherwise."""
    for at in range(0, len(commands), at_once):
        yield from finish([start(*command) for command in commands[at : at + at_once]])


def find_nodes(path):
    """Which nodes the kernel made of a device's interfaces: (kind, interface, name)."""
    nodes = []
    for interface in DEVICES.glob(f"{path}:*"):
        number = int((interface / "bInterfaceNumber").read_text(), 16)
        nodes += [("hid", number, f"/dev/{node.name}") for node in interface.glob("0003:*/hidraw/hidraw*")]
        nodes += [("serial", number, f"/dev/{node.name}") for node in interface.glob("tty/tty*")]
    return sorted(nodes, key=lambda node: node[1])


def find_drivers(path):
    """The drivers of a device's interfaces, by number."""
    links = DEVICES.glob(f"{path}:*/driver")
    return {int((link.parent / "bInterfaceNumber").read_text(), 16): os.path.basename(os.readlink(link))
            for link in links}


def get_ids(path):
    """As in 0c45:7040."""
    return ":".join(attached.read_sysfs(path, f"id{what}") for what in ("Vendor", "Product"))


def requests(devices, index=0):
    """What a device was asked, as (request type, request, value); after stop()."""
    return [(line["request_type"], line["request"], line["value"]) for line in devices.record(index)
            if line["event"] == "control"]


def is_of_driver(request):
    """SET_IDLE, the LEDs and the first line coding: usbhid and cdc-acm send them when they bind."""
    return request in {(0x21, 0x0A, 0), (0x21, 0x09, 0x0200), (0x21, 0x20, 0), (0x21, 0x22, 0)}


class WaysTest(attached.Test):
    """Each virtual device with its own way in."""

    def test_nodes_are_those_of_the_kernel(self):
        with attached.Attached(*WAYS) as devices:
            document = json.loads(attached.dfutrigger("list", "--json", check=True).stdout)
            found = {device["path"]: device["nodes"] for device in document["devices"]}
            for index, spec in enumerate(WAYS):
                with self.subTest(spec=spec):
                    nodes = found[devices.path(index)]
                    told = [(node["kind"], node["interface"], node["name"]) for node in nodes]
                    self.assertEqual(told, find_nodes(devices.path(index)))
                    self.assertTrue(told)
                    for _, _, name in told:
                        self.assertTrue(stat.S_ISCHR(os.stat(name).st_mode), name)
            devices.stop()
            for index, spec in enumerate(WAYS):
                asked = [request for request in requests(devices, index) if not is_of_driver(request)]
                self.assertEqual(asked, [], f"{spec}: a list asks devices")

    def test_trigger(self):
        with attached.Attached(*WAYS) as devices:
            commands = [("-p", devices.path(index), "trigger", "--json") for index in range(len(WAYS))]
            for index, (status, out, err) in enumerate(finish_few(commands)):
                spec = list(WAYS)[index]
                with self.subTest(spec=spec):
                    self.assertEqual(status, 0, out + err)
                    device = json.loads(out.splitlines()[-1])["device"]
                    self.assertEqual(device["path"], devices.path(index))
                    self.assertEqual(f"{device['vendor_id']}:{device['product_id']}", WAYS[spec])
                    self.assertEqual(get_ids(devices.path(index)), WAYS[spec])
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            # It is the same in both modes.
            self.assertIn(b"mode bootloader", devices.state(list(WAYS).index("esp32-s3-jtag")).read_bytes())

    def test_errors(self):
        specs = [f"{name}:{case.options}" for name, case in CASES]
        with attached.Attached(*specs) as devices:
            done = list(finish_few([["-p", devices.path(index), "trigger", "--timeout", 3] for index in range(len(specs))]))
        for spec, (_, case), (status, _, err) in zip(specs, CASES, done):
            with self.subTest(spec=spec):
                self.assertEqual(status, case.status, err)
                self.assertIn(case.text, err)


class TypingTest(attached.Test):
    """Keyboards stay keyboards: no driver is detached for a report."""

    def test_drivers_stay_bound(self):
        specs = ["sonix-keyboard:leave=no", "sinowealth-keyboard:trigger=stall", "via-keyboard:via=refuse",
                 "teensy:leave=no", "leonardo:leave=no"]
        with attached.Attached(*specs) as devices:
            before = [find_drivers(devices.path(index)) for index in range(len(specs))]
            nodes = [find_nodes(devices.path(index)) for index in range(len(specs))]
            with Watcher("usb") as watcher:
                for status, out, err in finish([start("-p", devices.path(index), "trigger", "--timeout", 1)
                                                for index in range(len(specs))]):
                    self.assertEqual(status, 24, out + err)
                events = watcher.stop()
            self.assertEqual(events, [], "a driver was unbound or bound meanwhile")
            self.assertEqual([find_drivers(devices.path(index)) for index in range(len(specs))], before)
            self.assertEqual([find_nodes(devices.path(index)) for index in range(len(specs))], nodes)
            for index, spec in enumerate(specs):
                self.assertIn("usbhid", before[index].values(), spec)


class Watcher:
    """The kernel's own events of a subsystem."""

    def __init__(self, subsystem):
        self.command = ["udevadm", "monitor", "--kernel", f"--subsystem-match={subsystem}"]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("KERNEL -"):
                break
        return self

    def stop(self):
        """The events until now."""
        self.process.terminate()
        return [line.strip() for line in self.process.communicate()[0].splitlines() if line.startswith("KERNEL[")]

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


class TwinsTest(attached.Test):
    """Devices that nothing but their port tells apart leave and come back in random order."""

    TWINS = 13
    MEANT = 10

    def trigger_some(self, name):
        """Triggers some of many, each by a process of its own; the others must not notice."""
        specs = [f"{name}:serial=,return-ms={random.randint(0, 600)}" for _ in range(self.TWINS)]
        with attached.Attached(*specs) as devices:
            order = random.sample(range(self.TWINS), self.MEANT)
            results = finish([start("-p", devices.path(index), "trigger", "--json") for index in order])
            for index, (status, out, err) in zip(order, results):
                self.assertEqual(status, 0, out + err)
                self.assertEqual(json.loads(out.splitlines()[-1])["device"]["path"], devices.path(index))
            ids = [get_ids(devices.path(index)) for index in range(self.TWINS)]
            devices.stop()
            self.assertEqual([ids[index] == WAYS[name] for index in range(self.TWINS)],
                             [index in order for index in range(self.TWINS)], ids)
            for index in set(range(self.TWINS)) - set(order):
                asked = [request for request in requests(devices, index) if not is_of_driver(request)]
                self.assertEqual(asked, [], "a device was asked that was not meant")

    def test_only_those_that_are_meant(self):
        random.seed(4)
        for name in ["sonix-keyboard", "leonardo"]:
            self.trigger_some(name)
