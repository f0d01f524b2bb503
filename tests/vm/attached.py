# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Virtual devices plugged into this machine's kernel, and the programs that meet them."""

import grp
import json
import os
import pathlib
import pwd
import queue
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ.get("DFUTRIGGER_BUILD", "build/vm")).resolve()
COMMAND = BUILD / "examples/cli/dfutrigger"
# A release is tried with more than each push.
WHOLE = bool(os.environ.get("WHOLE"))
PROJECT = pathlib.Path(__file__).resolve().parents[2]
# For what hangs: a machine may be busy with other things.
DEADLINE = 60
RULES = pathlib.Path("/etc/udev/rules.d/70-dfutrigger.rules")
SEAT = pathlib.Path("/run/systemd/seats/seat0")
USER = pwd.getpwnam("nobody")

# With these the devices are as quick as they can be; what takes time is the kernel.
QUICK = {
    "zephyr": "poll-ms=0,erase-ms=0,detach-ms=20",
    "nrf52840-keyboard": "erase-ms=0,write-us=0,return-ms=100",
    "pca10059": "erase-ms=0,write-us=0,return-ms=100",
    "dfu": "poll-ms=0,manifest-ms=0,detach-ms=20",
    "sonix-keyboard": "return-ms=100",
    "sinowealth-keyboard": "return-ms=100",
    "via-keyboard": "return-ms=100",
    "jabra": "return-ms=100",
    "teensy": "return-ms=100",
    "esp32-s2": "erase-percent=0,manifest-ms=100,return-ms=100",
    "stm32f072": "erase-percent=0,program-percent=0,return-ms=100",
    "stm32f405": "erase-percent=0,program-percent=0,mass-poll-ms=0,return-ms=100",
    "gd32vf103": "erase-percent=0,program-percent=0,return-ms=100",
    "usbd-dfu-rt": "erase-percent=0,program-percent=0,return-ms=100",
    "xmos": "erase-percent=0,return-ms=100",
    "sln-voice": "write-ms=0,manifest-ms=0,return-ms=100",
    "leonardo": "erase-us=0,page-us=0,eeprom-us=0,return-ms=100",
    "samd": "erase-us=0,page-us=0,return-ms=100",
    "flip": "erase-ms=50,page-ms=0,watchdog-ms=50,return-ms=100",
}


def for_release(test):
    """For a long test whose kind has shorter ones: a push goes without it."""
    return test if WHOLE else None


def quick(spec):
    """The specification of a device with its QUICK options in front of its own."""
    name, _, options = spec.partition(":")
    return f"{name}:" + ",".join(filter(None, [QUICK[name], options]))


def run(*command, timeout=120, check=False, **options):
    """Runs a program; returns the completed process, with its output as text."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=timeout,
        **options,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def dfutrigger(*arguments, **options):
    """Runs our command."""
    return run(COMMAND, *arguments, **options)


def result_of(done):
    """The last JSON line of a job."""
    return json.loads(done.stdout.splitlines()[-1])


def settle():
    """Waits for udev."""
    run("udevadm", "settle", check=True)


def wait_for(condition, what, deadline=DEADLINE):
    """Waits until condition() is true, and returns what it returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline} s for {what}")
        time.sleep(0.01)


def read_sysfs(path, name):
    """A fact that the kernel tells of a device; "" if it is not there."""
    try:
        return pathlib.Path(f"/sys/bus/usb/devices/{path}/{name}").read_text().strip()
    except OSError:
        return ""


def read_memories(state):
    """The memories in a state file, by name."""
    data = pathlib.Path(state).read_bytes()
    memories = {}
    for match in re.finditer(rb"^memory (\S+) (\d+)\n", data, re.MULTILINE):
        memories[match[1].decode()] = data[match.end() : match.end() + int(match[2])]
    return memories


