#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Tests of the command on virtual devices: run.py PATH-OF-DFUTRIGGER [unittest's arguments].

Files to flash are composed here, with Python's own hashes, so that the library's code is not its own judge.
With DFUTRIGGER_EXAMPLES set to the folder of the built example programs, these are tried, too.
"""

import hashlib
import io
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sessions"))

import cases  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("DFUTRIGGER", "dfutrigger")
EXAMPLES = os.environ.get("DFUTRIGGER_EXAMPLES")
NORDIC = os.environ.get("DFUTRIGGER_NORDIC") != "false"
SMP = os.environ.get("DFUTRIGGER_SMP") != "false"
TIMEOUT = 120

DFU_DETACH, DFU_DNLOAD = 0, 1
SLOT_TOO_SMALL_FOR = 2 * 1024 * 1024

EXIT = {
    "usage": 2, "not-found": 13, "ambiguous": 14, "timeout": 18, "unsupported": 20, "mismatch": 22,
    "device": 24, "io": 19, "cancelled": 26,
    "format": 31, "length": 32, "checksum": 33, "hash": 34, "ids": 35, "size": 36, "memory-map": 38, "bootloader": 39,
}


def compose_mcuboot(body, version=(1, 2, 3, 4), header_size=0x200, padding=b"\0"):
    """MCUboot image, unsigned: header, body, TLV area with the SHA-256 of both."""
    header = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, header_size, 0, len(body), 0, *version, 0)
    signed = header.ljust(header_size, padding) + body
    digest = hashlib.sha256(signed).digest()
    return signed + struct.pack("<HHHH", 0x6907, 8 + len(digest), 0x10, len(digest)) + digest


def compose_suffix(payload, vendor_id, product_id, release=0xFFFF):
    """DFU 1.1, appendix B."""
    data = payload + struct.pack("<HHHH3sB", release, product_id, vendor_id, 0x0100, b"UFD", 16)
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF)


def compose_body(size):
    """A Cortex-M vector table, and noise that is the same each time."""
    noise = b"".join(hashlib.sha256(struct.pack("<I", i)).digest() for i in range(size // 32 + 1))
    return (struct.pack("<II", 0x20008000, 0x201) + noise)[:size]


def wait_for_bytes(process):
    """Until the command has written some to a file, which may have no name yet."""
    folder = pathlib.Path(f"/proc/{process.pid}/fd")
    while True:
        for link in folder.iterdir():
            status = link.stat() if link.exists() else None
            if status and stat.S_ISREG(status.st_mode) and status.st_size and os.access(link, os.W_OK):
                if "#" in os.readlink(link) or "/.dfutrigger." in os.readlink(link):
                    return
        time.sleep(0.02)


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.text = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def document(self):
        return json.loads(self.text)

    @property
    def lines(self):
        return [json.loads(line) for line in self.text.splitlines()]

    def __str__(self):
        return f"exit code {self.code}\n{self.text}\n{self.err}"


class Case(unittest.TestCase):
    # Who can read a file is said by its mode, and not by its folder.
    HAS_MODES = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dfutrigger-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.record_path = self.folder / "record"
        self.board_path = self.folder / "board.bin"
        self.board = ["--sim", f"zephyr:state={self.board_path}"]
        self.keyboard = ["--sim", "nrf52840-keyboard"]

    def run_command(self, *arguments, **options):
        words = [COMMAND, *(str(argument) for argument in arguments)]
        return Result(subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                                     check=False, **options))

    def expect(self, code, *arguments, **options):
        result = self.run_command(*arguments, **options)
        self.assertEqual(result.code, code, str(result))
        return result

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def read_record(self):
        return [json.loads(line) for line in self.record_path.read_text().splitlines()]

    def get_class_requests(self):
        return [line for line in self.read_record()
                if line["event"] == "control" and line["request_type"] & 0x60 == 0x20]

    def assert_private(self, path):
        if self.HAS_MODES:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def assert_no_breach(self):
        self.assertEqual([line for line in self.read_record() if line["event"] == "breach"], [])

    def assert_silent(self):
        self.assertEqual(self.get_class_requests(), [])


class ListTest(Case):
    KEYS = {"vendor_id", "product_id", "path", "serial_number", "mode", "interfaces", "triggers", "protocol",
            "release", "manufacturer", "product", "bus_number", "address", "configuration", "descriptors", "dfu",
            "title", "generic", "mode_guessed", "protocol_shown_later"}

    def test_board(self):
        device, = self.expect(0, *self.board, "list", "--json").document["devices"]
        self.assertLessEqual(self.KEYS, device.keys())
        self.assertEqual((device["vendor_id"], device["product_id"]), ("2fe3", "0005"))
        self.assertEqual((device["mode"], device["protocol"]), ("application", "dfu"))
        self.assertIn("dfu-detach", device["triggers"])
        self.assertRegex(device["path"], r"^\d+-\d+$")
        self.assertIn(("fe", "01"), [(one["class"], one["subclass"]) for one in device["interfaces"]])
        self.assertEqual(device["dfu"]["version"], "0110")

    def test_text(self):
        text = self.expect(0, *self.board, "list").text
        for word in ("2fe3:0005", "application", "dfu-detach"):
            self.assertIn(word, text)

    def test_nothing(self):
        for spec, version in (("zephyr", "1.1 "), ("dfu:version=1.0", "1.0 "), ("stm32f405", "1.1a ")):
            self.assertIn(f" DFU {version}", self.expect(0, "--sim", spec, "list").text)
        result = self.expect(0, *self.board, "-d", "1234:5678", "list")
        self.assertRegex(result.text, "no devices found: there is no device 1234:5678; there are 2fe3:0005 .*\n")
        self.assertIn("doctor", result.text)
        result = self.expect(EXIT["not-found"], *self.board, "-p", "1-7", "doctor")
        self.assertRegex(result.text, "there is no device at 1-7; there are 2fe3:0005 .* at 1-1")

    def test_a_file_for_the_bootloader_needs_the_pair(self):
        image = self.folder / "camera.dfu"
        self.expect(0, "pack", "--suffix=30c9:80a8", self.write("any.bin", bytes(range(256))), image)
        result = self.expect(EXIT["ids"], "--sim", "webcam", "update", "-d", "30c9:00a8", image)
        self.assertIn("-d APP,BOOT", result.err)
        self.expect(0, "--sim", "webcam", "update", "-d", "30c9:00a8,30c9:80a8", image)

    def test_a_trigger_that_it_does_not_have(self):
        err = self.expect(EXIT["not-found"], "--sim", "webcam", "trigger", "-d", "30c9:", "--how", "nope").err
        self.assertIn('no trigger "nope"; it has dfu-detach', err)
        err = self.expect(EXIT["not-found"], "--sim", "stm32f072", "trigger", "--how", "nope").err
        self.assertIn('no trigger "nope"; it has none', err)

    def test_what_is_not_configured_is_shown(self):
        keyboard = ["--sim", "via-keyboard:configured=no"]
        self.assertIn("none in use: the system has not configured it", self.expect(0, *keyboard, "list").text)
        self.assertIn("a port with enough power", self.expect(0, *keyboard, "doctor").text)
        image = self.write("any.bin", bytes(range(256)))
        self.assertIn("a port with enough power",
                      self.expect(EXIT["unsupported"], *keyboard, "update", "-p", "1-1", image).err)

    def test_what_is_not_read_is_named_with_the_way_on(self):
        image = self.write("any.bin", bytes(range(256)))
        result = self.expect(EXIT["timeout"], "--sim", "stm32f405:strings=hang", "--sim", "stm32f072", "update", image)
        self.assertIn("at 1-1: its names are not read", result.err)
        self.assertIn("by its port path or ids: -p, -d\n", result.err)

    def test_selection(self):
        two = [*self.board, *self.keyboard]
        for words, ids in ((["-d", "2fe3:"], ["2fe3"]), (["-d", ":520f"], ["1915"]), (["-d", "*:*"], ["1915", "2fe3"]),
                           (["-d", ",2fe3:ffff"], []), (["-d", "2fe3:0005,2fe3:ffff"], ["2fe3"]),
                           (["-S", "CC5B702828B2"], ["1915"])):
            with self.subTest(words):
                devices = self.expect(0, *two, *words, "list", "--json").document["devices"]
                self.assertEqual(sorted(device["vendor_id"] for device in devices), ids)

    def test_form_of_dfu_util(self):
        two = ["--sim", "xmos", "--sim", "stm32f072", "--sim", "nrf52840-keyboard"]
        lines = self.expect(0, *two, "list", "--dfu-util").text.splitlines()
        self.assertEqual(lines[0], 'Found Runtime: [20b1:0002] ver=0500, devnum=1, cfg=1, intf=3, path="1-1", alt=0, '
                                   'name="UNKNOWN", serial="0001"')
        self.assertEqual([line.split(",")[5] for line in lines[1:]], [" alt=1", " alt=0"])
        for line in lines[1:]:
            self.assertRegex(line, r'^Found DFU: \[0483:df11\] ver=[0-9a-f]{4}, devnum=2, cfg=1, intf=0, path="1-2", '
                                   r'alt=\d, name="@[^"]+", serial="[^"]+"$')
        self.assertEqual(self.expect(0, *two, "list", "--dfu-util", "-p", "1-1").text.splitlines(), lines[:1])
        self.assertEqual(self.expect(0, *self.keyboard, "list", "--dfu-util").text, "")
        self.expect(EXIT["usage"], *two, "list", "--dfu-util", "--json")

    def test_probe(self):
        device, = self.expect(0, *self.keyboard, "list", "--probe", "--json").document["devices"]
        self.assertTrue(device["facts"])
        self.assertTrue(all(key.startswith("nordic_") for key in device["facts"]), device["facts"])


class KeyboardTest(Case):
    """The virtual keyboard has the descriptors of the real one, field by field."""

    FIELDS = {
        1: ("<BBHBBBBHHHBBBB", "bLength bDescriptorType bcdUSB bDeviceClass bDeviceSubClass bDeviceProtocol "
            "bMaxPacketSize0 idVendor idProduct bcdDevice iManufacturer iProduct iSerialNumber bNumConfigurations"),
        2: ("<BBHBBBBB", "bLength bDescriptorType wTotalLength bNumInterfaces bConfigurationValue iConfiguration "
            "bmAttributes bMaxPower"),
        4: ("<BBBBBBBBB", "bLength bDescriptorType bInterfaceNumber bAlternateSetting bNumEndpoints bInterfaceClass "
            "bInterfaceSubClass bInterfaceProtocol iInterface"),
        5: ("<BBBBHB", "bLength bDescriptorType bEndpointAddress bmAttributes wMaxPacketSize bInterval"),
    }

    def read_dump(self):
        dump = (SOURCE / "tests/data/nrf52840-keyboard.txt").read_text()
        return [(name, int(value, 16)) for name, value in re.findall(r"^ +(\w+) +: +(0x[0-9a-f]+)", dump, re.M)]

    def read_fields(self, descriptors):
        while descriptors:
            length, kind = descriptors[0], descriptors[1]
            # The dump leaves out what is specific to a class.
            if kind in self.FIELDS:
                layout, names = self.FIELDS[kind]
                yield from zip(names.split(), struct.unpack(layout, descriptors[:length]))
            descriptors = descriptors[length:]

    def test_descriptors(self):
        device, = self.expect(0, *self.keyboard, "list", "--json").document["devices"]
        expected = self.read_dump()
        self.assertEqual(len(expected), 14 + 8 + 4 * 9 + 4 * 6)
        self.assertEqual(list(self.read_fields(bytes.fromhex(device["descriptors"]))), expected)

    def test_strings(self):
        device, = self.expect(0, *self.keyboard, "list", "--json").document["devices"]
        self.assertEqual((device["manufacturer"], device["product"], device["serial_number"]),
                         ("HJZ", "27x2 Mitosis", "CC5B702828B2"))

    def test_trigger(self):
        result = self.expect(0, *self.keyboard, "--sim-record", self.record_path, "trigger", "--json").lines[-1]
        self.assertEqual((result["event"], result["code"], result["exit_code"]), ("result", "ok", 0))
        device = result["device"]
        self.assertEqual((device["vendor_id"], device["product_id"], device["mode"]), ("1915", "521f", "bootloader"))
        self.assert_no_breach()

    def test_trigger_by_hand(self):
        self.expect(0, *self.keyboard, "--sim-record", self.record_path, "trigger", "--control", "0x21:0:0:3")
        requests = [(one["request_type"], one["request"], one["value"], one["index"])
                    for one in self.get_class_requests()]
        self.assertEqual(requests, [(0x21, 0, 0, 3)])

    def test_update_wants_a_package(self):
        image = self.write("raw.bin", compose_body(4096))
        result = self.expect(EXIT["format"], *self.keyboard, "--sim-record", self.record_path, "update", image)
        self.assertIn("Nordic DFU packages", result.err)
        self.assert_silent()

    def pack(self, *options):
        package = self.folder / "package.zip"
        self.expect(0, "pack", *options, "--application", self.write("application.bin", compose_body(40000)),
                    "--application-version", 2, package)
        return package

    @unittest.skipUnless(NORDIC, "built without")
    def test_update_tells_each_step_in_a_line(self):
        package = self.pack("--nordic", "--hw-version", 52, "--sd-req", 0)
        done = self.expect(0, "--sim", f"nrf52840-keyboard:state={self.board_path}", "--sim-record", self.record_path,
                           "update", package)
        # On the real clock it may be away before anybody looks.
        self.assertEqual([line for line in done.err.splitlines() if line != "leaving"],
                         ["probing", "triggering", "returning", "announcing", "downloading 40000 bytes",
                          "manifesting 40000 bytes", "returning", "probing"])
        self.assertIn("2.0.0", done.text)
        self.assert_no_breach()
        self.assertIn(compose_body(40000), self.board_path.read_bytes())
        done = self.expect(0, "--sim", f"nrf52840-keyboard:state={self.board_path}", "list", "--probe")
        self.assertIn("2.0.0", done.text)

    @unittest.skipUnless(NORDIC, "built without")
    def test_killed_and_run_again(self):
        package = self.pack("--nordic", "--hw-version", 52, "--sd-req", 0)
        keyboard = ["--sim", f"nrf52840-keyboard:state={self.board_path}"]
        with subprocess.Popen([COMMAND, *keyboard, "update", str(package), "--json"], stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                event = json.loads(line)
                if event.get("state") == "downloading" and event["done"] > 10000:
                    break
            process.kill()
        self.expect(0, *keyboard, "update", package)
        self.assertIn(compose_body(40000), self.board_path.read_bytes())

    def make_keys(self, name):
        key, public = (self.folder / f"{name}-{kind}.pem" for kind in ("key", "public"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-pubout", "-in", key, "-out", public], check=True)
        return key, public

    @unittest.skipUnless(NORDIC, "built without")
    def test_secure_bootloader_takes_what_its_key_signed(self):
        key, public = self.make_keys("own")
        other, _ = self.make_keys("other")
        dongle = ["--sim", f"pca10059:variant=secure,public-key={public},state={self.board_path}"]
        common = ["--nordic", "--hw-version", 52, "--sd-req", 0, "--overwrite"]
        result = self.expect(24, *dongle, "update", self.pack(*common))
        self.assertIn("signature missing", result.err)
        self.assertIn("hint: ", result.err)
        result = self.expect(24, *dongle, "update", self.pack(*common, "--key", other))
        self.assertIn("the signature may be wrong", result.err)
        self.expect(EXIT["mismatch"], *dongle, "update", self.folder / "package.zip", "--public-key", public)
        self.expect(0, *dongle, "update", self.pack(*common, "--key", key), "--public-key", public)
        self.assertIn(compose_body(40000), self.board_path.read_bytes())

    @unittest.skipUnless(NORDIC, "built without")
    def test_update_of_an_adafruit_board(self):
        package = self.pack("--nordic-legacy", "--sd-req", "0xb6")
        self.expect(0, "--sim", f"adafruit-nrf52:state={self.board_path}", "--sim-record", self.record_path,
                    "update", package)
        self.assert_no_breach()
        self.assertIn(compose_body(40000), self.board_path.read_bytes())

    def test_update_of_a_drive_for_uf2_files(self):
        row = {"name": "m4", "application": [{"ids": ["239a:8022"], "interface": "02/02/*"}],
               "bootloader": [{"ids": ["239a:0022"], "interface": "08/06/50"}], "triggers": ["touch-1200"],
               "protocol": "uf2"}
        table = self.write("m4.json", json.dumps({"format": 1, "devices": [row]}).encode())
        body = struct.pack("<II", 0x20010000, 0x4199) + compose_body(8184)
        file, foreign = self.folder / "m4.uf2", self.folder / "m0.uf2"
        for family, out in (("samd51", file), ("samd21", foreign)):
            self.expect(0, "pack", self.write("body.bin", body), out, "--format", "uf2", "--family", family,
                        "--address", "0x4000")
        board = ["--devices", table, "--sim", f"uf2-board:flavour=samdx1,state={self.board_path}",
                 "--sim-record", self.record_path]
        self.assertIn("read back and is right", self.expect(0, *board, "update", file).text)
        self.assert_no_breach()
        self.assertIn(body, self.board_path.read_bytes())
        self.assertIn("nothing was written; the firmware has been started", self.expect(0, *board, "update", file).text)
        result = self.expect(EXIT["ids"], *board, "update", foreign)
        self.assertIn("it is for samd21 (0x68ed2b88)", result.err)
        self.assertIn("has been started again", result.err)
        result = self.expect(EXIT["unsupported"], *board, "update", foreign, "--volume", self.folder)
        self.assertIn(f"can't be written by its files here, at {self.folder}", result.err)
        self.assertIn("leave the path out (--volume)", result.err)


class BlockTest(Case):
    """Bootloaders that take a program block by block and tell nothing."""

    def test_update_of_a_teensy(self):
        program = struct.pack("<II", 0x20008000, 0x1bd) + compose_body(20000)
        image = self.write("blink.bin", program)
        teensy = ["--sim", f"teensy:board=3.2,state={self.board_path}", "--sim-record", self.record_path]
        result = self.expect(0, *teensy, "update", image)
        self.assertIn("not verified: HalfKay can't be read", result.text)
        self.assert_no_breach()
        self.assertIn(program, self.board_path.read_bytes())
        err = self.expect(EXIT["ids"], "--sim", "teensy:board=3.6", "--sim-record", self.record_path, "update", image).err
        self.assertIn("built for a Teensy 3.1 or 3.2, the device is a Teensy 3.6", err)
        self.assert_silent()

    def test_update_of_a_keyboard_in_lufas_bootloader(self):
        program = b"\x0c\x94\x56\x00" + compose_body(20000)
        image = self.write("keyboard.bin", program)
        keyboard = ["--sim", f"via-keyboard:bootloader=lufa-hid,state={self.board_path}", "--sim-record", self.record_path]
        err = self.expect(EXIT["usage"], *keyboard, "update", image).err
        self.assertIn("name it (--part): ", err)
        self.expect(0, *keyboard, "update", "--part", "atmega32u4", image)
        self.assert_no_breach()
        self.assertIn(program, self.board_path.read_bytes())


class PicobootTest(Case):
    """RP2040 and RP2350 by their boot ROM."""

    def test_update_of_a_pico(self):
        program = cases.compose_rp2040(compose_body(30000))
        image = self.write("program.bin", program)
        board = ["--sim", f"pico:flash-size=512K,state={self.board_path}"]
        self.expect(0, *board, "--sim-record", self.record_path, "update", image)
        self.assertIn("nothing was written", str(self.expect(0, *board, "update", image)))
        read = self.expect(0, *board, "upload", self.folder / "read.bin", "--address", "0x10000100", "--size", 5000)
        self.assertEqual((self.folder / "read.bin").read_bytes(), program[256:5256], read)

    def test_data_is_not_taken_for_a_program(self):
        image = self.write("data.bin", compose_body(5000))
        result = self.expect(EXIT["checksum"], "--sim", "pico", "update", image)
        self.assertIn("CRC32", result.err)
        self.assertIn("--force checksum", result.err)


class StateTest(Case):
    """What a virtual device remembers is saved, or the command fails."""

    def test_state_that_cannot_be_saved(self):
        planted = self.folder / "board.bin.new"
        planted.symlink_to(self.folder / "victim")
        self.expect(0, *self.board, "trigger")
        self.assertFalse((self.folder / "victim").exists())
        saved = self.board_path.read_bytes()
        for words in (["list"], ["trigger"], ["list", "--record", self.folder / "session"]):
            for place in ("zephyr", "--sim-record", self.folder / "none" / "record"), (f"zephyr:state={self.folder}/none/x",):
                result = self.expect(19, "--sim", *place, *words, "--json")
                self.assertEqual((result.lines[-1]["event"], result.lines[-1]["exit_code"]), ("result", 19), str(result))
            (self.folder / "session").unlink(missing_ok=True)
        for path, options in ((self.folder / "none" / "board.bin", {}),
                              (self.board_path, {"preexec_fn": self.fill_disk})):
            for words in (["list"], ["trigger"], ["list", "--json"]):
                result = self.expect(19, "--sim", f"zephyr:state={path}", *words, **options)
                self.assertIn(f"{path}: the state of the virtual device can't be saved: ", result.err)
        self.assertEqual(self.board_path.read_bytes(), saved)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["board.bin", "board.bin.new"])

    @staticmethod
    def fill_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))

    def test_state_that_is_no_file(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for path in ("/dev/full", "/dev/zero", "/dev/null", self.folder, fifo):
            result = self.expect(19, "--sim", f"zephyr:state={path}", "list")
            self.assertIn(f"{path}: not the state of such a device: not a regular file", result.err)


class UpdateTest(Case):
    def setUp(self):
        super().setUp()
        self.image = compose_mcuboot(compose_body(6000))
        self.path = self.write("signed.bin", self.image)

    def test_update_and_upload(self):
        for stack in ("new", "legacy"):
            with self.subTest(stack):
                out = self.folder / f"{stack}.out"
                board = ["--sim", f"zephyr:stack={stack},state={self.folder / stack}",
                         "--sim-record", self.record_path]
                self.expect(0, *board, "-a", "1", "update", self.path)
                self.assert_no_breach()
                result = self.expect(0, *board, "-a", "1", "upload", out)
                self.assertEqual(out.read_bytes()[:len(self.image)], self.image)
                self.assertIn(str(out.stat().st_size), result.text)
                self.assert_no_breach()
                self.assertEqual([path.name for path in self.folder.glob(f"{stack}.out*")], [f"{stack}.out"])

    def test_plan_of_dfuse_is_refined(self):
        image = self.write("raw.bin", compose_body(6000))
        rom = ["--sim", "stm32f405:application=runtime", "--sim-record", self.record_path]
        lines = self.expect(0, *rom, "update", "--address", "0x08000000", image, "--json", "--force", "format").lines
        plans = [line["steps"] for line in lines if line["event"] == "plan"]
        self.assertEqual(len(plans), 1)
        self.assertIn("erase 1 sector, write 6000 bytes", [step["text"] for step in plans[0]])
        events = [line["event"] if line["event"] == "plan" else line.get("state") for line in lines]
        self.assertLess(events.index("plan"), events.index("downloading"))
        self.assert_no_breach()

    def test_alternate_by_name(self):
        self.expect(0, *self.board, "-a", "slot1_image", "update", self.path)

    def test_upload_to_output(self):
        self.expect(0, *self.board, "-a", "1", "update", self.path)
        result = self.expect(0, *self.board, "-a", "1", "upload", "--size", "1K", "-")
        self.assertEqual(result.out, self.image[:1024])

    def test_upload_keeps_a_file(self):
        path = self.write("mine", b"mine")
        self.expect(EXIT["usage"], *self.board, "-a", "1", "upload", path, "--size", "512")
        self.assertEqual(path.read_bytes(), b"mine")
        self.expect(0, *self.board, "-a", "1", "upload", path, "--size", "512", "--overwrite")
        self.assertEqual(path.stat().st_size, 512)

    def test_failed_upload_leaves_no_file(self):
        out = self.folder / "new"
        self.assertNotEqual(self.run_command(*self.board, "-a", "77", "upload", out).code, 0)
        self.assertEqual(list(self.folder.glob("new*")), [])

    def test_upload_that_breaks_is_kept_under_another_name(self):
        device = ["--sim", "dfu:start=bootloader,size=20K,transfer-size=1K,fault=stall@12", "upload"]
        out = self.write("out", b"mine")
        parts = [self.folder / name for name in ("out.partial", "out.partial.2", "out.partial.3")]
        for known, words in enumerate(([out, "--overwrite"], [out, "--overwrite"], [out, "--overwrite", "--json"])):
            with self.subTest(words=words[1:]):
                result = self.expect(EXIT["device"], *device, *words)
                self.assertEqual(out.read_bytes(), b"mine")
                self.assertEqual([part.exists() for part in parts], [index <= known for index in range(3)])
                self.assertEqual(parts[known].stat().st_size, 11 * 1024)
                if "--json" in words:
                    self.assertEqual(result.lines[-1]["partial"], {"file": str(parts[known]), "size": 11 * 1024})
                else:
                    self.assertIn(f"kept: the first 11264 bytes, in {parts[known]}\n", result.err)
        self.assertEqual(len(list(self.folder.glob("out*"))), 4)
        result = self.expect(EXIT["device"], *device, "-")
        self.assertEqual(len(result.out), 11 * 1024)
        self.assertIn("kept: the first 11264 bytes, in the standard output\n", result.err)
        # What the system does not take is not claimed to be there.
        if os.path.exists("/dev/full"):
            result = self.expect(EXIT["io"], "--sim", "dfu:start=bootloader,size=20K", "upload", "/dev/full")
            self.assertNotIn("kept", result.err)
        self.expect(0, "--sim", "dfu:start=bootloader,size=20K", "upload", self.folder / "whole")
        self.assertEqual([path.name for path in self.folder.glob("whole*")], ["whole"])

    def test_upload_that_has_nothing_or_no_end_of_its_own(self):
        out = self.folder / "out"
        result = self.expect(EXIT["device"], "--sim", "dfu:start=bootloader,reads=empty", "upload", out)
        self.assertIn("nothing was read", result.err)
        self.assertEqual(list(self.folder.glob("out*")), [])
        self.expect(0, "--sim", "dfu:start=bootloader,reads=endless,size=1K", "upload", out, "--size", "3000")
        self.assertEqual(out.stat().st_size, 3000)

    def test_upload_from_an_address(self):
        whole = self.expect(0, "--sim", "stm32f072", "-a", "Internal Flash", "upload", "-").out
        result = self.expect(0, "--sim", "stm32f072", "upload", "-", "--address", "0x08000004", "--size", "100")
        self.assertEqual(result.out, whole[4:104])
        result = self.expect(0, "--sim", "stm32f072", "upload", "--dry-run", "-", "--address", "0x08000004")
        self.assertIn("from 0x08000004", result.err + result.text)
        self.assertEqual(len(self.expect(0, "--sim", "stm32f072", "-a", "Option Bytes", "upload", "-").out), 16)
        outside = ["--sim", "stm32f072:layout=@Flash /0x08000000/1*2Kg", "-a", "Flash", "upload", "-", "--address",
                   "0x08001000", "--size", "10"]
        result = self.expect(EXIT["memory-map"], *outside)
        self.assertIn('"Flash" from 0x08000000 to 0x080007ff', result.err)
        self.assertEqual(self.expect(0, *outside, "--force", "memory-map").out, whole[0x1000:0x100a])
        for device in ("dfu:start=bootloader", "zephyr"):
            result = self.expect(EXIT["unsupported"], "--sim", device, "--sim-record", self.record_path, "upload", "-",
                                 "--address", "0")
            self.assertIn("an address was given", result.err)
        self.expect(EXIT["unsupported"], "--sim", "dfu:start=bootloader", "command", "start", "--address", "0")
        self.expect(0, "--sim", "stm32f072", "command", "start", "--address", "0x08000000")

    def test_atmel_flip(self):
        program = self.write("program.bin", b"\x0c\x94\x40\x00" + bytes(range(250)) * 20)
        state = self.folder / "part"
        part = ["--sim", f"flip:part=atmega32u4,loader=qmk,application=via,state={state}"]
        result = self.expect(0, *part, "--sim-record", self.record_path, "update", program)
        self.assertIn("downloaded and verified; the new firmware has been started", result.text)
        self.assert_no_breach()
        self.assertIn("nothing was written", self.expect(0, *part, "update", program).text)
        out = self.expect(0, *part, "upload", "-", "--size", "5004").out
        self.assertEqual(out, program.read_bytes())
        self.expect(0, *part, "update", "--alt", "eeprom", self.write("data.bin", b"calibration"))
        self.assertEqual(self.expect(0, *part, "upload", "-", "--alt", "eeprom", "--size", "11").out, b"calibration")
        self.expect(0, "--sim", "flip:part=atmega32u4,loader=atmel,application=via", "update", program)
        closed = ["--sim", "flip:part=atxmega64a3u,secure=yes,application=via", "update", program]
        self.assertIn("--erase=mass", self.expect(EXIT["usage"], *closed).err)
        self.expect(0, *closed, "--erase=mass")
        unnamed = ["--sim", "flip:part=at32uc3b0256,application=via", "update", program]
        self.assertIn("--part", self.expect(EXIT["usage"], *unnamed).err)
        self.expect(0, *unnamed, "--part", "at32uc3b0256")

    def test_suffix_is_taken_off(self):
        path = self.write("signed.dfu", compose_suffix(self.image, 0x2FE3, 0x0005))
        self.expect(0, *self.board, "-a", "1", "update", path)
        result = self.expect(0, *self.board, "-a", "1", "upload", "--size", str(len(self.image)), "-")
        self.assertEqual(result.out, self.image)

    def test_reboot(self):
        board = ["--sim", f"zephyr:stack=legacy,reboot=yes,state={self.board_path}"]
        result = self.expect(0, *board, "-a", "1", "update", self.path, "--json").lines[-1]
        self.assertEqual(result["device"]["mode"], "application")
        device, = self.expect(0, *board, "list", "--json").document["devices"]
        self.assertEqual(device["mode"], "application")

    def test_hint_without_reboot(self):
        result = self.expect(0, *self.board, "-a", "1", "update", self.path, "--json").lines[-1]
        self.assertIn("reset", result["hint"])

    def test_json(self):
        lines = self.expect(0, *self.board, "-a", "1", "update", self.path, "--json").lines
        self.assertEqual({line["event"] for line in lines[:-1]}, {"progress"})
        states = [line["state"] for line in lines[:-1]]
        for state in ("triggering", "downloading"):
            self.assertIn(state, states)
        for line in lines[:-1]:
            self.assertLessEqual({"state", "done", "total", "elapsed_ms", "left_ms"}, line.keys())
        self.assertEqual(lines[-1]["event"], "result")
        self.assertLessEqual({"code", "exit_code", "message", "hint", "verified", "check", "device"}, lines[-1].keys())
        self.assertEqual(lines[-1]["verified"], "yes")

    def test_no_verify(self):
        lines = self.expect(0, *self.board, "-a", "1", "update", self.path, "--no-verify", "--json").lines
        self.assertEqual(lines[-1]["verified"], "no")
        self.assertNotIn("verifying", [line.get("state") for line in lines])

    def test_restart(self):
        never = ["-d", "1209:0001", "update", self.path, "--restart=never"]
        result = self.expect(0, "--sim", "dfu", *never)
        self.assertIn("verified; the device stays in its bootloader", result.text)
        self.assertIn('hint: the command "start"', result.text + result.err)
        self.assertIn("leave the device in its bootloader", self.expect(0, "--sim", "dfu", *never, "--dry-run").text)
        self.assertIn("has been started", self.expect(0, "--sim", "dfu", "-d", "1209:0001", "update", self.path,
                                                     "--restart=always").text)
        result = self.expect(0, "--sim", "dfu:start=bootloader", "upload", self.folder / "a", "--size", "64",
                             "--restart", "always")
        self.assertIn("64 bytes read; the application has been started", result.text)
        self.expect(EXIT["usage"], "--sim", "dfu", "update", self.path, "--restart=perhaps")

    def test_path_of_a_drive(self):
        board = ["--sim", "dfu:start=bootloader", "--sim-record", self.record_path, "update", self.path, "--volume"]
        self.assertIn("leave it out (--volume)", self.expect(EXIT["unsupported"], *board, self.folder).err)
        self.assert_silent()
        self.expect(EXIT["usage"], *board, "")

    def test_transfer_size(self):
        board = ["--sim", "dfu:start=bootloader,transfer-size=256", "--sim-record", self.record_path]
        self.expect(0, *board, "update", self.path, "--transfer-size", "128")
        self.assertEqual(max(line["length"] for line in self.get_class_requests() if line["request"] == 1), 128)
        self.assert_no_breach()
        self.expect(EXIT["usage"], *board, "update", self.path, "--transfer-size", "4097")
        result = self.expect(EXIT["unsupported"], "--sim", "leonardo", "update", self.path, "--transfer-size", "128")
        self.assertIn("--transfer-size", result.err)

    def test_lines_without_terminal(self):
        result = self.expect(0, *self.board, "-a", "1", "update", self.path)
        phases = [line.split()[0] for line in result.err.splitlines()]
        self.assertIn("downloading", phases)
        self.assertEqual(len(phases), len(set(phases)), result.err)
        self.assertEqual(self.expect(0, *self.board, "-a", "1", "update", self.path, "--quiet").err, "")

    def test_dry_run(self):
        record = ["--sim-record", self.record_path]
        result = self.expect(0, *self.board, *record, "-a", "1", "update", self.path, "--dry-run")
        self.assertIn("downloading", result.text)
        self.assert_silent()
        lines = self.expect(0, *self.board, *record, "-a", "1", "update", self.path, "--dry-run", "--json").lines
        self.assertEqual([line["event"] for line in lines], ["plan", "result"])
        self.assertIn("triggering", [step["state"] for step in lines[0]["steps"]])
        self.assert_silent()

    def test_detach_timeout(self):
        self.expect(0, *self.board, "--sim-record", self.record_path, "trigger", "--detach-timeout", "1234")
        detaches = [one["value"] for one in self.get_class_requests() if one["request"] == DFU_DETACH]
        self.assertEqual(detaches, [1234])


class CommandTest(Case):
    def test_list(self):
        result = self.expect(0, "--sim", "xmos", "command")
        for word in ("20b1:0002", "revert-factory", "save-state", "restore-state"):
            self.assertIn(word, result.text)
        line, = self.expect(0, "--sim", "xmos", "command", "--json").lines
        self.assertEqual([one["name"] for one in line["commands"]], ["revert-factory", "save-state", "restore-state"])
        self.assertIn("no commands", self.expect(0, *self.keyboard, "command").text)

    def test_run(self):
        self.assertIn("revert-factory: done", self.expect(0, "--sim", "xmos", "command", "revert-factory").text)
        self.assertIn("commanding", self.expect(0, "--sim", "xmos", "command", "revert-factory", "--dry-run").text)
        self.assertIn("no command", self.expect(EXIT["not-found"], "--sim", "xmos", "command", "frobnicate").err)

    def test_erase(self):
        part = ["--sim", f"stm32f072:state={self.folder / 'part'}", "command", "erase"]
        self.assertIn("--force", self.expect(EXIT["bootloader"], *part).err)
        self.assertIn("erase: done", self.expect(0, *part, "--force", "bootloader").text)

    def test_refused(self):
        result = self.expect(24, "--sim", "xmos", "command", "save-state")
        self.assertIn("save-state", result.err)
        self.assertIn("hint: ", result.err)


class WrongFileTest(Case):
    """Each kind of wrong file has its exit code and its line, and the device is not asked anything."""

    def refuse(self, check, data):
        path = self.write(f"{check}.bin", data)
        result = self.expect(EXIT[check], *self.board, "--sim-record", self.record_path, "-a", "1", "update", path)
        self.assertRegex(result.err, r"^dfutrigger: \S+")
        self.assertIn(f"overruled by: --force {check}\n", result.err)
        self.assert_silent()
        result = self.expect(EXIT[check], *self.board, "-a", "1", "update", path, "--json").lines[-1]
        self.assertEqual((result["event"], result["check"]), ("result", check))
        self.assertEqual(result["exit_code"], EXIT[check])

    def test_html(self):
        self.refuse("format", b"<!DOCTYPE html>\n<html><body>404 not found</body></html>\n" * 20)

    def test_erased(self):
        self.refuse("format", b"\xff" * 4096)

    def test_picture(self):
        self.refuse("format", b"\xff\xd8\xff\xe0\0\x10JFIF" + compose_body(4096))

    def test_universal_hex(self):
        records = (":020000040000FA :0400000A9900C0DEBB :020100000102FA :0000000BF5 :020000040000FA :0400000A9903C0DEB8 "
                   ":0201000D0304E9 :0000000BF5 :00000001FF")
        path = self.write("both.hex", "\n".join(records.split()).encode() + b"\n")
        self.assertIn("microbit-v2 (0x00009903)", self.expect(0, "info", path).text)
        result = self.run_command("--sim", "stm32f072", "-a", "Internal Flash", "update", path)
        self.assertNotEqual(result.code, 0)
        self.assertIn("pack --family", result.err)
        for board, content in (("microbit-v1", b"\1\2"), ("microbit-v2", b"\3\4")):
            out = self.folder / f"{board}.bin"
            self.expect(0, "pack", "--family", board, "--format", "raw", path, out)
            self.assertEqual(out.read_bytes(), content)

    def test_empty(self):
        path = self.write("empty.bin", b"")
        self.assertNotEqual(self.run_command(*self.board, "-a", "1", "update", path).code, 0)

    def test_truncated(self):
        self.refuse("length", compose_mcuboot(compose_body(6000))[:4000])

    def test_suffix_crc(self):
        data = bytearray(compose_suffix(compose_mcuboot(compose_body(6000)), 0x2FE3, 0x0005))
        data[-1] ^= 1
        self.refuse("checksum", bytes(data))

    def test_suffix_of_another_device(self):
        self.refuse("ids", compose_suffix(compose_mcuboot(compose_body(6000)), 0x1234, 0x5678))

    def test_hash(self):
        data = bytearray(compose_mcuboot(compose_body(6000)))
        data[0x300] ^= 1
        self.refuse("hash", bytes(data))

    def test_larger_than_the_slot(self):
        path = self.write("large.bin", compose_mcuboot(compose_body(SLOT_TOO_SMALL_FOR)))
        result = self.expect(EXIT["size"], *self.board, "--sim-record", self.record_path, "-a", "1", "update", path)
        self.assertRegex(result.err, r"(?m)^dfutrigger: \S+")
        self.assertNotIn((0x21, DFU_DNLOAD), [(one["request_type"], one["request"])
                                              for one in self.get_class_requests()])

    def test_forced(self):
        data = bytearray(compose_mcuboot(compose_body(6000)))
        data[0x300] ^= 1
        path = self.write("hash.bin", bytes(data))
        self.expect(EXIT["hash"], *self.board, "-a", "1", "update", path, "--force", "size,ids")
        self.expect(0, *self.board, "-a", "1", "update", path, "--force", "hash")

    def test_file_comes_first(self):
        path = self.write("page.bin", b"<html></html>" * 100)
        self.expect(EXIT["format"], *self.board, "-d", "1234:5678", "update", path)
        self.expect(EXIT["not-found"], *self.board, "update", self.folder / "missing.bin")


class ChoiceTest(Case):
    def setUp(self):
        super().setUp()
        self.path = self.write("signed.bin", compose_mcuboot(compose_body(6000)))

    def test_ambiguous(self):
        result = self.expect(EXIT["ambiguous"], "--sim", "zephyr", "--sim", "zephyr", "--sim-record",
                             self.record_path, "trigger")
        for path in ("1-1", "1-2"):
            self.assertIn(path, result.err)
        self.assert_silent()

    def test_path(self):
        result = self.expect(0, "--sim", "zephyr", "--sim", "zephyr", "-p", "1-2", "trigger", "--json").lines[-1]
        self.assertEqual(result["device"]["path"], "1-2")

    def test_ids_of_the_file_choose(self):
        path = self.write("signed.dfu", compose_suffix(self.path.read_bytes(), 0x2FE3, 0x0005))
        self.expect(EXIT["ambiguous"], *self.board, *self.keyboard, "update", self.path, "--dry-run")
        result = self.expect(0, *self.keyboard, *self.board, "-a", "1", "update", path, "--dry-run", "--json").lines[0]
        self.assertEqual(result["device"]["vendor_id"], "2fe3")

    def test_not_found(self):
        result = self.expect(EXIT["not-found"], *self.board, "-d", "1234:5678", "trigger")
        self.assertIn("hint: ", result.err)

    def test_nobody_named_the_camera(self):
        raw = self.write("raw.bin", compose_body(4096))
        for words in (["update", raw], ["trigger"], ["upload", "-"], ["update", raw, "--touch", "1200"]):
            with self.subTest(words[0]):
                result = self.expect(EXIT["not-found"], "--sim", "webcam", "--sim-record", self.record_path, *words)
                self.assertEqual([line for line in self.read_record() if line["event"] != "arrived"], [])
                for word in ("Integrated Camera", "-d, -p, -S", "--touch", "--how", "--control", "list --all"):
                    self.assertIn(word, result.err)
        for words in (["-p", "1-1"], ["-d", "30c9:00a8"], ["-S", "200901010001"]):
            self.expect(0, "--sim", "webcam", *words, "trigger")

    def test_bootloader_is_taken_in_front_of_the_camera(self):
        raw = self.write("raw.bin", struct.pack("<II", 0x20008000, 0x08000201) + bytes(4000))
        lines = self.expect(0, "--sim", "webcam", "--sim", "stm32f405", "--sim-record", self.record_path, "--json",
                            "update", raw, "--address", "0x08000000").lines
        self.assertEqual((lines[-1]["device"]["path"], lines[-1]["verified"]), ("1-2", "yes"))
        self.assertFalse([line for line in self.read_record() if line.get("device") == "1-1" and line["event"] == "control"])

    def test_keyboard_in_one_call(self):
        raw = self.write("raw.bin", struct.pack("<II", 0x20008000, 0x08000201) + bytes(4000))
        for bootloader in ("stm32", "dfu"):
            with self.subTest(bootloader):
                board = ["--sim", f"via-keyboard:bootloader={bootloader}", "--sim-record", self.record_path]
                result = self.expect(0, *board, "--json", "update", raw).lines[-1]
                self.assertEqual(result["verified"], "yes")
                self.assert_no_breach()
        page = self.write("page.bin", b"<!DOCTYPE html><html></html>" * 40)
        self.expect(EXIT["format"], *board, "update", page)
        self.assert_silent()

    def test_keyboards_by_their_isp(self):
        sonix = self.write("sonix.bin", struct.pack("<16I", 0x20000800, *range(0xC1, 0xDF, 2)) + bytes(range(256)) * 4)
        board = ["--sim", "sonix-keyboard:chip=24xb", "--sim-record", self.record_path]
        result = self.expect(0, *board, "update", sonix)
        self.assertIn("1088 bytes downloaded, not verified: the chip can't be read; the sum", result.text)
        self.assert_no_breach()
        board[1] = "sonix-keyboard:chip=26x"
        self.expect(EXIT["bootloader"], *board, "update", sonix, "--address", "0")
        self.assertIn("--force bootloader", self.expect(EXIT["memory-map"], *board, "update", sonix).err)
        self.assert_no_breach()

        sinowealth = self.write("sinowealth.bin", b"\x02\x01\x23" + bytes(range(256)) * 4)
        board[1] = "sinowealth-keyboard:chip=sh68f881"
        self.assertIn("sh68f90, sh68f90a, sh68f881", self.expect(EXIT["usage"], *board, "update", sinowealth).err)
        self.assert_silent()
        result = self.expect(0, *board, "--json", "update", sinowealth, "--part", "sh68f881").lines[-1]
        self.assertEqual(result["verified"], "yes")
        self.assert_no_breach()
        read = self.folder / "read.bin"
        self.expect(0, *board, "upload", "--part", "SH68F881", "--size", "2048", read)
        self.assertEqual((read.stat().st_size, read.read_bytes()[0]), (2048, 2))

    def test_way_and_bootloader_of_an_unknown_board(self):
        raw = self.write("raw.bin", compose_body(4096))
        board = ["--sim", "cdc-board:boot-vid=1234,boot-pid=5678", "--sim-record", self.record_path]
        words = [*board, "-d", "1209:0005,1234:5678", "--touch", "1200", "update", raw, "--force", "format"]
        self.assertEqual(self.expect(0, *words, "--json").lines[-1]["verified"], "yes")
        self.assert_no_breach()
        result = self.expect(EXIT["mismatch"], *board, "-d", "1209:0005,1234:5679", *words[6:])
        self.assertIn("1234:5678", result.err)
        self.assertEqual([line for line in self.get_class_requests()
                          if line["request"] == DFU_DNLOAD and line["length"]], [])

    def test_ids_overrule_a_guess(self):
        board = ["--sim", "dfu:version=1.0", "--sim-record", self.record_path]
        device, = self.expect(0, *board, "list", "--json").document["devices"]
        self.assertEqual((device["mode"], device["mode_guessed"]), ("bootloader", True))
        self.assertIn("bootloader (guessed)", self.expect(0, *board, "list").text)
        self.assertIn("bootloader (guessed)", self.expect(0, *board, "doctor").text)
        result = self.expect(0, *board, "-d", "1209:0001,1209:0002", "trigger", "--json").lines[-1]
        self.assertEqual((result["device"]["product_id"], result["device"]["mode"]), ("0002", "bootloader"))
        self.assertIn(DFU_DETACH, [line["request"] for line in self.get_class_requests()])

    def test_list_tells_the_size_that_blocks_have(self):
        for told, used in ((0, 64), (65535, 1024), (16384, 4096), (2048, 2048)):
            with self.subTest(told):
                device = ["--sim", f"dfu:start=bootloader,transfer-size={told}", "list"]
                more = "" if told == used else f", where it says {told}"
                self.assertIn(f"; {used} bytes a block{more}\n", self.expect(0, *device, "-v").text)
                found, = self.expect(0, *device, "--json").document["devices"]
                dfu = next(one["dfu"] for one in found["interfaces"] if one["dfu"])
                self.assertEqual((dfu["transfer_size"], dfu["block_size"]), (told, used))

    def test_list_marks_what_is_not_certain(self):
        camera, = self.expect(0, "--sim", "webcam", "list", "--json").document["devices"]
        self.assertEqual((camera["generic"], camera["mode_guessed"]), (True, False))
        self.assertRegex(self.expect(0, "--sim", "webcam", "list").text, "generic .*-d, -p, -S")
        keyboard, = self.expect(0, "--sim", "via-keyboard", "list", "--json").document["devices"]
        self.assertEqual((keyboard["generic"], keyboard["protocol"], keyboard["protocol_shown_later"]), (False, None, True))
        self.assertIn("only its bootloader shows", self.expect(0, "--sim", "via-keyboard", "list").text)
        self.assertNotIn("generic", self.expect(0, *self.board, "list").text)

    def test_wait(self):
        for words in (["webcam", "trigger", "--wait=2.5"], ["zephyr", "trigger", "-d", "1234:5678", "--wait=2.5"]):
            with self.subTest(words[0]):
                lines = self.expect(EXIT["timeout"], "--sim", *words, "--sim-record", self.record_path, "--json").lines
                self.assertEqual([line["event"] for line in lines], ["waiting", "result"])
                self.assertIn("waited 2500 ms", lines[-1]["message"])
                self.assertIn("-d", lines[-1]["hint"])
                self.assert_silent()
        self.assertIn("waiting: there is no device 1234:5678",
                      self.run_command(*self.board, "-d", "1234:5678", "trigger", "--wait=1").text)
        # A bootloader that the file is not for is not what is waited for
        suffixed = self.folder / "other.dfu"
        self.expect(0, "pack", "--suffix=0483:df11", self.write("other.bin", bytes(range(256))), suffixed)
        lines = self.expect(EXIT["timeout"], "--sim", "dfu:start=bootloader", "update", suffixed, "--wait=1", "--json").lines
        self.assertEqual([line["event"] for line in lines], ["waiting", "result"])
        self.assertIn("made for 0483:df11", lines[0]["message"])
        # What is there is not waited for, and what is ambiguous is told at once
        lines = self.expect(0, *self.board, "trigger", "--wait", "--json").lines
        self.assertNotIn("waiting", [line["event"] for line in lines])
        self.expect(EXIT["ambiguous"], "--sim", "zephyr", "--sim", "zephyr", "trigger", "--wait")
        self.expect(EXIT["usage"], *self.board, "trigger", "--wait=soon")

    def test_unknown_trigger(self):
        self.expect(EXIT["not-found"], *self.board, "trigger", "--how", "magic")


class MemoryTest(Case):
    """Two DFU interfaces, memories of one name, and one whose name is a number."""

    def setUp(self):
        super().setUp()
        self.two = ["--sim", "dfu:start=bootloader,alternates=3,second=2,names=A/A/1/flash/B,size=1K,transfer-size=256,"
                    "second-transfer-size=64", "--sim-record", self.record_path]

    def test_choice(self):
        for alternate, interface in (("0:0", 0), ("1:0", 1), ("1:flash", 1), ("=1", 0), ("0:=1", 0), ("B", 1), ("2", 0)):
            with self.subTest(alternate):
                self.record_path.unlink(missing_ok=True)
                result = self.expect(0, *self.two, "-a", alternate, "upload", "-")
                self.assertEqual(len(result.out), 1024)
                self.assertEqual({line["index"] for line in self.get_class_requests()}, {interface})

    def test_refusals(self):
        for code, alternate, words in (("ambiguous", "A", '0:0 "A", 0:1 "A"'), ("ambiguous", "1", '0:1 "A", 1:1 "B"'),
                                       ("not-found", "1:2", '1:1 "B"'), ("not-found", "=2", '1:1 "B"')):
            with self.subTest(alternate):
                self.record_path.unlink(missing_ok=True)
                result = self.expect(EXIT[code], *self.two, "-a", alternate, "upload", "-")
                self.assertIn(words, result.err)
                self.assert_silent()
        result = self.expect(EXIT["usage"], *self.two[:2], "upload", "-")
        self.assertIn('0:0 "A", 0:1 "A", 0:2 "1", 1:0 "flash", 1:1 "B"', result.err)

    def test_list(self):
        text = self.expect(0, *self.two[:2], "list", "-v").text
        self.assertIn("256 bytes a block (interface 0)", text)
        self.assertIn("64 bytes a block (interface 1)", text)
        self.assertRegex(text, r'alternate 2 +"1" \(interface 0\)')
        self.assertRegex(text, r'alternate 1 +"B" \(interface 1\)')
        device, = self.expect(0, *self.two[:2], "list", "--json").document["devices"]
        self.assertEqual([(one["number"], one["alternate"], one["name"], one["dfu"]["transfer_size"])
                          for one in device["interfaces"]],
                         [(0, 0, "A", 256), (0, 1, "A", 256), (0, 2, "1", 256), (1, 0, "flash", 64), (1, 1, "B", 64)])
        lines = self.expect(0, *self.two[:2], "list", "--dfu-util").text.splitlines()
        self.assertEqual([tuple(line.split(", ")[index] for index in (3, 5, 6)) for line in lines],
                         [("intf=1", "alt=1", 'name="B"'), ("intf=1", "alt=0", 'name="flash"'),
                          ("intf=0", "alt=2", 'name="1"'), ("intf=0", "alt=1", 'name="A"'),
                          ("intf=0", "alt=0", 'name="A"')])


class SerialNumberTest(Case):
    def find(self, *words):
        sims = ["--sim", "dfu:serial=A\\,1", "--sim", "dfu:serial=A", "--sim", "dfu:serial=B\\\\\\,2,start=bootloader"]
        devices = self.expect(0, *sims, *words, "list", "--json").document["devices"]
        return [device["serial_number"] for device in devices]

    def test_commas_and_backslashes(self):
        self.assertEqual(self.find(), ["A,1", "A", "B\\,2"])
        for serial, found in ((r"A\,1", ["A,1"]), ("A", ["A"]), (r"B\\\,2", ["B\\,2"]), (r",B\\\,2", ["B\\,2"]),
                              (r"A\,1,B\\\,2", ["A,1", "B\\,2"]), (r"A,B\\\,2", ["A", "B\\,2"]), ("A,1", ["A"]),
                              # What is in no other way special is itself, and so are commas after the first
                              (r",B\\,2", ["B\\,2"]), (r"A\1", [])):
            with self.subTest(serial):
                self.assertEqual(self.find("-S", serial), found)
        self.expect(EXIT["usage"], "-S", ",", "list")


class CancelTest(Case):
    def test_interrupted_upload_is_kept(self):
        out = self.folder / "out"
        process = subprocess.Popen([COMMAND, "--sim", "dfu:start=bootloader,size=1M,transfer-size=1K,transfer-us=20000",
                                    "upload", out], stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        wait_for_bytes(process)
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=TIMEOUT)[1].decode()
        partial = self.folder / "out.partial"
        self.assertEqual(process.returncode, EXIT["cancelled"], errors)
        self.assertFalse(out.exists())
        self.assertEqual(list(self.folder.glob("out*")), [partial])
        self.assertIn(f"kept: the first {partial.stat().st_size} bytes, in {partial}\n", errors)

    def test_interrupt(self):
        path = self.write("signed.bin", compose_mcuboot(compose_body(64 * 1024)))
        words = [COMMAND, *self.board, "-a", "1", "update", str(path), "--json"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1].get("state") == "downloading" and lines[-1]["done"] > 0:
                break
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=TIMEOUT)
        self.assertLess(time.monotonic() - start, 2)
        self.assertEqual(process.returncode, EXIT["cancelled"], rest)
        self.assertEqual(json.loads(rest.splitlines()[-1])["code"], "cancelled")

        small = self.write("small.bin", compose_mcuboot(compose_body(6000)))
        self.expect(0, *self.board, "-a", "1", "update", small)


class UsageTest(Case):
    @unittest.skipUnless(SMP, "built without")
    def test_bootloader_is_named_and_no_way_into_it(self):
        refused = self.expect(EXIT["unsupported"], "--sim", "smp-board", "-d", "2fe3:0004,2fe3:0100", "--protocol", "smp", "update",
                              self.write("raw.bin", compose_body(3000)))
        self.assertIn("it is not in its bootloader, and no way into it is known", refused.err)
        self.assertNotIn("-d APP,BOOT", refused.err)

    def test_wrong_words(self):
        for words in (["frobnicate"], ["list", "extra"], ["update"], ["list", "--nonsense"], ["-x", "list"],
                      ["-d", "2fe3", "list"], ["-d", "xyz:0005", "list"], ["list", "--size", "5"], ["list", "-d"],
                      ["--json=yes", "list"], ["upload", "--size", "0", "f"], ["trigger", "--timeout", "0"],
                      ["trigger", "--timeout", "-1"], ["trigger", "--control", "0x21:0:0"],
                      ["trigger", "--control", "0xa1:0:0:0"], ["trigger", "--control", "0x21:0:0:0:abc"],
                      ["trigger", "--how", "a", "--control", "0x21:0:0:0"], ["trigger", "--detach-timeout", "65536"],
                      ["pack", "a", "b"], ["pack", "a", "b", "--suffix", "--no-suffix"], ["pack", "a", "--suffix"],
                      ["pack", "a", "b", "--format", ""], ["pack", "a", "--esp"], ["pack", "a", "b", "--chip", "esp32s2"],
                      ["pack", "a", "b", "--esp", "--chip", "esp32s2", "--flasher-args", "c"],
                      ["pack", "a", "--esp", "--chip", "esp32s2", "--flasher-args", "c", "--suffix"],
                      ["pack", "a", "--esp", "--chip", "esp32s2", "--flasher-args", "c", "--part-size", "0"],
                      ["upload", "-", "--json"], ["list", "--sim-record", "x"]):
            with self.subTest(words):
                result = self.expect(EXIT["usage"], *words)
                if "--json" not in words:
                    self.assertRegex(result.err, r"^dfutrigger: .+\nhint: ")

    def test_says_what_is_wrong(self):
        esp = ["pack", "a", "--esp", "--chip", "esp32s2", "--flasher-args", "c"]
        nordic = ["pack", "a", "--nordic", "--application", "b", "--sd-req"]
        for words, said in ((["-q"], "no command was given"), (["frobnicate"], 'unknown command "frobnicate"'),
                            (["list", "extra"], 'list: unexpected argument "extra"'),
                            (["update"], "update: missing argument: FILE"),
                            (["list", "--nonsense"], "unknown option --nonsense"), (["list", "-x"], "unknown option -x"),
                            (["list", "-d"], "-d needs an argument"), (["list", "--quiet=1"], "--quiet takes no argument"),
                            (["list", "--size", "5"], '"list" has no option --size'),
                            (["list", "--path", ""], "--path: the argument is empty"),
                            (["list", "-d", "12"], '--device: "12" is not a valid VID:PID[,VID:PID]'),
                            (["update", "a", "--erase", "some"], '--erase: "some" is not one of auto|needed|all|mass'),
                            (["update", "a", "--address", "4294967296"],
                             '--address: "4294967296" is not a number from 0 to 4294967295'),
                            (["upload", "a", "--size", "1G"], '--size: "1G" is not a size, as in 4096, 64K or 2M'),
                            (["trigger", "--timeout", "inf"], '--timeout: "inf" is not a time from 0.001 to 86400 seconds'),
                            (["trigger", "--touch", "1200", "--touch", "9600"], "--touch can be given only once"),
                            (["trigger", "--touch", "1200", "--how", "a"], "--how can't be used with --touch"),
                            (["trigger", "--interface", "0"],
                             "--interface needs --feature-report, --output-report or --touch"),
                            (["pack", "a", "b", "--chip", "esp32s2"], "--chip needs --esp"),
                            (["pack", "a", "--esp", "--chip", "esp32s2"], "--esp needs --flasher-args"),
                            ([*esp, "b"], "pack: with --esp, the only argument is OUT"),
                            ([*esp, "--suffix"], "--esp can't be used with --suffix"),
                            ([*nordic, "1,,2"], '--sd-req: "1,,2" is not a list of at most 16 numbers from 0 to 65535'),
                            ([*nordic, ",".join("1" * 17)], f'--sd-req: "{",".join("1" * 17)}" is not a list of at most 16 '
                             "numbers from 0 to 65535"),
                            ([*nordic, "0"], "--nordic needs --hw-version"),
                            ([*nordic, "0", "--hw-version", "52", "--nordic-legacy"],
                             "--nordic can't be used with --nordic-legacy"),
                            (["pack", "a", "b", "--key", "c"], "--key needs --nordic or --nordic-legacy"),
                            (["upload", "-", "-q", "--sim-record", "a"], "--sim-record needs a virtual device: --sim"),
                            (["sim", "--attach"], "sim: missing argument: NAME"),
                            (["sim", "dfu", "--attach", "--listen", "::1"], "--attach can't be used with --listen")):
            with self.subTest(words):
                self.assertEqual(self.expect(EXIT["usage"], *words).err.splitlines()[0], f"dfutrigger: {said}")

    def test_rules_name_options(self):
        """A misspelt name in the rows' rules would be an option that nobody can give."""
        text = "".join(path.read_text() for path in sorted(SOURCE.glob("examples/cli/*.c")))
        names = set(re.findall(r'\.name = "([^"]+)"', text))
        lists = re.findall(r'(?:#define (?:WAYS|CHANGES|NORDIC) |\.(?:with|needs|without) = (?:[A-Z]+ )?|'
                           r'has(?:_any)?\([a-z>&.-]+, )"([^"]+)"', text)
        self.assertGreater(len(lists), 20)
        self.assertLessEqual({name for one in lists for name in one.split()}, names)

    def test_unknown_check(self):
        for name in ("all", "", "hash,nothing"):
            with self.subTest(name):
                result = self.expect(EXIT["usage"], "update", "x", "--force", name)
                self.assertIn("format, length, checksum, hash, ids, size, version, memory-map, bootloader", result.err)

    def test_errors_in_json(self):
        document = self.expect(EXIT["usage"], "list", "--nonsense", "--json").document
        self.assertEqual((document["event"], document["code"], document["exit_code"]), ("result", "usage", 2))
        document = self.expect(EXIT["not-found"], "info", self.folder / "missing", "--json").document
        self.assertEqual(document["code"], "not-found")
        line, = self.expect(EXIT["not-found"], *self.board, "-d", "1:2", "trigger", "--json").lines
        self.assertEqual((line["event"], line["code"], line["device"]), ("result", "not-found", None))

    def test_options_before_and_after(self):
        for words in (["--json", *self.board, "list"], ["list", *self.board, "--json"]):
            self.assertEqual(len(self.expect(0, *words).document["devices"]), 1)
        environment = dict(os.environ, POSIXLY_CORRECT="1")
        self.expect(0, "list", *self.board, "--json", env=environment)

    def test_unknown_virtual_device(self):
        result = self.expect(EXIT["not-found"], "--sim", "toaster", "list")
        self.assertIn("toaster", result.err)
        self.expect(EXIT["usage"], "--sim", "zephyr:colour=red", "list")

    def test_help(self):
        self.assertIn("update", self.expect(0, "help").text)
        self.assertEqual(self.expect(0, "help", "update").text, self.expect(0, "update", "--help").text)
        self.assertRegex(self.expect(0, "--version").text, r"^dfutrigger \d+\.\d+\.\d+ ")
        self.expect(EXIT["usage"], "help", "frobnicate")

    def test_virtual_devices(self):
        names = [model["name"] for model in self.expect(0, "sim", "--json").document["models"]]
        self.assertLessEqual({"zephyr", "nrf52840-keyboard", "leonardo", "pico"}, set(names))
        self.assertIn("zephyr", self.expect(0, "sim").text)

    def test_doctor(self):
        self.assertIn("2fe3:0005", self.expect(0, *self.board, "doctor").text)
        document = self.expect(0, *self.board, "doctor", "--json").document
        self.assertTrue(document["devices"][0]["usable"])
        self.expect(EXIT["not-found"], *self.board, "-d", "1234:5678", "doctor")

    def examine(self, spec):
        text = self.expect(0, "--sim", spec, "--sim-record", self.record_path, "doctor", "--all").text
        self.assertEqual([line for line in self.read_record() if line["event"] != "arrived"], [])
        device, = self.expect(0, "--sim", spec, "doctor", "--all", "--json").document["devices"]
        return text, device

    def test_doctor_says_as_what_it_is_known(self):
        for spec, words, known_by in (("zephyr", "known as +Zephyr USB DFU sample\n", "table"),
                                      ("webcam", r"known as +USB DFU device \(by its USB class only\)", "class"),
                                      ("cdc-board", "known as +nothing; --devices", None)):
            with self.subTest(spec):
                text, device = self.examine(spec)
                self.assertRegex(text, words)
                self.assertEqual(device["known_by"], known_by)

    def test_doctor_says_who_has_it(self):
        text, device = self.examine("nrf52840-keyboard:holder=modem-manager")
        self.assertRegex(text, "held +interface 0 by the kernel's driver usbhid")
        self.assertRegex(text, r"open +1-1:1.1/tty by ModemManager \(process 311\)")
        self.assertEqual([(one["interface"], one["driver"], one["programs"]) for one in device["holders"]],
                         [(0, "usbhid", None), (1, "cdc_acm", "ModemManager (process 311)"), (2, "cdc_acm", None)])
        text, device = self.examine("zephyr")
        self.assertNotIn("held", text)
        self.assertEqual(device["holders"], [])

    def test_doctor_says_what_an_update_would_do(self):
        for spec, words in (("zephyr", "would trigger it by dfu-detach, then write with the protocol dfu\n"),
                            ("webcam", "; only if it is named (-d, -p, -S)\n"),
                            ("jabra", "by jabra-report, else by jabra-request, then"),
                            ("via-keyboard", "then write with the protocol that its bootloader shows\n"),
                            ("stm32f405", "would write with the protocol dfuse\n")):
            with self.subTest(spec):
                text, device = self.examine(spec)
                self.assertIn(words, text)
                self.assertEqual((device["update"]["possible"], device["update"]["problem"]), (True, None))
                self.assertEqual(device["update"]["must_be_named"], spec == "webcam")
        text, device = self.examine("cdc-board")
        self.assertIn("not possible: ", text)
        self.assertEqual((device["update"]["possible"], device["update"]["problem"]["code"]), (False, "unsupported"))
        # The rule that its bootloader lacks is told beforehand
        text, device = self.examine("zephyr:access=application")
        self.assertIn("no udev rule gives this user its bootloader", text)
        self.assertIn("udev/rules.d/", device["hint"])

    def test_who_may_open_the_application_only_is_told_before(self):
        board = ("--sim", "zephyr:access=application")
        told = self.expect(0, *board, "doctor").text
        self.assertRegex(told, "it can be opened\n +hint: no udev rule gives this user its bootloader; add one by this")
        device, = self.expect(0, *board, "doctor", "--json").document["devices"]
        self.assertTrue(device["usable"])
        self.assertRegex(device["hint"], r"71-dfutrigger-2fe3-ffff\.rules && sudo udevadm control --reload$")
        self.assertIsNone(self.expect(0, *self.board, "doctor", "--json").document["devices"][0]["hint"])
        # As it stands there, a shell takes it.
        plan = self.expect(0, *board, "trigger", "--dry-run").text
        self.assertRegex(plan, r"(?m)^  1\. diagnosing .*printf .* --reload$")

    def test_doctor_helps_with_what_is_not_there(self):
        for words in (["-d", "303a:0009"], ["--sim", "esp32-s2"]):
            result = self.run_command("--sim", "xmos", *words, "doctor")
            for word in ("GPIO0", "USB_PHY_SEL", "Zadig", "swapped"):
                self.assertIn(word, result.text)
        self.assertNotIn("note", self.run_command("--sim", "xmos", "-d", "1234:5678", "doctor").text)

    def test_without_usb(self):
        result = self.run_command("list")
        self.assertIn(result.code, (0, EXIT["unsupported"]), str(result))
        if result.code:
            self.assertRegex(result.err, r"^dfutrigger: .+")


