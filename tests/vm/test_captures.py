# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What another program does to a device, captured by tcpdump or the kernel's usbmon, becomes a session file."""

import hashlib
import json
import pathlib
import subprocess
import sys
import time

import attached
from test_serial import find_port

sys.path.insert(0, str(attached.PROJECT / "tests/sessions"))

import cases  # noqa: E402

SERIAL = "8F3A51C07D2E64B9"


class Capture:
    """A capture of all buses, as long as the with statement lasts."""

    def __init__(self, path, form):
        self.path = path
        if form == "text":
            self.process = attached.read_usbmon(0, stdout=open(path, "wb"))
        else:
            self.process = subprocess.Popen(["tcpdump", "-i", "usbmon0", "-U", "-B", "4096", "-w", path],
                                            stderr=subprocess.PIPE, text=True)
            # It says when it listens.
            while "listening" not in (line := self.process.stderr.readline()):
                if not line:
                    raise AssertionError("tcpdump does not listen")

    def __enter__(self):
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self.process.terminate()
        self.process.communicate(timeout=attached.DEADLINE)


def read_session(path):
    """The lines of a session file."""
    return [json.loads(line) for line in pathlib.Path(path).read_text().splitlines()]


class CaptureTest(attached.Test):
    """dfu-util flashes a device, from its application."""

    def capture(self, form, *options, spec="zephyr:stack=legacy", words=("-a", 1)):
        """A session of dfu-util's download."""
        capture, session = self.file(f"{form}.capture"), self.file(f"{form}.jsonl")
        with Capture(capture, form), attached.Attached(attached.quick(spec)) as devices:
            done = attached.run("dfu-util", "-p", devices.path(), *words, "-D", self.firmware)
            self.assert_done(done)
            devices.stop()
            path = devices.path()
        attached.dfutrigger("import", capture, session, "--overwrite", *options, check=True)
        self.assertEqual(session.stat().st_mode & 0o777, 0o600)
        return path, session

    def assert_is_update(self, lines, path):
        """The device in its application, and then in its bootloader, at the same port; all blocks in their order."""
        devices = [line for line in lines[1:] if line["event"] == "arrives"]
        self.assertEqual([device["path"] for device in devices], [path] * 2)
        self.assertNotIn(SERIAL, json.dumps(lines))
        requests = [line for line in lines[1:] if line["event"] == "control"]
        detach = [line for line in requests if line["setup"].startswith("2100")]
        self.assertEqual([line["device"] for line in detach], [1])
        return [line for line in requests if line["setup"].startswith("2101") and line["result"]]

    def test_a_pcap_of_a_download(self):
        path, session = self.capture("pcap")
        lines = read_session(session)
        blocks = self.assert_is_update(lines, path)
        serials = [line["strings"]["3"] for line in lines[1:] if line["event"] == "arrives"]
        self.assertEqual(serials, ["0" * 15 + "1"] * 2)
        image = self.firmware.read_bytes()
        at = 0
        for block in blocks:
            length = block["out"]["length"]
            self.assertEqual(block["out"]["sha256"], hashlib.sha256(image[at : at + length]).hexdigest())
            at += length
        self.assertEqual(at, len(image))

    def test_data_are_kept_if_they_are_wanted(self):
        path, session = self.capture("pcap", "--record-data", "--record-plain")
        lines = read_session(session)
        self.assertIn(SERIAL, json.dumps(lines))
        out = "".join(line["out"] for line in lines[1:] if line["event"] == "control" and "out" in line)
        self.assertEqual(bytes.fromhex(out), self.firmware.read_bytes())
        self.assertTrue(path)

    def test_the_kernel_s_text_of_a_download(self):
        path, session = self.capture("text")
        lines = read_session(session)
        blocks = self.assert_is_update(lines, path)
        self.assertEqual(sum(block["out"]["length"] for block in blocks), self.firmware.stat().st_size)
        # It has 32 bytes of each transfer.
        self.assertEqual({line["names"] for line in lines[1:] if line["event"] == "arrives"}, {"io"})
        self.assertTrue(any("bytes of configuration descriptor" in line.get("text", "") for line in lines))

    def test_our_host_updates_the_device_that_another_has_updated(self):
        """It asks otherwise, which is told, and the device that is played back takes the same firmware."""
        _, session = self.capture("pcap", spec="dfu", words=())
        device = ["--sim", f"replay:{session}", "-d", "1209:0001", "--no-verify", "--restart", "never"]
        done = attached.dfutrigger(*device, "update", self.firmware)
        self.assert_done(done)
        self.assertIn("another request: now request 21 00", done.stderr)
        self.assertIn("recorded was alternate setting 0 of interface 0", done.stderr)


class PlayedBackTest(attached.Test):
    """Devices of tests/sessions, plugged into the kernel: the program that was their host is so again, and notices nothing."""

    def assert_same_again(self, devices):
        """It was asked what it had been asked."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])

    def make(self, name):
        """The session file and the firmware of that session."""
        session = next(session for session in cases.SESSIONS if session.name == name)
        return session.path, cases.Firmware(self.folder.name, attached.COMMAND).make(session.firmware)

    def test_dfu_util(self):
        session, firmware = self.make("dfu")
        with attached.Attached(f"replay:{session}") as devices:
            self.assert_done(attached.run("dfu-util", "-p", devices.path(), "-D", firmware))
            self.assert_same_again(devices)

    def test_avrdude(self):
        session, firmware = self.make("leonardo")
        with attached.Attached(f"replay:{session}") as devices:
            attached.run("stty", "-F", find_port(devices.path()), "1200", "hupcl")
            devices.wait_until_back()
            self.assert_done(attached.run("avrdude", "-q", "-c", "avr109", "-p", "m32u4", "-b", 57600, "-P",
                                          find_port(devices.path()), "-U", f"flash:w:{firmware}:i"))
            self.assert_same_again(devices)

    def test_what_is_exported_is_read_by_tcpdump(self):
        session, _ = self.make("dfu")
        capture = self.file("exported.pcapng")
        attached.dfutrigger("export", session, capture, check=True)
        done = attached.run("tcpdump", "-r", capture)
        self.assert_done(done)
        self.assertIn("link-type USB_LINUX_MMAPPED", done.stderr)
        self.assertIn("CONTROL SUBMIT", done.stdout)