def put_mode(state, mode):
    """The device of a state file is in a mode when it is plugged in, as if somebody had held what asks for that."""
    path = pathlib.Path(state)
    path.write_bytes(re.sub(rb"(?m)^mode \w+$", b"mode " + mode.encode(), path.read_bytes(), count=1))


def set_rules(text, name=RULES.name):
    """Installs udev rules, or with None takes away all that tests have installed."""
    RULES.parent.mkdir(parents=True, exist_ok=True)
    if text is None:
        for path in RULES.parent.glob("7?-dfutrigger*.rules"):
            path.unlink()
    else:
        (RULES.parent / name).write_text(text)
    run("udevadm", "control", "--reload", check=True)


def obey(hint):
    """Does what a hint says: pastes its commands into a shell, as who may do it."""
    line = hint[hint.index("printf "):].splitlines()[0]
    run("sh", "-euc", f'sudo() {{ "$@"; }}\n{line}', check=True)
    return line


def get_rights(node):
    """What udev gave a node: its tags, its group, its mode and its properties."""
    settle()
    lines = run("udevadm", "info", node, check=True).stdout.splitlines()
    properties = dict(line[3:].split("=", 1) for line in lines if line.startswith("E: "))
    facts = os.stat(node)
    return (set(filter(None, properties.get("TAGS", "").split(":"))), grp.getgrgid(facts.st_gid).gr_name,
            facts.st_mode & 0o7777, properties)


def set_seat(is_there):
    """Whether USER sits at this machine, for udev's tag uaccess."""
    if is_there:
        SEAT.parent.mkdir(parents=True, exist_ok=True)
        SEAT.write_text(f"ACTIVE=c1\nACTIVE_UID={USER.pw_uid}\n")
    else:
        SEAT.unlink(missing_ok=True)