class FileTest(Case):
    def setUp(self):
        super().setUp()
        self.body = compose_body(5000)
        self.raw = self.write("raw.bin", self.body)

    def test_info(self):
        path = self.write("both.dfu", compose_suffix(compose_mcuboot(self.body), 0x2FE3, 0x0005, 0x0102))
        document = self.expect(0, "info", path, "--json").document
        self.assertEqual((document["format"], document["size"]), ("mcuboot", len(compose_mcuboot(self.body))))
        facts = {(fact["layer"], fact["key"]): fact["value"] for fact in document["facts"]}
        self.assertEqual(facts["dfu-suffix", "vendor_id"].removeprefix("0x"), "2fe3")
        self.assertIn("1.2.3", facts["mcuboot", "version"])
        self.assertEqual([segment["size"] for segment in document["segments"]], [document["size"]])
        self.assertIn("mcuboot", self.expect(0, "info", path).text)

    def test_damaged_info(self):
        document = self.expect(EXIT["length"], "info", self.write("cut", compose_mcuboot(self.body)[:700]),
                               "--json").document
        self.assertEqual(document["check"], "length")

    def test_pack_mcuboot(self):
        out = self.folder / "signed.bin"
        self.expect(0, "pack", self.raw, out, "--mcuboot", "1.2.3+4")
        self.assertEqual(out.read_bytes(), compose_mcuboot(self.body, padding=b"\xff"))
        self.expect(0, "pack", self.raw, out, "--mcuboot", "1.2.3+4", "--header-size", "0x400", "--overwrite")
        self.assertEqual(out.read_bytes(), compose_mcuboot(self.body, header_size=0x400, padding=b"\xff"))

    def test_pack_suffix(self):
        for words, ids in ((["--suffix=2fe3:0005"], (0x2FE3, 0x0005)),
                           (["--suffix", "2fe3:5:0102"], (0x2FE3, 5, 0x102)),
                           (["--suffix"], (0xFFFF, 0xFFFF))):
            with self.subTest(words):
                out = self.folder / "suffixed.dfu"
                self.expect(0, "pack", self.raw, out, "--overwrite", *words)
                self.assertEqual(out.read_bytes(), compose_suffix(self.body, *ids))
        self.expect(0, "pack", out, self.folder / "bare.bin", "--no-suffix")
        self.assertEqual((self.folder / "bare.bin").read_bytes(), self.body)

    def test_pack_formats(self):
        raw = self.folder / "raw.bin"
        for name in ("dfuse", "ihex", "srec", "uf2"):
            with self.subTest(name):
                out = self.folder / f"out.{name}"
                self.expect(EXIT["usage"], "pack", raw, out, "--format", name)
                document = self.expect(0, "pack", raw, out, "--format", name, "--address", "0x08000000",
                                       "--json").document
                self.assertEqual((document["format"], document["segments"][0]["address"]), (name, 0x08000000))
                self.assertEqual(self.expect(0, "info", out, "--json").document["segments"], document["segments"])
                self.expect(0, "pack", out, self.folder / "back.bin", "--format", "raw", "--no-suffix", "--overwrite")
                back = (self.folder / "back.bin").read_bytes()
                self.assertEqual(back[:len(self.body)], self.body)
                self.assertEqual(back[len(self.body):].strip(b"\xff"), b"")
                self.expect(EXIT["usage"], "pack", out, raw, "--address", "0", "--suffix", "--overwrite")
        self.expect(EXIT["usage"], "pack", raw, self.folder / "none", "--format", "zip")
        self.expect(EXIT["unsupported"], "pack", raw, self.folder / "none", "--format", "elf")
        self.expect(EXIT["usage"], "pack", raw, self.folder / "none", "--format", "ihex", "--address", "0", "--suffix")
        self.assertFalse((self.folder / "none").exists())

    def test_pack_family(self):
        out = self.folder / "out.uf2"
        self.expect(0, "pack", self.raw, out, "--format", "uf2", "--family", "rp2040", "--address", "0x10000000")
        self.assertIn("rp2040 (0xe48bff56)", self.expect(0, "info", out).text)
        self.expect(EXIT["usage"], "pack", out, self.raw, "--family", "nonsense", "--overwrite")

    def test_pack_refuses_what_would_be_lost(self):
        out = self.folder / "out"
        for words, said in ((["--family", "rp2040"], "--family: a file of the format raw names no family"),
                            (["--family", "rp2040", "--format", "ihex", "--address", "0"],
                             "--family: a file of the format ihex names no family"),
                            (["--format", "raw", "--address", "0x8000"], "--address: a file of the format raw has no address"),
                            (["--suffix=1:2", "--address", "0x8000"], "--address: a file of the format raw has no address")):
            result = self.expect(EXIT["usage"], "pack", self.raw, out, *words)
            self.assertIn(said, result.err)
            self.assertFalse(out.exists())

    def test_pack_mcuboot_of_hex(self):
        hex_path = self.folder / "raw.hex"
        self.expect(0, "pack", self.raw, hex_path, "--format", "ihex", "--address", "0x8000")
        self.expect(0, "pack", hex_path, self.folder / "signed.hex", "--mcuboot", "1.2.3+4", "--format", "ihex")
        self.expect(0, "pack", self.folder / "signed.hex", self.folder / "signed.bin", "--format", "raw")
        self.assertEqual((self.folder / "signed.bin").read_bytes(), compose_mcuboot(self.body, padding=b"\xff"))

    def test_pack_esp(self):
        self.write("flasher_args.json", b'{"flash_files": {"0x1000": "raw.bin"}}')
        out = self.folder / "dfu.bin"
        words = ["pack", "--esp", "--chip", "esp32s3", "--flasher-args", self.folder / "flasher_args.json"]
        self.expect(0, *words, out)
        self.assertIn("raw.bin, 0x00001000, 5000 bytes", self.expect(0, "info", out).text)
        self.assertIn("chip", self.expect(0, "info", out).text)
        self.expect(EXIT["usage"], *words, out)
        self.expect(0, *words, out, "--overwrite", "--flash-size", "8MB", "--part-size", "4K")
        self.assertIn("raw.bin.1, 0x00002000, 904 bytes", self.expect(0, "info", out).text)
        self.expect(EXIT["unsupported"], "pack", "--esp", "--chip", "esp32c3", "--flasher-args", "x", self.folder / "none")

    @unittest.skipUnless(NORDIC, "built without")
    def test_pack_nordic(self):
        out = self.folder / "out.zip"
        words = ["pack", "--nordic", "--application", self.raw, "--hw-version", "52", "--sd-req", "0"]
        document = self.expect(0, *words, out, "--application-version", "3", "--json").document
        self.assertEqual((document["format"], document["size"]), ("nordic", 5000))
        facts = {fact["key"]: fact["value"] for fact in document["facts"]}
        self.assertEqual((facts["application_version"], facts["application_sd_req"]), ("3", "0x0000"))
        self.assertEqual(document["segments"], [{"address": None, "alternate": None, "size": 5000}])
        self.assertIn("application_signature    none", self.expect(0, "info", out).text)
        self.expect(EXIT["usage"], *words, out)
        self.expect(0, *words[:-2], out, "--overwrite", "--sd-req", "0xb6,182", "--debug")
        for others in (["--nordic-legacy"], ["--format", "raw"], ["--esp"], ["a"], ["--sd-req", "0x10000"], ["--sd-req", "1,"],
                       ["--bootloader", self.raw], ["--softdevice", self.raw], ["--address", "0"]):
            with self.subTest(others):
                self.expect(EXIT["usage"], *words, self.folder / "none", *others)
        for others in ([], ["--application", self.raw], ["--application", self.raw, "--hw-version", "52"],
                       ["--hw-version", "52", "--sd-req", "0"], ["--application", self.raw, "--sd-req", "0"]):
            with self.subTest(others):
                self.expect(EXIT["usage"], "pack", "--nordic", self.folder / "none", *others)
        self.expect(EXIT["usage"], "pack", self.raw, self.folder / "none", "--format", "raw", "--key", "x")
        self.expect(0, "pack", "--nordic-legacy", "--application", self.raw, "--sd-req", "0xfffe", out, "--overwrite")
        self.assertIn("nordic-legacy, 5000 bytes", self.expect(0, "info", out).text)

    @unittest.skipUnless(NORDIC, "built without")
    def test_signed_nordic(self):
        out, key, public = (self.folder / name for name in ("out.zip", "key.pem", "public.pem"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True)
        subprocess.run(["openssl", "pkey", "-pubout", "-in", key, "-out", public], check=True)
        words = ["pack", "--nordic", "--application", self.raw, "--hw-version", "52", "--sd-req", "0", "--overwrite", out]
        self.expect(0, *words)
        result = self.expect(EXIT["mismatch"], "info", out, "--public-key", public)
        self.assertIn("the application is not signed", result.err)
        self.expect(EXIT["mismatch"], "update", out, "--public-key", public, "--sim", "dfu")
        self.expect(0, *words, "--key", key)
        self.assertIn("application_signature_check good", self.expect(0, "info", out, "--public-key", public).text)
        self.expect(EXIT["usage"], "info", out, "--public-key", key)
        self.expect(EXIT["unsupported"], "info", self.raw, "--public-key", public)
        self.expect(EXIT["format"], "update", out, "--sim", "dfu", "-d", "1209:0001")

    def test_update_with_addresses(self):
        hex_path = self.folder / "raw.hex"
        self.expect(0, "pack", self.raw, hex_path, "--format", "ihex", "--address", "0x8000")
        self.expect(EXIT["unsupported"], "update", hex_path, "--sim", "dfu", "-d", "1209:0001")
        self.expect(EXIT["usage"], "update", hex_path, "--address", "0", "--sim", "dfu", "-d", "1209:0001")

    def test_pack_keeps_a_file(self):
        result = self.expect(EXIT["usage"], "pack", self.raw, self.raw, "--suffix")
        self.assertIn("raw.bin: the file exists already\nhint: --overwrite replaces it", result.err)
        self.assertEqual(self.raw.read_bytes(), self.body)


class OutputTest(Case):
    """What could not be told is an error, and nothing that is told drives a terminal."""

    def get_commands(self):
        board, chip = ["--sim", "zephyr"], ["--sim", "stm32f072", "-a", "Internal Flash", "upload", "--size", "1K"]
        path = self.write("any.bin", bytes(range(256)))
        new = self.folder / "new"
        words = (["help"], ["--version"], ["sim"], ["sim", "--json"], ["info", path], ["info", "--json", path],
                 ["pack", "--json", "--suffix=1:1", path, new, "--overwrite"], ["info", "--json", new])
        return [*words, *([*board, command, *json] for command in ("list", "doctor", "command", "trigger")
                          for json in ([], ["--json"]) if json or command != "command"),
                [*chip, "-"], [*chip, "--json", "/dev/null"]]

    def test_output_that_is_not_taken(self):
        for words in self.get_commands():
            for name, place in (("full", open("/dev/full", "wb")), ("closed", None), ("gone", self.open_broken_pipe())):
                with self.subTest(words=words, output=name):
                    done = subprocess.run([COMMAND, *map(str, words)], stdin=subprocess.DEVNULL, stdout=place,
                                          stderr=subprocess.PIPE, timeout=TIMEOUT, check=False,
                                          preexec_fn=None if place else lambda: os.close(1))
                    # "pack" without --json has nothing to tell.
                    self.assertNotEqual(done.returncode, 0, done.stderr)
                    self.assertGreater(done.returncode, 0, "ended by a signal")
                    if name == "full":
                        self.assertIn(b"No space left", done.stderr)
                    if "--json" not in words:
                        self.assertLessEqual(done.stderr.count(b"dfutrigger: "), 1, done.stderr)
                if place:
                    place.close()

    @staticmethod
    def open_broken_pipe():
        reader, writer = os.pipe()
        os.close(reader)
        return os.fdopen(writer, "wb")

    def test_an_update_goes_on_without_its_reader(self):
        image = compose_mcuboot(compose_body(6000))
        path = self.write("signed.bin", image)
        with self.open_broken_pipe() as pipe:
            done = subprocess.run([COMMAND, *self.board, "-a", "1", "update", str(path), "--json"], stdout=pipe,
                                  stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
        self.assertEqual(done.returncode, EXIT["io"])
        self.assertEqual(self.expect(0, *self.board, "-a", "1", "upload", "-", "--size", len(image)).out, image)

    def test_closed_files_are_not_taken_for_others(self):
        for closed in ((0,), (2,), (0, 1, 2)):
            self.board_path.unlink(missing_ok=True)
            subprocess.run([COMMAND, *self.board, "trigger", "--json", "-v"], timeout=TIMEOUT, check=False,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           preexec_fn=lambda fds=closed: [os.close(fd) for fd in fds])
            self.assertTrue(self.board_path.read_bytes().startswith(b"dfutrigger-sim 1\n"), closed)
            self.expect(0, *self.board, "list")

    # C1 as a character and as a byte, bidirectional controls, overlong forms, surrogates, escape sequences
    NASTY = (b"-".join([b"\xc2\x9b31m", b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xd8\x9c", b"\xe2\x80\x8f", b"\x1b]0;x\x07",
                        b"\x7f", b"\xe2\x80\xa8", b"\n"]),
             b"-".join([b"\x9b31m", b"\xc0\xaf", b"\xed\xa0\x80", b"\xff", b"\xc2\x9b31m"]))

    def assert_harmless(self, data):
        text = data.decode()
        for character in text:
            code = ord(character)
            self.assertFalse((code < 0x20 and character != "\n") or 0x7f <= code <= 0x9f or code in (0x61c, 0x200e, 0x200f)
                             or 0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069, ascii(text))

    def test_names_of_files_are_harmless(self):
        table = b'{"format": 1, "devices": [{"name": 3}]}'
        for name in self.NASTY:
            paths = []
            for content in (b"<html></html>", bytes(range(256)), table):
                paths.append(os.path.join(os.fsencode(self.folder), name + str(len(paths)).encode()))
                with open(paths[-1], "wb") as file:
                    file.write(content)
            for words in ([b"info", paths[0]], [b"info", paths[1]], [b"info", paths[1] + b"x"],
                          [b"--devices", paths[2], b"list"], [b"--sim", b"zephyr:state=" + paths[0], b"list"],
                          [b"--sim", b"zephyr:" + name, b"list"], [b"--sim", name, b"list"], [name], [b"--" + name],
                          [b"--sim", b"zephyr", b"-p", name, b"update", paths[1]],
                          [b"--sim", b"zephyr", b"-S", name, b"list"], [b"--sim", b"stm32f072", b"-a", name, b"doctor"],
                          [b"pack", b"--format", name, paths[1], paths[1] + b"y"], [b"pack", b"--suffix=1:1", paths[1], paths[1]],
                          [b"--sim", b"zephyr", b"trigger", b"--how", name],
                          [b"--sim", b"dfu:start=bootloader,size=2K", b"upload", paths[1]]):
                for json_words in ([], [b"--json"]):
                    with self.subTest(words=words, json=json_words):
                        done = subprocess.run([COMMAND.encode(), *words, *json_words], stdin=subprocess.DEVNULL,
                                              capture_output=True, timeout=TIMEOUT, check=False)
                        self.assert_harmless(done.stdout)
                        self.assert_harmless(done.stderr)
                        if json_words and done.stdout:
                            for line in [done.stdout] if done.stdout.startswith(b"{\n") else done.stdout.splitlines():
                                json.loads(line)


class SinkTest(Case):
    """A file that is read from a device gets its name when it is complete, and takes nobody's."""

    SLOW = "dfu:start=bootloader,size=64K,transfer-size=1K,transfer-us=20000"

    def start(self, *words):
        process = subprocess.Popen([COMMAND, "--sim", self.SLOW, "upload", self.folder / "out", *words],
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        wait_for_bytes(process)
        return process

    def test_killed(self):
        process = self.start()
        process.kill()
        process.communicate()
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_file_that_appears_meanwhile(self):
        process = self.start()
        out = self.write("out", b"mine")
        errors = process.communicate(timeout=TIMEOUT)[1].decode()
        self.assertEqual(process.returncode, EXIT["usage"], errors)
        self.assertEqual(out.read_bytes(), b"mine")
        self.assertIn("--overwrite", errors)
        self.assertEqual((self.folder / "out.partial").stat().st_size, 64 * 1024)

    def test_link_that_appears_meanwhile(self):
        process = self.start()
        (self.folder / "out").symlink_to(self.folder / "victim")
        process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, EXIT["usage"])
        self.assertFalse((self.folder / "victim").exists())

    def test_names_that_can_not_be_given(self):
        """They are refused before anything is read, which may take long."""
        (self.folder / "file").write_bytes(b"")
        for name, code, words in (("n" * 256, EXIT["io"], "File name too long"), ("file/out", EXIT["io"], "Not a directory"),
                                  ("link", EXIT["usage"], "--overwrite replaces it")):
            if name == "link":
                (self.folder / name).symlink_to("nothing")
            result = self.expect(code, "--sim", "dfu:start=bootloader,size=2K", "upload", self.folder / name)
            self.assertIn(words, result.err)
            self.assertNotIn("uploading", result.err)
        self.expect(EXIT["not-found"], "--sim", "dfu:start=bootloader,size=2K", "upload", "", cwd=self.folder)
        self.assertEqual(sorted(os.listdir(self.folder)), ["file", "link"])

    def test_names_that_are_as_long_as_can_be(self):
        out = self.write("n" * 255, b"mine")
        self.expect(0, "--sim", "dfu:start=bootloader,size=2K", "upload", out, "--overwrite")
        self.assertEqual(out.stat().st_size, 2048)
        result = self.expect(EXIT["device"], "--sim", "dfu:start=bootloader,size=20K,transfer-size=1K,fault=stall@12", "upload",
                             "--overwrite", out)
        kept = re.search(r"kept: the first 11264 bytes, in (.*)\n", result.err)[1]
        self.assertEqual(os.path.getsize(kept), 11264)

    def test_a_file_that_is_replaced_keeps_its_readers(self):
        out, link = self.write("out", b"mine"), self.folder / "link"
        link.symlink_to("out")
        out.chmod(0o600)
        self.expect(0, "--sim", "dfu:start=bootloader,size=2K", "upload", link, "--overwrite")
        self.assertTrue(link.is_symlink())
        self.assertEqual(out.stat().st_size, 2048)
        self.assert_private(out)

    def test_a_link_to_nothing_is_there(self):
        path, link = self.write("firmware.bin", compose_body(2000)), self.folder / "link"
        link.symlink_to("nothing")
        for words in (["pack", "--suffix=1:2", path, link], ["pack", "--suffix=1:2", path, link, "--json"]):
            self.expect(EXIT["usage"], *words)
            self.assertTrue(link.is_symlink())

    def test_replaced_at_once(self):
        self.write("out", b"mine")
        process = self.start("--overwrite")
        self.assertEqual((self.folder / "out").read_bytes(), b"mine")
        process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, 0)
        self.assertEqual([(path.name, path.stat().st_size) for path in self.folder.iterdir()], [("out", 64 * 1024)])


