#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Tests of the program in dfu-util's place, on virtual devices: run.py PATH-OF-DFU-UTIL-SIM [unittest's arguments].

What the lines of dfu-util 0.11 are was taken down from that program; tests/vm/test_dfu_util_seat.py runs both side by side.
"""

import hashlib
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

PROGRAM = os.environ.get("DFU_UTIL_PROGRAM", "dfu-util")
TIMEOUT = 120

USAGE, DATA, NO_INPUT, CANT_CREATE, IO = 64, 65, 66, 73, 74

BANNER = "dfu-util 0.11\n"
STM32 = "stm32f405:erase-percent=0,program-percent=0,mass-poll-ms=0,return-ms=100"
DFU = "dfu:poll-ms=0,manifest-ms=0,detach-ms=20"
FLASH_LAYOUT = "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"

PREPARED = """\
Claiming USB DFU Interface...
Setting Alternate Interface #0 ...
Determining device status...
DFU state(2) = dfuIDLE, status(0) = No error condition is present
DFU mode device DFU version {version}
Device returned transfer size {size}
"""
OPENED = """\
Opening DFU capable USB device...
Device ID {ids}
Device DFU version {version}
"""
DETACHED = """\
Claiming USB DFU (Run-Time) Interface...
Setting Alternate Interface zero...
Determining device status...
DFU state(0) = appIDLE, status(0) = No error condition is present
Device really in Run-Time Mode, send DFU detach request...
Device will detach and reattach...
"""
STM32_OPENED = (OPENED + PREPARED).format(ids="0483:df11", version="011a", size=2048)
BAR = re.compile(r"\r(Erase   |Download|Upload)\t\[(=*) *\] +(\d+)% +(\d+) bytes")


def read_memories(state):
    """The memories in a state file, by name."""
    data = pathlib.Path(state).read_bytes()
    return {match[1].decode(): data[match.end():match.end() + int(match[2])]
            for match in re.finditer(rb"^memory (\S+) (\d+)\n", data, re.MULTILINE)}


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def text(self):
        """What comes behind the banner; of each bar only its last state."""
        text = BAR.sub(lambda match: "" if match[3] != "100" else f"{match[1]} {match[3]}% {match[4]}", self.out)
        return text.split("\n\n", 2)[2]

    @property
    def bars(self):
        """Each state of each bar: title, marks, percent, bytes."""
        return [(match[1].strip(), len(match[2]), int(match[3]), int(match[4])) for match in BAR.finditer(self.out)]

    def __str__(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dfu-util-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.program = self.link("dfu-util")
        self.specs = []
        self.firmware = self.write("firmware.bin", struct.pack("<II", 0x20005000, 0x08000101) + self.noise(9000))

    @staticmethod
    def noise(size, seed=1):
        return random.Random(seed).randbytes(size)

    def link(self, name):
        path = self.folder / name
        path.symlink_to(PROGRAM)
        return path

    def write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def attach(self, *specs):
        """From now on these devices are there, with a state file each."""
        self.specs = [f"{spec}{',' if ':' in spec else ':'}state={self.folder}/state-{i}"
                      for i, spec in enumerate(specs)]

    def memory(self, name, index=0):
        return read_memories(self.folder / f"state-{index}")[name]

    def run_program(self, *arguments, data=b""):
        environment = dict(os.environ, DFU_UTIL_SIM="\n".join(self.specs))
        words = [self.program, *(str(argument) for argument in arguments)]
        return Result(subprocess.run(words, input=data, capture_output=True, timeout=TIMEOUT, check=False,
                                     env=environment, cwd=self.folder))

    def expect(self, code, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.assertEqual(result.code, code, str(result))
        return result

    def detach(self):
        """Brings a device into its bootloader."""
        self.expect(0, "-d", "1209:", "-e")


class CommandLineTest(Case):
    def test_version(self):
        for option in ("-V", "--version"):
            result = self.expect(0, option)
            self.assertTrue(result.out.startswith(BANNER))
            self.assertRegex(result.out, r"\n\nIn its place: libdfutrigger \d+\.\d+")
            self.assertEqual(len(result.out.splitlines()), 7)
            self.assertEqual(result.err, "")

    def test_help(self):
        for option in ("-h", "--help"):
            result = self.expect(0, option)
            self.assertEqual(result.out, "")
            self.assertIn("\n  -D --download <file>\t", result.err)

    def test_nothing_to_do(self):
        for arguments in ([], ["-R"], ["-v", "-d", "1:2"]):
            result = self.expect(USAGE, *arguments)
            self.assertTrue(result.out.startswith(BANNER))
            self.assertTrue(result.err.startswith("You need to specify one of -D or -U\nUsage: dfu-util"))

    def test_wrong_words(self):
        self.assertIn("Error: Unexpected argument: more\n", self.expect(USAGE, "-l", "more").err)
        self.assertIn("invalid option -- 'x'", self.expect(USAGE, "-x").err)
        self.assertIn("requires an argument -- 'a'", self.expect(USAGE, "-a").err)
        for option, name in (("-E", "detach-delay"), ("-c", "cfg"), ("-i", "intf"), ("-t", "transfer-size"),
                             ("-Z", "upload-size")):
            self.assertIn(f"Something went wrong with the argument of --{name}\n", self.expect(USAGE, option, "1x").err)
        self.assertIn("no such check", self.expect(USAGE, "--force", "everything", "-l").err)

    def test_no_device(self):
        for arguments in (["-D", self.firmware], ["-U", "out"], ["-e"], ["-s", ":leave"]):
            self.assertIn("dfu-util: No DFU capable USB device available\n", self.expect(IO, *arguments).err)
        self.assertFalse((self.folder / "out").exists())

    def test_dfuse_options(self):
        for words, what in (("foo", "address: foo"), ("0x08000000:foo", "modifier: foo"), ("0x1ffffffff", "address")):
            self.assertIn(f"Invalid dfuse {what}", self.expect(USAGE, "-s", words, "-D", self.firmware).err)

    def test_the_log_is_heard(self):
        self.attach(STM32)
        quiet = self.expect(0, "-v", "-l").err
        self.assertEqual(quiet, "")
        self.assertIn("dfu-util: debug: ", self.expect(0, "-vvv", "-a", 0, "-s", ":leave").err)


class ListTest(Case):
    def test_lines(self):
        self.attach(STM32)
        result = self.expect(0, "--list")
        lines = result.text.splitlines()
        self.assertEqual([line[line.index("alt="):][:5] for line in lines], ["alt=3", "alt=2", "alt=1", "alt=0"])
        self.assertEqual(lines[3], 'Found DFU: [0483:df11] ver=2200, devnum=1, cfg=1, intf=0, path="1-1", alt=0, '
                                   f'name="{FLASH_LAYOUT}", serial="325638843331"')
        self.assertEqual(result.err, "")

    def test_runtime(self):
        self.attach(DFU)
        self.assertEqual(self.expect(0, "-l").text,
                         'Found Runtime: [1209:0001] ver=0100, devnum=1, cfg=1, intf=0, path="1-1", alt=0, '
                         'name="UNKNOWN", serial="0001"\n')

    def test_serial_number_of_a_gd32(self):
        """Two bytes in each character, as its bootloader has them."""
        self.attach("gd32vf103")
        lines = self.expect(0, "-l").text.splitlines()
        self.assertTrue(lines and all(line.endswith(', serial="3CBJ"') for line in lines), lines)
        self.assertEqual(self.count("-S", "3CBJ"), len(lines))
        self.assertEqual(self.count("-S", "3CB"), 0)

    def test_nothing(self):
        self.assertEqual(self.expect(0, "-l").text, "")

    def count(self, *arguments):
        return len(self.expect(0, *arguments, "-l").text.splitlines())

    def test_ids(self):
        self.attach(STM32, DFU)
        for ids, count in (("0483:df11", 4), ("0x0483:0xDF11", 4), ("0483:", 4), (":df11", 4), ("1209:0001", 5),
                           ("1209:0001,0483:df11", 5), (",0483:df11", 4), (",", 4), ("*,-", 1), ("-", 4), ("-,-", 0),
                           ("1209:0001,1:2", 1), ("1209:2,:df11", 0), (",1:2", 0), ("*:*", 5), ("vid:pid,0x0483:0xDF11", 5),
                           ("0483:df11,0483:df11,1209:1", 4), ("1209:9999", 4)):
            self.assertEqual(self.count("-d", ids), count, ids)
        for words in (["-d0483:df11,-"], ["--device=1209:0001,-"], ["--device", "1209:,-"], ["-l", "-d=1209:1,-"]):
            self.assertIn(self.count(*words), (0, 1), words)

    def test_other_conditions(self):
        self.attach(STM32, DFU)
        for words, count in ((["-p", "1-1"], 4), (["--path=1-2"], 1), (["-p", "1-9"], 0), (["-n", 1], 4), (["--devnum", 9], 0),
                             (["-c", 1], 5), (["--cfg=2"], 0), (["-c", 0], 5), (["--configuration", 1], 5), (["-i", 0], 5),
                             (["--intf", 3], 0), (["--interface=0"], 5), (["-a", 0], 2), (["-a3"], 2), (["--alt=9"], 1),
                             (["--altsetting", FLASH_LAYOUT], 2), (["-a", "nonesuch"], 1), (["-S", "325638843331"], 4),
                             (["-S", "0001"], 1), (["--serial=0001,325638843331"], 5), (["-S", ",325638843331"], 5),
                             (["-S", "x,"], 4)):
            self.assertEqual(self.count(*words), count, words)


class DfuseTest(Case):
    def setUp(self):
        super().setUp()
        self.attach(STM32)
        self.size = self.firmware.stat().st_size

    def written(self, end=""):
        return (STM32_OPENED + 'DfuSe interface name: "Internal Flash  "\n'
                f"Downloading element to address = 0x08000000, size = {self.size}\n"
                f"Erase    100% {self.size}\nErase    done.\nDownload 100% {self.size}\nDownload done.\n"
                "File downloaded successfully\n" + end)

    def assert_holds(self):
        data = self.firmware.read_bytes()
        self.assertTrue(self.memory("flash")[:len(data)] == data)

    def test_download(self):
        for times in range(2):
            result = self.expect(0, "-a", 0, "-s", "0x08000000", "-D", self.firmware)
            self.assertEqual(result.text, self.written())
            self.assertEqual(result.err, "dfu-util: Warning: Invalid DFU suffix signature\n")
            self.assert_holds()
            self.assertIn("alt=3", self.expect(0, "-l").text, "it stays in its bootloader")

    def test_bars(self):
        self.firmware.write_bytes(self.noise(200000))
        self.attach("stm32f405:erase-percent=1,program-percent=20,return-ms=100")
        bars = self.expect(0, "-a", 0, "-s", "0x08000000", "-D", self.firmware).bars
        for title in ("Erase", "Download"):
            states = [bar[1:] for bar in bars if bar[0] == title]
            self.assertEqual(states[0], (0, 0, 0))
            self.assertEqual(states[-1], (25, 100, 200000))
            self.assertEqual(states, sorted(states))
        self.assertGreater(len(bars), 8)
        for _, marks, percent, size in bars:
            self.assertEqual((marks, percent), (25 * size // 200000, 100 * size // 200000))

    def test_it_verifies(self):
        result = self.expect(0, "-v", "-a", 0, "-s", "0x08000000", "-D", self.firmware)
        self.assertIn("downloaded and verified", result.out)
        codes = set()
        for request in range(1, 60, 4):
            data = self.noise(9000, request)
            self.attach(f"{STM32},fault=garbage@{request}")
            result = self.run_program("-a", 0, "-s", "0x08000000", "-D", self.write("other.bin", data))
            codes.add(result.code)
            self.assertTrue(result.code != 0 or self.memory("flash").startswith(data), str(result))
        self.assertLessEqual({0, IO}, codes)

    def test_leave(self):
        result = self.expect(0, "-a", 0, "-s", "0x08000000:leave", "-D", self.firmware)
        self.assertEqual(result.text, self.written("Submitting leave request...\nTransitioning to dfuMANIFEST state\n"))
        self.assert_holds()
        result = self.expect(0, "-a", 0, "-s", ":leave")
        self.assertEqual(result.text, STM32_OPENED + 'DfuSe interface name: "Internal Flash  "\nDfuSe command mode\n'
                         "Submitting leave request...\nTransitioning to dfuMANIFEST state\n")

    def test_reset(self):
        for option in ("-R", "--reset", "-Q"):
            result = self.expect(0, "-a", 0, option, "-s", "0x08000000:will-reset:fast", "-D", self.firmware)
            self.assertEqual(result.text, self.written("Resetting USB to switch back to Run-Time mode\n"))

    def test_several_memories(self):
        result = self.expect(IO, "-s", "0x08000000", "-D", self.firmware)
        self.assertIn("More than one DFU capable USB device found! Try `--list' and specify the serial number or "
                      "disconnect all but one device\n", result.err)

    def test_an_address_is_needed(self):
        result = self.expect(USAGE, "-a", 0, "-D", self.firmware)
        self.assertIn("dfu-util: Only DfuSe file version 1.1a is supported\n"
                      "dfu-util: (for raw binary download, use the --dfuse-address option)\n", result.err)

    def test_hints_name_options_of_this_program(self):
        self.attach("stm32f405:strings=names-hang")
        self.assertIn("(-s ADDRESS)\n", self.run_program("-a", 0, "-s", ":leave").err)

    def test_an_address_elsewhere(self):
        result = self.expect(USAGE, "-a", 0, "-s", "0x09000000", "-D", self.firmware)
        self.assertIn("0x09000000 is not in", result.err)
        self.assertNotIn("Download", result.out)

    def compose_dfuse(self, name=b""):
        """ST UM0391, with a suffix."""
        element = struct.pack("<II", 0x08000000, self.size) + self.firmware.read_bytes()
        target = struct.pack("<6sBI255sII", b"Target", 0, bool(name), name, len(element), 1) + element
        data = struct.pack("<5sBIB", b"DfuSe", 1, 11 + len(target), 1) + target
        data += struct.pack("<HHHH3sB", 0xFFFF, 0xDF11, 0x0483, 0x011A, b"UFD", 16)
        return self.write("firmware.dfu", data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF))

    def test_dfuse_file(self):
        for name, said in ((b"", "No target name"), (b"ST...", "Target name: ST...")):
            result = self.expect(0, "-D", self.compose_dfuse(name))
            self.assertEqual(result.text, "Match vendor ID from file: 0483\nMatch product ID from file: df11\n"
                             "Multiple alternate interfaces for DfuSe file\n" + STM32_OPENED +
                             'DfuSe interface name: "Internal Flash  "\nFile contains 1 DFU images\nParsing DFU image 1\n'
                             f"{said}\nImage for alternate setting 0, (1 elements, total size = {self.size + 8})\n"
                             f"Parsing element 1, address = 0x08000000, size = {self.size}\n"
                             f"Erase    100% {self.size}\nErase    done.\nDownload 100% {self.size}\nDownload done.\n"
                             "Done parsing DfuSe file\n")
            self.assertEqual(result.err, "")
            self.assert_holds()
        result = self.expect(USAGE, "-a", 0, "-s", "0x08000000", "-D", self.compose_dfuse())
        self.assertIn("This is a DfuSe file, not meant for raw download", result.err)

    def upload(self, *arguments):
        (self.folder / "out").unlink(missing_ok=True)
        result = self.expect(0, "-a", 0, *arguments, "-U", "out")
        return result, (self.folder / "out").read_bytes()

    def test_upload(self):
        self.expect(0, "-a", 0, "-s", "0x08000000", "-D", self.firmware)
        result, data = self.upload("-s", "0x08000000:1024")
        self.assertEqual(result.text, STM32_OPENED + 'DfuSe interface name: "Internal Flash  "\nUpload 100% 1024\nUpload done.\n')
        self.assertTrue(data == self.firmware.read_bytes()[:1024])
        result, data = self.upload("-s", "0x08000100")
        self.assertIn("Limiting upload to end of memory segment, 65280 bytes\n", result.text)
        self.assertEqual(len(data), 65280)
        result, data = self.upload()
        self.assertIn("Limiting default upload to 16384 bytes\n", result.text)
        self.assertIn("Unbound upload not supported on DfuSe devices\n", result.err)
        self.assertTrue(data[:self.size] == self.firmware.read_bytes())
        self.assertEqual(len(data), 16384)
        result, data = self.upload("-s", ":100:leave")
        self.assertIn("Limiting default upload to 100 bytes\n", result.text)
        self.assertEqual(len(data), 100)

    def test_mass_erase(self):
        self.expect(0, "-a", 0, "-s", "0x08000000", "-D", self.firmware)
        self.assertIn("can only be used with force", self.expect(USAGE, "-a", 0, "-s", ":mass-erase").err)
        self.assert_holds()
        result = self.expect(0, "-a", 0, "-s", ":mass-erase:force")
        self.assertEqual(result.text, STM32_OPENED + 'DfuSe interface name: "Internal Flash  "\n'
                         "Performing mass erase, this can take a moment\nDfuSe command mode\n")
        self.assertEqual(set(self.memory("flash")), {0xFF})
        result = self.expect(0, "-a", 0, "-s", "0x08000000:force:mass-erase", "-D", self.firmware)
        self.assertIn("Performing mass erase", result.text)
        self.assert_holds()

    def test_unprotect(self):
        self.expect(0, "-a", 0, "-s", "0x08000000", "-D", self.firmware)
        self.assertIn("can only be used with force", self.expect(USAGE, "-a", 0, "-s", ":unprotect").err)
        result = self.expect(0, "-a", 0, "-s", "0x08000000:unprotect:force")
        self.assertIn("Device disconnects, erases flash and resets now\n", result.text)
        self.assertEqual(set(self.memory("flash")), {0xFF})


class DfuTest(Case):
    def setUp(self):
        super().setUp()
        self.attach(DFU)
        self.size = self.firmware.stat().st_size
        self.opened = OPENED.format(ids="1209:0002", version="0110") + PREPARED.format(version="0110", size=1024)

    def assert_holds(self):
        data = self.firmware.read_bytes()
        self.assertTrue(self.memory("memory0")[:len(data)] == data)

    def written(self):
        return f"Copying data from PC to DFU device\nDownload 100% {self.size}\nDownload done.\n"

    def test_from_the_application(self):
        result = self.expect(0, "-d", "1209:0001", "-D", self.firmware)
        self.assertEqual(result.text, OPENED.format(ids="1209:0001", version="0110") + DETACHED +
                         "Opening DFU USB Device...\n" + PREPARED.format(version="0110", size=1024) + self.written() +
                         "DFU state(2) = dfuIDLE, status(0) = No error condition is present\nDone!\n")
        self.assert_holds()
        self.assertIn("Found DFU: [1209:0002]", self.expect(0, "-l").text)

    def test_reset(self):
        self.detach()
        result = self.expect(0, "-D", self.firmware, "-R")
        self.assertEqual(result.text, self.opened + self.written() +
                         "Done!\nResetting USB to switch back to Run-Time mode\n")
        self.assertIn("Found Runtime", self.expect(0, "-l").text)

    def test_standard_input(self):
        self.detach()
        self.expect(0, "-D", "-", data=self.firmware.read_bytes())
        self.assert_holds()

    def test_detach(self):
        for option in ("-e", "--detach"):
            result = self.expect(0, "-p", "1-1", option)
            self.assertEqual(result.text, OPENED.format(ids="1209:0001", version="0110") + DETACHED)
            self.assertIn("Found DFU", self.expect(0, "-l").text)
            self.assertIn("can't detach", self.expect(0, option).err)
            self.expect(0, option, "-R")
            self.assertIn("Found Runtime", self.expect(0, "-l").text)

    def test_detach_delay_is_no_sleep(self):
        begin = time.monotonic()
        self.expect(0, "-d", "1209:", "-E", 60, "-e")
        self.assertLess(time.monotonic() - begin, 30)

    def test_it_does_not_come_back(self):
        self.attach(DFU + ",return=no")
        begin = time.monotonic()
        self.expect(IO, "-d", "1209:", "-E", 1, "-D", self.firmware)
        self.assertLess(time.monotonic() - begin, 15)

    def test_upload(self):
        self.detach()
        for size, complaint in ((None, ""), (65536, ""), (20000, "Unexpected number of bytes uploaded from device")):
            (self.folder / "out").unlink(missing_ok=True)
            words = ["-Z", size] if size else []
            result = self.expect(0, *words, "-U", "out")
            self.assertEqual(result.text, self.opened + "Copying data from DFU device to PC\nUpload 100% 65536\n"
                             "Upload done.\nReceived a total of 65536 bytes\n")
            self.assertIn(complaint, result.err)
            self.assertTrue((self.folder / "out").read_bytes() == self.memory("memory0"))
        result = self.expect(CANT_CREATE, "-U", "out")
        self.assertIn("Cannot open file out for writing: File exists\n", result.err)
        result = self.expect(CANT_CREATE, "-U", "nowhere/out")
        self.assertIn("No such file or directory", result.err)
        self.expect(0, "-R", "-U", "-")
        self.assertEqual((self.folder / "-").stat().st_size, 65536)
        self.assertIn("Found Runtime", self.expect(0, "-l").text)

    def test_half_an_upload_has_another_name(self):
        self.detach()
        self.attach(DFU + ",fault=unplug@20")
        result = self.run_program("-U", "out")
        self.assertEqual(result.code, IO, str(result))
        self.assertFalse((self.folder / "out").exists())

    def test_dfuse_options_are_refused(self):
        self.detach()
        result = self.expect(IO, "-s", "0x08000000:leave", "-D", self.firmware)
        self.assertIn("Warning: DfuSe option used on non-DfuSe device\n", result.text)
        self.assertIn("Failed to parse memory layout", result.err)
        self.assertNotIn("Download", result.text)

    def test_wait(self):
        result = self.expect(0, "-w", "-d", "1209:", "-e")
        self.assertTrue(result.text.startswith("Waiting for device, exit with ctrl-C\nOpening"))
        process = subprocess.Popen([self.program, "-w", "-d", "1:2,-", "-e"], stdout=subprocess.PIPE,
                                   env=dict(os.environ, DFU_UTIL_SIM="\n".join(self.specs)))
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1)
        process.terminate()
        process.communicate()

    def test_attributes(self):
        self.detach()
        self.assertIn("DFU attributes: (0x0f) bitCanDnload bitCanUpload bitManifestationTolerant bitWillDetach\n"
                      "Detach timeout 1000 ms\n", self.expect(0, "--verbose", "-D", self.firmware).text)

    def test_transfer_size(self):
        self.detach()
        for option in (["-t", 64], ["--transfer-size=64"]):
            result = self.expect(0, *option, "-D", self.firmware)
            self.assertIn("Device returned transfer size 1024\nWarning: Overriding device-reported transfer size\n", result.text)
            self.assert_holds()


class ZephyrTest(Case):
    """A device whose memories have names, which only its bootloader tells."""

    def setUp(self):
        super().setUp()
        self.attach("zephyr:poll-ms=0,erase-ms=0,detach-ms=20")
        header = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, 512, 0, 9000, 0, 1, 2, 3, 4, 0)
        signed = header.ljust(512, b"\0") + self.noise(9000)
        tlv = struct.pack("<HHHH", 0x6907, 40, 0x10, 32) + hashlib.sha256(signed).digest()
        self.firmware = self.write("zephyr.signed.bin", signed + tlv)

    def test_memories_by_name_and_number(self):
        for words in (["-a", "slot1_image"], ["--alt=1"]):
            self.expect(0, "-d", "2fe3:0005,2fe3:*", *words, "-R", "-D", self.firmware)
            data = self.firmware.read_bytes()
            self.assertTrue(self.memory("slot1")[:len(data)] == data)

    def test_a_memory_that_is_not_there(self):
        self.assertIn("Lost device after RESET?", self.expect(IO, "-a", "nonesuch", "-U", "out").err)

    def test_what_would_never_start_is_refused(self):
        raw = self.write("zephyr.bin", self.noise(9000))
        self.assertIn("--force format", self.expect(USAGE, "-a", 1, "-D", raw).err)
        self.assertIn("Found Runtime", self.expect(0, "-l").text)


class ChoiceTest(Case):
    def test_several_devices(self):
        self.attach(STM32, DFU, DFU)
        for arguments in (["-D", self.firmware], ["-d", "1209:0001", "-e"], ["-d", "1209:", "-a", 0, "-D", self.firmware]):
            self.assertIn("More than one DFU capable USB device found!", self.expect(IO, *arguments).err)
        self.assertEqual(self.expect(0, "-l").text.count("Found Runtime"), 2)

    def test_nobody_else_is_detached(self):
        self.attach(DFU)
        for arguments in (["-e"], ["-D", self.firmware], ["-d", "vid:pid,0x0483:0xDF11", "-D", self.firmware],
                          ["-d", ",0483:df11", "-e"]):
            self.assertIn("No DFU capable USB device available", self.expect(IO, *arguments).err)
            self.assertIn("Found Runtime", self.expect(0, "-l").text)

    def test_whoever_is_named_is_taken(self):
        for words in (["-d", "1209:"], ["-d", ":0001"], ["-p", "1-1"], ["-n", 1], ["-S", "0001"]):
            self.attach(DFU)
            self.expect(0, *words, "-e")
            (self.folder / "state-0").unlink()


class FileTest(Case):
    def setUp(self):
        super().setUp()
        self.attach(DFU)

    def compose(self, vendor_id, product_id):
        data = self.firmware.read_bytes() + struct.pack("<HHHH3sB", 0xFFFF, product_id, vendor_id, 0x0100, b"UFD", 16)
        return self.write("suffixed.dfu", data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF))

    def test_no_file(self):
        result = self.expect(NO_INPUT, "-D", "nowhere")
        self.assertEqual(result.err, "dfu-util: Could not open file nowhere for reading: No such file or directory\n")

    def test_ids_of_the_application(self):
        result = self.expect(0, "-D", self.compose(0x1209, 0x0001))
        self.assertTrue(result.text.startswith("Match vendor ID from file: 1209\nMatch product ID from file: 0001\n"))
        self.assertEqual(result.err, "")

    def test_ids_of_the_bootloader(self):
        self.detach()
        self.expect(0, "-D", self.compose(0x1209, 0x0002))

    def test_ids_of_the_bootloader_behind_the_application(self):
        self.expect(0, "-d", "1209:0001", "-D", self.compose(0x1209, 0x0002))

    def test_a_short_file(self):
        self.detach()
        self.assertIn("Warning: File too short for DFU suffix\n", self.expect(0, "-D", self.write("short", b"\1\2\3")).err)

    def test_ids_of_another_device(self):
        self.detach()
        path = self.compose(0x1234, 0x5678)
        result = self.expect(USAGE, "-d", "1209:0001", "-D", path)
        self.assertIn("Error: File ID 1234:5678 does not match device (1209:0001 or 1209:0002)\n", result.err)
        self.assertIn("does not match device", self.expect(USAGE, "-D", path).err)
        self.expect(0, "-d", "1209:0001", "--force", "ids", "-D", path)
        self.expect(0, "-d", "1234:5678,1209:0002", "-D", path)

    def test_ids_are_judged_before_the_device_is_detached(self):
        self.expect(USAGE, "-d", "1209:0001", "-D", self.compose(0x1234, 0x5678))
        self.assertIn("Found Runtime", self.expect(0, "-l").text)

    def test_what_is_no_firmware(self):
        page = self.write("firmware.bin", b"<!DOCTYPE html><html><body>Not found</body></html>")
        result = self.expect(DATA, "-d", "1209:", "-D", page)
        self.assertIn("this is a web page, not firmware", result.err)
        self.assertIn("--force format", result.err)
        self.assertIn("Found Runtime", self.expect(0, "-l").text)
        self.expect(0, "-d", "1209:", "--force", "format", "-D", page)


class ContainerTest(Case):
    """dfu-suffix and dfu-prefix beside the originals."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(7)
        self.both = [self.folder / "ours", self.folder / "theirs"]
        for folder in self.both:
            folder.mkdir()

    def run_both(self, name, *arguments):
        self.program = self.folder / name if (self.folder / name).is_symlink() else self.link(name)
        results = []
        for folder, program in zip(self.both, (self.program, shutil.which(name))):
            done = subprocess.run([program, *arguments], capture_output=True, cwd=folder, timeout=TIMEOUT, check=False)
            name, _, out = done.stdout.decode().split("\n\n", 2)
            lines = [line for line in done.stderr.decode().split("Usage:")[0].splitlines()
                     if line and "future dfu-util release" not in line]
            results.append((done.returncode, name, out, lines))
        self.assertEqual(*results, arguments)
        files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in self.both]
        self.assertTrue(files[0] == files[1], arguments)
        return results[0][0]

    def write_both(self, name, data):
        for folder in self.both:
            (folder / name).write_bytes(data)

    @unittest.skipUnless(shutil.which("dfu-suffix"), "dfu-util is not installed")
    def test_random_files(self):
        codes = set()
        for number in range(30):
            self.write_both("file", self.random.randbytes(self.random.choice((0, 3, 15, 16, 100, 5000))))
            for _ in range(6):
                codes.add(self.run_both(*self.random.choice((
                    ("dfu-suffix", "-a", "file"), ("dfu-suffix", "--check", "file"), ("dfu-suffix", "-D", "file"),
                    ("dfu-suffix", "--vid", f"{number:x}", "-p0x12", "--did=9", "-S", "011a", "--add=file"),
                    ("dfu-prefix", "-s", hex(number << 14), "-a", "file"), ("dfu-prefix", "-L", "-a", "file"),
                    ("dfu-prefix", "-c", "file"), ("dfu-prefix", "-T", "-D", "file"), ("dfu-prefix", "--delete", "file"),
                    ("dfu-prefix", "-L", "-c", "file")))))
        self.assertEqual(codes, {0, DATA})

    @unittest.skipUnless(shutil.which("dfu-suffix"), "dfu-util is not installed")
    def test_options(self):
        self.write_both("file", b"abc")
        for arguments in ([], ["-h"], ["-V"], ["-c", "nofile"], ["-a", "nowhere/x"]):
            for name in ("dfu-suffix", "dfu-prefix"):
                self.run_both(name, *arguments)
        self.run_both("dfu-suffix", "-S", "200", "-a", "file")
        self.run_both("dfu-prefix", "-a", "file")
        self.run_both("dfu-prefix", "-s", "zz", "-a", "file")

    def test_what_has_no_end(self):
        self.program = self.link("dfu-suffix")
        result = self.expect(NO_INPUT, "-c", "/dev/zero")
        self.assertIn("Could not open file /dev/zero for reading: File too large", result.err)

    def test_a_link_stays_one_and_the_file_private(self):
        self.program = self.link("dfu-suffix")
        path, link = self.write("file", b"abc"), self.folder / "link"
        path.chmod(0o600)
        link.symlink_to("file")
        self.expect(0, "-a", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(len(path.read_bytes()), 19)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_a_file_that_may_not_be_written_stays(self):
        if os.geteuid() == 0:
            self.skipTest("root may write all files")
        self.program = self.link("dfu-suffix")
        path = self.write("file", b"abc")
        path.chmod(0o444)
        self.expect(CANT_CREATE, "-a", path)
        self.assertEqual(path.read_bytes(), b"abc")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