class Attached:
    """Virtual devices in the kernel, as long as the with statement lasts."""

    def __init__(self, *specs):
        self.folder = tempfile.TemporaryDirectory(prefix="attached-", dir="/run")
        self.record_path = pathlib.Path(self.folder.name, "record")
        self.specs = [f"{spec}{'' if ':' in spec else ':'}{',' if ':' in spec else ''}state={self.state(i)}"
                      for i, spec in enumerate(specs)]
        self.paths = {}
        self.arrivals = [0] * len(specs)
        self.faults = [threading.Event() for _ in specs]
        self.events = queue.Queue()
        self.process = None
        self.errors = tempfile.TemporaryFile(mode="w+")

    def state(self, index=0):
        """The state file of a device; it is whole after stop()."""
        return pathlib.Path(self.folder.name, f"state-{index}")

    def __enter__(self):
        self.process = subprocess.Popen(
            [COMMAND, "sim", *self.specs, "--attach", "--json", "--sim-record", self.record_path],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        threading.Thread(target=self.read_events, daemon=True).start()
        try:
            for index in range(len(self.specs)):
                self.wait_until_back(index, 1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()
        self.errors.close()

    def read_events(self):
        """In a thread of its own: what the command tells."""
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "attached":
                index = self.specs.index(event["sim"])
                self.paths[index] = event["path"]
                self.arrivals[index] += 1
            elif event["event"] == "fault":
                self.faults[self.specs.index(event["device"])].set()

    def is_configured(self, index, arrivals):
        """Whether a device has arrived so many times and the kernel is done with it."""
        if self.process.poll() is not None:
            self.errors.seek(0)
            raise AssertionError(f"{self.specs}: {self.errors.read()}")
        return self.arrivals[index] >= arrivals and read_sysfs(self.paths[index], "bConfigurationValue")

    def wait_until_back(self, index=0, arrivals=2):
        """Waits until a device has arrived so many times and is ready for programs."""
        wait_for(lambda: self.is_configured(index, arrivals), f"arrival {arrivals} of {self.specs[index]}")
        settle()

    def path(self, index=0):
        """The port path of a device."""
        return self.paths[index]

    def stop(self):
        """Unplugs the devices, which completes their state files and the record."""
        self.process.terminate()
        self.process.wait(DEADLINE)
        for path in self.paths.values():
            wait_for(lambda path=path: not read_sysfs(path, "idVendor"), f"{path} to leave")

    def record(self, index=0):
        """What a device was asked; after stop()."""
        lines = [json.loads(line) for line in self.record_path.read_text().splitlines()]
        return [line for line in lines if line["device"] == self.specs[index]]

    def breaches(self):
        """The rules that the host broke; after stop()."""
        lines = [json.loads(line) for line in self.record_path.read_text().splitlines()]
        return [line["text"] for line in lines if line["event"] == "breach"]


def read_usbmon(bus, **options):
    """A process that reads what goes over a bus, 0 for all: as soon as it is there, for the kernel drops what nobody takes."""
    process = subprocess.Popen(["cat", f"/sys/kernel/debug/usb/usbmon/{bus}u"], **options)
    os.sched_setscheduler(process.pid, os.SCHED_FIFO, os.sched_param(1))
    return process


class Usbmon:
    """The class requests to interfaces that a device is sent, by usbmon: "21 22 0003 0000"; of a line coding its speed."""

    def __init__(self, path):
        bus, address = (int(read_sysfs(path, name)) for name in ("busnum", "devnum"))
        self.pattern = re.compile(rf"S Co:{bus}:{address:03}:0 s (21 \w+ \w+ \w+) \w+ \d+(?: = (\w+))?")
        self.process = read_usbmon(bus, stdout=subprocess.PIPE, text=True)
        time.sleep(0.2)

    def stop(self):
        """The requests until now."""
        time.sleep(0.2)
        self.process.terminate()
        requests = []
        for match in self.pattern.finditer(self.process.communicate()[0]):
            is_coding = match[1].startswith("21 20") and match[2]
            speed = f" {int.from_bytes(bytes.fromhex(match[2]), 'little')}" if is_coding else ""
            requests.append(match[1] + speed)
        return requests


class Test(unittest.TestCase):
    """A test with files to flash."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="test-", dir="/run")
        cls.firmware = cls.make_image("firmware", 20000, "1.2.3")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def file(cls, name):
        """A path for a file of this test."""
        return pathlib.Path(cls.folder.name, name)

    @classmethod
    def make_image(cls, name, size, version):
        """A signed-looking MCUboot image with random code; returns its path."""
        raw = cls.file(f"{name}.raw")
        raw.write_bytes(os.urandom(size))
        image = cls.file(f"{name}.bin")
        dfutrigger("pack", raw, image, "--mcuboot", version, check=True)
        return image

    def assert_done(self, done):
        """The program has succeeded."""
        self.assertEqual(done.returncode, 0, f"{done.args}\n{done.stdout}\n{done.stderr}")

    def assert_holds(self, memory, image):
        """A memory begins with the bytes of a file."""
        wanted = pathlib.Path(image).read_bytes()
        self.assertTrue(memory[: len(wanted)] == wanted, "the device does not hold what was flashed")


class UserTest(Test):
    """A test as an ordinary user."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The checkout may be in a folder that others can't enter.
        cls.program = cls.file("program")
        cls.program.mkdir()
        for path in [COMMAND, *BUILD.glob("lib/**/libdfutrigger*.so.0")]:
            shutil.copy(path, cls.program / path.name)
        os.chmod(cls.folder.name, 0o755)

    def tearDown(self):
        set_rules(None)
        set_seat(False)

    def user_command(self, *command, groups="--clear-groups"):
        """The words that run a program as nobody."""
        return ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", groups,
                "env", f"LD_LIBRARY_PATH={self.program}", *command]

    def as_nobody(self, *arguments, **options):
        """Runs our command as an ordinary user."""
        return run(*self.user_command(self.program / "dfutrigger", *arguments, **options))