class LargeFileTest(Case):
    """Firmware that is too large to be held in memory."""

    # Above what a small one takes; a sanitizer has a byte for 8 of the virtual device's memory.
    ROOM = 64 << 20

    def measure(self, *words):
        process = subprocess.Popen([COMMAND, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        errors = process.stderr.read().decode()
        process.stderr.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, errors)
        return usage.ru_maxrss << 10

    def make_file(self, size):
        path = self.folder / "firmware.bin"
        with open(path, "wb") as file:
            file.truncate(size)
            for offset in (0, size // 2 + 1, size - (1 << 20)):
                file.seek(offset)
                file.write(random.Random(offset).randbytes(1 << 20))
        return path

    def test_memory_does_not_go_with_the_size(self):
        """Sent in more blocks than wBlockNum counts, and read back."""
        is_sanitized = b"__asan_init" in pathlib.Path(COMMAND).read_bytes()
        sizes = [(300 << 20, 4096), ((2 << 30) + (100 << 20) + 17, 32768)]
        # With sanitizers, the larger one takes ten minutes.
        for size, block in sizes[:1] if is_sanitized else sizes:
            small = self.write("small.bin", compose_body(1 << 20))
            words = ["--sim", f"dfu:start=bootloader,erases=no,busy=0,size=2300M,transfer-us=0,transfer-size={block}", "--verify", "update"]
            base = self.measure(*words, small)
            path = self.make_file(size)
            # The virtual device keeps a record of each request.
            room = self.ROOM + (size >> 2 if is_sanitized else 0) + size // 4096 * 200
            self.assertLess(self.measure(*words, path) - base, room, size)
            self.assertLess(self.measure("info", path) - base, room, size)

    def test_saved_with_a_suffix(self):
        path, packed = self.make_file(140 << 20), self.folder / "packed.dfu"
        self.measure("pack", "--suffix=1209:0001", path, packed)
        self.assertIn("1209", self.expect(0, "info", packed).text)
        with open(path, "rb") as one, open(packed, "rb") as other:
            while block := one.read(1 << 20):
                self.assertEqual(block, other.read(1 << 20))
            self.assertEqual(len(other.read()), 16)
        self.expect(EXIT["unsupported"], "pack", "--format=ihex", "--address=0", path, self.folder / "out.hex")


class HostileFileTest(Case):
    """Files that are made to cost much: each is judged in time and memory that go with its size, or refused by its size."""

    SECONDS = 20
    # A sanitizer keeps what was freed, and rounds up.
    BASE, FACTOR = 700 << 20, 8

    def judge(self, name, data, *words):
        path = data if isinstance(data, (str, pathlib.Path)) else self.write(name, data)
        size = os.path.getsize(path) if os.path.isfile(path) else 0
        start = time.monotonic()
        process = subprocess.Popen([COMMAND, "info", str(path), *words], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertGreaterEqual(process.returncode, 0, output[-500:])
        self.assertLess(usage.ru_utime + usage.ru_stime, self.SECONDS, f"{name}: time, {time.monotonic() - start:.1f} s")
        self.assertLess(usage.ru_maxrss << 10, self.BASE + self.FACTOR * min(size, 256 << 20), f"{name}: memory")
        return process.returncode, output.decode("utf-8", "replace")

    @staticmethod
    def compose_elf(segments, sections, size):
        """Headers that all point to the same bytes of a program for ARM."""
        head, entry, scn = 52, 32, 40
        data_at = head + segments * entry + sections * scn
        sections_at = head + segments * entry if sections else 0
        first, length = (0, data_at + size) if sections else (data_at, size)
        parts = [struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 40, 1, 0x8000, head, sections_at, 0, head, entry,
                             segments, scn, sections, 0)]
        parts += [struct.pack("<8I", 1, first, i * 0x10000, i * 0x10000, length, length, 5, 4) for i in range(segments)]
        parts += [struct.pack("<10I", 0, 1, 2, 0, data_at, size, 0, 0, 4, 0)] * sections
        return b"".join(parts) + bytes(range(256)) * (size // 256)

    def test_elf(self):
        self.assertNotEqual(self.judge("headers.elf", self.compose_elf(30000, 0, 1 << 16))[0], 0)
        self.judge("both.elf", self.compose_elf(20000, 20000, 1 << 16))

    @staticmethod
    def compose_record(address, kind, data):
        record = bytes([len(data), address >> 8 & 255, address & 255, kind]) + data
        return b":" + (record + bytes([-sum(record) & 255])).hex().upper().encode() + b"\n"

    def test_hex_with_a_record_for_each_byte(self):
        lines = []
        for page in reversed(range(4)):
            lines.append(self.compose_record(0, 4, bytes([0, page])))
            lines += [self.compose_record(address, 0, b"x") for address in reversed(range(0x10000))]
        code, text = self.judge("bytes.hex", b"".join(lines) + self.compose_record(0, 1, b""))
        self.assertEqual(code, 0, text)
        every_second = [self.compose_record(address, 0, b"x") for address in range(0, 0x10000, 2)]
        self.assertEqual(self.judge("gaps.hex", b"".join(every_second) + self.compose_record(0, 1, b""), "--json")[0], 0)

    def test_uf2_out_of_order(self):
        count = 1 << 16
        blocks = [struct.pack("<8I476sI", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000 + 256 * i, 256, i, count, 0xE48BFF56,
                              bytes([i & 255, i >> 8]) * 128, 0x0AB16F30) for i in range(count)]
        code, text = self.judge("reversed.uf2", b"".join(reversed(blocks)))
        self.assertEqual(code, 0, text)
        self.assertNotEqual(self.judge("same.uf2", blocks[0] * count)[0], 0)

    def test_dfuse_with_many_elements(self):
        for count, places in ((30000, None), (30000, 1)):
            elements = b"".join(struct.pack("<IIB", 0x08000000 + (0 if places else 2 * i), 1, i & 255) for i in reversed(range(count)))
            target = struct.pack("<6sBI255sII", b"Target", 0, 0, b"", len(elements), count) + elements
            data = struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(target), 1) + target
            data += struct.pack("<HHHH3sB", 0xFFFF, 0xDF11, 0x0483, 0x011A, b"UFD", 16)
            code, text = self.judge("many.dfu", data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF))
            self.assertEqual(code == 0, not places, text[-300:])

    @unittest.skipUnless(NORDIC, "built without Nordic packages")
    def test_archives(self):
        def pack(files, compression=zipfile.ZIP_STORED):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", compression) as archive:
                for name, data in files:
                    archive.writestr(name, data)
            return buffer.getvalue()

        manifest = b'{"manifest": {"application": {"bin_file": "a.bin", "dat_file": "a.dat"}}}'
        deep = b'{"manifest": ' + b'{"a": ' * 5000 + b"1" + b"}" * 5001
        for name, files in (("entries.zip", [(f"{i}.bin", b"") for i in range(40000)]),
                            ("bomb.zip", [("manifest.json", manifest), ("a.bin", bytes(300 << 20)), ("a.dat", b"x")]),
                            ("deep.zip", [("manifest.json", deep)]),
                            ("keys.zip", [("manifest.json", b'{"manifest": {' + b",".join(
                                b'"%d": {}' % i for i in range(100000)) + b"}}")])):
            with self.subTest(name):
                code, text = self.judge(name, pack(files, zipfile.ZIP_DEFLATED))
                self.assertIn(code, (EXIT["format"], 21, 31), text)
        cpio = b"".join(b"070701" + b"%08x" * 13 % (i, 0o100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, 0) + b"%04d\0\0" % (i % 10000) + b"\0" * 0
                        for i in range(200000))
        self.assertNotEqual(self.judge("many.cpio", cpio)[0], 0)

    def expect_quickly(self, code, *words):
        """Within a few times what it takes; what looked at all for each took ten times as long."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = self.expect(code, *words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 4, words)
        return result

    def test_captures_with_many_requests_and_devices(self):
        ask = "{0:016x} {0} S Ci:{2}:{1:03}:0 s 80 06 0100 0000 0012 18 <\n"
        answer = "{0:016x} {0} C Ci:{2}:{1:03}:0 0 18 = 12010002 ef020140 9a23df80 00010102 0301\n"
        late = "".join(line.format(number, 5, 1) for line in (ask, answer) for number in range(1, 16001))
        path, out = self.write("late.txt", late.encode()), self.folder / "out"
        self.expect_quickly(EXIT["not-found"], "import", path, out)
        path = self.write("devices.txt", "".join(ask.format(number, number % 100 + 2, number // 100 + 1) for number in range(1, 9001)).encode())
        result = self.expect_quickly(21, "import", path, out)
        self.assertIn("the capture has more than 8192 devices", result.err)

    def test_sessions_with_many_devices(self):
        lines = (SOURCE / "tests/sessions/uf2-board.jsonl").read_text(encoding="utf-8").splitlines()
        arrival = json.loads(next(line for line in lines if '"arrives"' in line))
        arrivals = [json.dumps(dict(arrival, at=number, device=number + 1, path=f"1-{number + 1}")) for number in range(8000)]
        path = self.write("many.jsonl", "\n".join([lines[0], *arrivals, ""]).encode())
        self.expect_quickly(0, "export", path, self.folder / "out.pcapng")
        self.expect_quickly(0, "explain", path)
        self.expect_quickly(0, "--sim", f"replay:{path}", "list")

    def test_flasher_args_with_many_files(self):
        self.write("part.bin", bytes(range(256)) * 4096)
        for count in (100, 10000):
            files = {hex(0x200000 * i): "part.bin" for i in range(count)}
            text = json.dumps({"flash_files": files, "extra_esptool_args": {"chip": "esp32s3"}})
            self.judge(f"{count}.json", text.encode())

    def test_large_files(self):
        sparse = self.folder / "sparse.bin"
        for size, start, check, words in ((100 << 30, b"", "size", "107374182400"), (3 << 30, b"", "format", "nothing but 00"),
                                          (300 << 20, b":0400000001020304F2\n", "size", "files of the format ihex")):
            with open(sparse, "wb") as file:
                file.write(start)
                file.truncate(size)
            code, text = self.judge(f"sparse, {size} bytes", sparse)
            self.assertEqual(code, EXIT[check], text)
            self.assertIn(words, text)
        self.assertEqual(self.judge("zero", "/dev/zero")[0], EXIT["size"])

    def test_pipes(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        image = compose_mcuboot(compose_body(6000))
        process = subprocess.Popen(["sh", "-c", 'cat "$0" > "$1"', str(self.write("image", image)), str(fifo)])
        code, text = self.judge("fifo", fifo)
        process.wait(TIMEOUT)
        self.assertEqual(code, 0, text)
        self.assertIn("mcuboot", text)


class MadeUpInterfaceTest(Case):
    """What a table of the user's says of memories that a device does not have leads to no request."""

    def test_slots_that_are_not_there(self):
        for slots in ({"running": ["nowhere"]}, {"running": ["nowhere"], "update": ["neither"]}, {"update": ["neither"]}):
            entry = {"name": "here", "title": "here", "application": [{"ids": ["2fe3:0005"]}],
                     "triggers": [{"name": "stay", "in_place": True, "lines": [{"dtr": True}]}, "dfu-detach"],
                     "protocol": "dfu", "slots": slots, "sources": ["here"]}
            table = self.write("table.json", json.dumps({"format": 1, "devices": [entry]}).encode())
            image = self.write("signed.bin", compose_mcuboot(compose_body(6000)))
            for words in (["update", image], ["-a", "1", "update", image], ["upload", "--size", "1K", "/dev/null"], ["doctor"]):
                with self.subTest(slots=slots, words=words):
                    self.board_path.unlink(missing_ok=True)
                    result = self.run_command("--devices", table, *self.board, "--sim-record", self.record_path, *words)
                    self.assertGreaterEqual(result.code, 0, result.err)
                    self.assert_no_breach()
                    for line in self.get_class_requests():
                        self.assertLess(line["index"], 3, line)


class SessionFileTest(Case):
    """--record, explain, and --sim replay:FILE."""

    def setUp(self):
        super().setUp()
        self.image = self.folder / "image"
        self.image.write_bytes(compose_body(700))
        self.session = self.folder / "session.jsonl"
        self.ids = ["-d", "1209:0001"]
        self.expect(0, "--sim", "dfu:transfer-size=256,serial=E66058388374A72C", "--record", self.session, *self.ids,
                    "update", self.image)

    def test_private(self):
        self.assertEqual(stat.S_IMODE(self.session.stat().st_mode), 0o600)
        text = self.session.read_text()
        self.assertNotIn("E66058388374A72C", text)
        self.assertNotIn(compose_body(700)[64:80].hex(), text)
        self.assertIn("0000000000000001", text)
        self.assertEqual([*map(json.loads, text.splitlines())][-1]["event"], "end")

    def test_wanted(self):
        path = self.folder / "whole.jsonl"
        self.expect(0, "--sim", "dfu:transfer-size=256,serial=E66058388374A72C", "--record", path, "--record-data",
                    "--record-plain", *self.ids, "update", self.image)
        self.assertIn("E66058388374A72C", path.read_text())
        self.assertIn(compose_body(700)[64:80].hex(), path.read_text())

    def test_replay(self):
        result = self.expect(0, "--sim", f"replay:{self.session}", *self.ids, "update", self.image)
        self.assertNotIn("replay", result.err)
        self.image.write_bytes(compose_body(1500))
        result = self.run_command("--sim", f"replay:{self.session}", *self.ids, "update", self.image)
        self.assertRegex(result.err, "replay: line [0-9]+: .*recorded was")

    def test_explain(self):
        text = self.expect(0, "explain", self.session).text
        self.assertRegex(text, "(?m)DETACH$")
        self.assertIn("DNLOAD of a block 3 times, 0 to 2", text)
        self.assertIn("the end: ok", text)
        self.assertEqual(self.expect(0, "--json", "explain", self.session).document["lines"], text.splitlines())
        result = self.expect(EXIT["usage"], "explain", self.image)
        self.assertIn("line 1", result.err)

    def test_report(self):
        """The last session file there is goes into it, and it can be cut out and played back."""
        path = self.folder / "report.txt"
        ids = ["--sim", "dfu:transfer-size=256,serial=E66058388374A72C"]
        self.assertIn("session.jsonl", self.expect(0, *ids, "report", path).text)
        self.assert_private(path)
        text = path.read_text()
        for secret in ("E66058388374A72C", compose_body(700)[64:80].hex(), socket.gethostname()):
            self.assertNotIn(secret, text)
        self.assertIn("serial number  0000000000000001\n", text)
        self.assertIn("the end: ok", text)
        for section in ("Versions and system", "Device 1-1, 1209:0001", "Messages of the kernel", "The recording, in words"):
            self.assertRegex(text, f"(?m)^== {section}.* ==$")
        cut = self.write("cut.jsonl", text[text.index('{"dfutrigger-session"'):].encode())
        self.assertEqual(cut.read_bytes(), self.session.read_bytes())
        result = self.expect(EXIT["io"], *ids, "report", path)
        self.assertIn("another name", result.err)

    def test_report_of_a_device_and_a_session(self):
        path = self.folder / "report.txt"
        other = self.folder / "other.jsonl"
        self.expect(0, *self.board, "--record", other, "list")
        document = self.expect(0, *self.board, "--sim", "stm32f405", "report", path, "-p", "1-2", "--session", self.session,
                               "--json").document
        self.assertEqual((document["file"], document["session"]), (str(path), str(self.session)))
        text = path.read_text()
        self.assertIn("== Device 1-2, 0483:df11", text)
        self.assertNotIn("== Device 1-1", text)
        self.assertIn("the end: ok", text)
        result = self.expect(EXIT["usage"], *self.board, "report", self.folder / "none", "--session", self.image)
        self.assertIn("line 1", result.err)
        self.assertFalse((self.folder / "none").exists())

    def test_export_and_import(self):
        capture, again = self.folder / "update.pcapng", self.folder / "again.jsonl"
        self.expect(0, "export", self.session, capture)
        result = self.run_command("export", self.session, capture)
        self.assertIn("the file exists already", result.err)
        self.expect(0, "import", capture, again)
        self.assert_private(again)
        requests = [[line["setup"] for line in map(json.loads, path.read_text().splitlines()) if line.get("event") == "control"]
                    for path in (self.session, again)]
        self.assertTrue(requests[0])
        self.assertEqual(requests[1], requests[0])
        result = self.run_command("export", self.image, capture, "--overwrite")
        self.assertIn("line 1", result.err)
        self.assertNotEqual(result.code, 0)

    def test_no_file_is_replaced(self):
        before = self.session.read_bytes()
        result = self.expect(EXIT["io"], *self.board, "--record", self.session, "list")
        self.assertIn("another name", result.err)
        self.assertEqual(self.session.read_bytes(), before)

    def test_full_disk(self):
        """The update is not disturbed, and the end tells it."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

        path = self.folder / "cut.jsonl"
        result = self.run_command("--sim", "dfu:transfer-size=256", "--record", path, *self.ids, "update", self.image,
                                  preexec_fn=limit)
        self.assertEqual(result.code, EXIT["io"], str(result))
        self.assertIn("700 bytes downloaded and verified", result.text)
        self.assertIn("the recording is not whole", result.err)
        self.expect(0, "explain", path)


class DocumentTest(Case):
    """What is written about the command is what it does; its options are compared by tests/style/options.py."""

    COMMANDS = ("list", "trigger", "update", "upload", "command", "info", "pack", "doctor", "explain", "report", "sim", "import",
                "export", "help", "complete")

    def read(self, path):
        return (SOURCE / path).read_text()

    def test_man_page(self):
        page = self.read("docs/dfutrigger.1")
        for command in self.COMMANDS:
            self.assertRegex(page, rf"(?m)^\.It Cm {command}\b")
        codes = re.findall(r"^ *(\d+)  ", self.expect(0, "help", "exit-codes").text, re.M)
        self.assertEqual(re.findall(r"(?m)^\.It (\d+)$", page), codes)

    def test_man_page_is_well_formed(self):
        result = subprocess.run(["man", "-l", "--warnings", SOURCE / "docs/dfutrigger.1"], capture_output=True,
                                check=True, env=dict(os.environ, MANPAGER="cat"))
        self.assertEqual(result.stderr, b"")

    def test_completions_are_well_formed(self):
        for shell in ("bash", "zsh", "fish"):
            subprocess.run([shell, "-n", SOURCE / f"examples/cli/completion.{shell}"], check=True)

    def test_protocol_of_a_device_is_named(self):
        board = ["--sim", "leonardo", "--protocol"]
        out = self.expect(0, *board, "nordic-serial", "-d", "2341:8036", "list").out.decode()
        self.assertIn("bootloader protocol nordic-serial", out)
        out = self.expect(0, *board, "nordic-serial", "-d", "2341:8036,2341:0036", "list").out.decode()
        self.assertIn("bootloader protocol avr109", out)
        result = self.expect(EXIT["usage"], *board, "smtp", "-d", "2341:8036", "list")
        self.assertIn("it speaks atmel-flip, ", result.err)
        for wrong in (["smtp"], ["nordic-serial@256", "-d", "2341:8036"], ["@1", "-d", "2341:8036"],
                      ["dfu@0", "-d", "2341:8036"], ["dfu", "-d", "2341:*"]):
            self.expect(EXIT["usage"], *board, *wrong, "list")
        result = self.expect(EXIT["unsupported"], *board, "nordic-serial@5", "-d", "2341:8036", "command", "start")
        self.assertIn("no serial port on interface 5", result.err)

    def test_example_of_a_device_table(self):
        page = (SOURCE / "docs/add-a-device.md").read_text(encoding="utf-8")
        table = page.partition("```json\n")[2].partition("```")[0]
        result = self.run_command("--devices", self.write("example.json", table.encode()), "--sim", "leonardo", "list")
        self.assertEqual(result.code, 0, str(result))


class RecipeTest(Case):
    """What docs/recipes tell a person to do, done."""

    def run_recipe(self, name, virtual_device, files):
        text = (SOURCE / "docs" / "recipes" / name).read_text()
        blocks = re.findall(r"^```sh\n((?:.*\n)*?)```$|^    \$ (.*\n)", text, re.MULTILINE)
        blocks = [block or line for block, line in blocks]
        program = self.write("dfutrigger", f'#!/bin/sh\nexec {COMMAND} --sim {virtual_device} "$@"\n'.encode())
        program.chmod(0o755)
        for file, content in files.items():
            self.write(file, content)
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        return [self.check_block(block, environment) for block in blocks]

    def check_block(self, block, environment):
        done = Result(subprocess.run(["sh", "-ec", block], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                     capture_output=True, timeout=TIMEOUT, check=False))
        self.assertEqual(done.code, 0, f"{block}\n{done}")
        return done.text

    @unittest.skipUnless(NORDIC, "built without")
    def test_nordic_keyboard(self):
        raw, keyboard = self.write("raw.bin", compose_body(40000)), self.folder / "keyboard.hex"
        self.expect(0, "pack", "--format", "ihex", "--address", "0x1000", raw, keyboard)
        listed, probed, examined, triggered, packed, updated = self.run_recipe(
            "nordic-keyboard.md", f"nrf52840-keyboard:state={self.board_path}", {})
        self.assertRegex(listed, r"interface 3 +class ff/01/01, alternate 0")
        self.assertIn("nordic_flash_size", probed)
        self.assertIn("it can be opened", examined)
        self.assertIn("1915:521f", triggered)
        self.assertRegex(packed, r"application_version +2")
        self.assertIn("27x2-mitosis 2.0.0", updated)

    def test_zephyr(self):
        listed, backup, updated, looked, back, chosen = self.run_recipe(
            "zephyr.md", f"zephyr:state={self.board_path},slot-size=64K,erase-ms=0",
            {"zephyr.signed.bin": compose_mcuboot(compose_body(9000))})
        self.assertIn("dfu-detach", listed)
        self.assertRegex(backup, r"version +1\.0\.0")
        self.assertIn("reset button", updated)
        self.assertRegex(looked, r"trailer_swap_type +test")
        self.assertIn("downloaded and verified", back)
        self.assertIn("verified", chosen)

    @unittest.skipUnless(SMP, "built without")
    def test_zephyr_smp(self):
        listed, echoed, planned, on_test, confirmed, updated = self.run_recipe(
            "zephyr-smp.md", f"smp-board:state={self.board_path}",
            {"zephyr.signed.bin": compose_mcuboot(compose_body(9000), version=(9, 0, 0, 0))})
        self.assertIn("2fe3:0004", listed)
        self.assertIn("echo: done", echoed)
        self.assertIn("to the slot that does not run", planned)
        self.assertIn("version 9.0.0, on test", on_test)
        self.assertIn("confirm: done", confirmed)
        self.assertIn("nothing was written", updated)

    def make_hex(self, name, address, program):
        self.expect(0, "pack", "--format", "ihex", "--address", address, self.write("raw.bin", program), self.folder / name)

    def test_qmk_keyboard(self):
        self.make_hex("keyboard.hex", "0", b"\x0c\x94\x56\x00" + compose_body(9000))
        listed, updated = self.run_recipe("qmk-keyboard.md", f"via-keyboard:bootloader=lufa-hid,state={self.board_path}", {})
        self.assertIn("via-bootloader", listed)
        self.assertIn("the new firmware has been started", updated)

    def test_pico(self):
        program = cases.compose_rp2040(compose_body(9000))
        raw = self.write("raw.bin", program)
        self.expect(0, "pack", "--format", "uf2", "--family", "rp2040", "--address", "0x10000000", raw,
                    self.folder / "blink.uf2")
        updated, read, started, chosen = self.run_recipe("pico.md", f"pico:state={self.board_path}", {})
        self.assertIn("downloaded and verified", updated)
        self.assertIn("65536 bytes read", read)
        self.assertEqual((self.folder / "backup.bin").read_bytes()[:len(program)], program)
        self.assertIn("the application has been started", started)
        self.assertIn("nothing was written", chosen)

    def test_each_recipe_is_done(self):
        """By a test of its name, and each of its commands: none stands where it is not run."""
        for path in sorted((SOURCE / "docs/recipes").glob("*.md")):
            with self.subTest(path.name):
                self.assertTrue(hasattr(self, f"test_{path.stem.replace('-', '_')}"))
                self.assertNotRegex(path.read_text(), r"(?m)^    (?:dfutrigger|sudo)\b")

    def test_teensy(self):
        self.make_hex("blink.hex", "0", struct.pack("<II", 0x20008000, 0x1bd) + compose_body(9000))
        listed, updated = self.run_recipe("teensy.md", f"teensy:board=3.2,state={self.board_path}", {})
        self.assertIn("teensy-report", listed)
        self.assertIn("not verified: HalfKay can't be read", updated)

    def test_leonardo(self):
        program = b"\x0c\x94\x40\x00" + compose_body(9000)
        self.make_hex("blink.hex", "0", program)
        self.make_hex("settings.hex", "0", b"settings")
        listed, updated, settings, backup, eeprom = self.run_recipe("leonardo.md", f"leonardo:state={self.board_path}", {})
        self.assertIn("touch-1200", listed)
        self.assertIn("downloaded and verified; the new firmware has been started", updated)
        self.assertIn("downloaded and verified", settings)
        self.assertIn("28672 bytes read", backup)
        self.assertEqual((self.folder / "backup.bin").read_bytes()[:len(program)], program)
        self.assertIn("1024 bytes read", eeprom)
        self.assertEqual((self.folder / "eeprom.bin").read_bytes()[:8], b"settings")

    @staticmethod
    def compose_esp(size):
        """An image for an ESP32-S3 with one segment: its checksum is the last byte."""
        content = compose_body(size)[:size // 16 * 16 + 8].ljust(size // 16 * 16 + 8, b"\0")
        checksum = 0xef
        for byte in content:
            checksum ^= byte
        return (struct.pack("<BBBBI4xH10xII", 0xe9, 1, 2, 0x2f, 0x40374000, 9, 0x3fc88000, len(content)) + content +
                bytes(7) + bytes([checksum]))

    def test_esp32_s3(self):
        table = (b"\xaa\x50\0\0" + struct.pack("<II", 0x10000, 0x100000) + b"factory".ljust(20, b"\0")).ljust(0xc00, b"\xff")
        listing = {"flash_files": {"0x0": "boot.bin", "0x8000": "table.bin", "0x10000": "app.bin"},
                   "flash_settings": {"flash_size": "4MB"}, "extra_esptool_args": {"chip": "esp32s3"}}
        (self.folder / "build").mkdir()
        listed, updated, again, read = self.run_recipe("esp32-s3.md", f"esp32-s3-jtag:state={self.board_path}", {
            "build/flasher_args.json": json.dumps(listing).encode(), "build/boot.bin": self.compose_esp(9000),
            "build/table.bin": table, "build/app.bin": self.compose_esp(20000)})
        self.assertIn("esp-jtag-reset", listed)
        self.assertIn("downloaded and verified", updated)
        self.assertIn("nothing was written", again)
        self.assertIn("4096 bytes read", read)
        self.assertEqual((self.folder / "table.bin").read_bytes()[:len(table)], table)

    def test_arduino_zero(self):
        program = struct.pack("<II", 0x20008000, 0x2101) + b"\0" * 56 + compose_body(9000)
        listed, planned, updated, read = self.run_recipe(
            "arduino-zero.md", f"samd:board=zero,state={self.board_path}", {"blink.ino.bin": program})
        self.assertIn("touch-1200", listed)
        self.assertIn("erase the application", planned)
        self.assertIn("downloaded and verified", updated)
        self.assertIn("8192 bytes read", read)
        self.assertIn("started", read)
        self.assertEqual((self.folder / "copy.bin").read_bytes(), program[:8192])


class ExampleTest(Case):
    def run_example(self, name, *arguments):
        done = subprocess.run([pathlib.Path(EXAMPLES) / f"example-{name}", *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=TIMEOUT, check=False)
        return Result(done)

    def test_all(self):
        image = self.write("signed.bin", compose_mcuboot(compose_body(6000)))
        page = self.write("page.html", b"<html></html>" * 100)
        for name, words, text in (("list", ["--sim", "zephyr"], "2fe3:0005"),
                                  ("trigger", ["--sim", "nrf52840-keyboard"], "1915:521f"),
                                  ("update", ["--sim", "zephyr", image, "1"], "downloading"),
                                  ("update-poll", ["--sim", "zephyr", image, "1"], ""),
                                  ("update-qt", ["--sim", "zephyr", image, "1"], "downloaded and verified"),
                                  ("errors", ["--sim", "zephyr", image, "1"], "[Close]"),
                                  ("handle", ["--sim", "leonardo"], "touched: ok"),
                                  ("custom-transport", [], "request_type 0x21, request 0"),
                                  ("custom-transport", ["keyboard"], "feature report 5, 5 bytes, the first is 0x75")):
            # Built where Qt is
            if name == "update-qt" and not (pathlib.Path(EXAMPLES) / "example-update-qt").exists():
                continue
            with self.subTest(name):
                result = self.run_example(name, *words)
                self.assertEqual(result.code, 0, str(result))
                self.assertIn(text, result.text)
        self.assertIn("[Choose another file]", self.run_example("errors", "--sim", "zephyr", page, "1").text)


if __name__ == "__main__":
    if len(sys.argv) > 1 and "/" in sys.argv[1]:
        COMMAND = os.path.abspath(sys.argv.pop(1))
    unittest.main()
