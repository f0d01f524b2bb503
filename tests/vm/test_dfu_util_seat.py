# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Our program in dfu-util's place and dfu-util itself, one after the other, on devices that are alike: the same lines."""

import os
import re
import threading
import time

import attached

OURS = attached.BUILD / "examples/dfu-util/dfutrigger-dfu-util"
STM32 = attached.quick("stm32f405")
DFU = attached.quick("dfu")
FLASH = ["-a", 0, "-s", "0x08000000"]
# What docs/dfu-util.md says that is not the same
OMITTED = re.compile(r"A valid DFU suffix will be required in a future|^DFU state\(7\)")
# Each state of a bar is a line for Python, which takes "\r" for a line end.
BAR = re.compile(r"^(Erase   |Download|Upload)\t\[=* *\] +(\d+)% +(\d+) bytes$", re.MULTILINE)


class SeatTest(attached.Test):
    """What callers see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file("ours").mkdir()
        cls.ours = cls.file("ours") / "dfu-util"
        cls.ours.symlink_to(OURS)
        cls.raw = cls.file("raw.bin")
        cls.raw.write_bytes(bytes.fromhex("0050002001010008") + os.urandom(9000))

    @staticmethod
    def get_lines(text):
        """Of each bar its last state; no banner, no numbers that the kernel gives."""
        text = BAR.sub(lambda match: f"{match[1]} {match[3]}" if match[2] == "100" else "", text)
        text = re.sub(r"devnum=\d+", "devnum=N", text)
        return [line for line in text.splitlines() if line and not OMITTED.search(line)]

    def run_one(self, program, *arguments):
        done = attached.run(program, *arguments)
        self.assertTrue(done.stdout.startswith("dfu-util 0.11\n"), done.stdout)
        out = done.stdout.split("\n\n", 2)[2]
        return done.returncode, self.get_lines(out), self.get_lines(done.stderr)

    def compare(self, spec, *commands, codes=None):
        """Runs commands with each of the programs on a device of its own. Our exit codes are the same, or those given."""
        transcripts, memories = [], []
        for program in ("dfu-util", self.ours):
            with attached.Attached(spec) as devices:
                transcripts.append([self.run_one(program, *words) for words in commands])
                devices.stop()
                memories.append(attached.read_memories(devices.state()))
                if program == self.ours:
                    self.assertEqual([text for text in devices.breaches() if "DETACH" not in text], [])
        theirs, ours = transcripts
        for words, their, our, code in zip(commands, theirs, ours, codes or [one[0] for one in theirs]):
            self.assertEqual(our[0], code, f"{words}\n{our}")
            self.assertEqual(our[1], their[1], words)
            self.assertEqual(our[2], their[2], words)
        self.assertTrue(memories[0] == memories[1], "they have written something else")
        return memories[1]

    def test_list(self):
        for spec in (STM32, DFU, attached.quick("zephyr")):
            with self.subTest(device=spec):
                self.compare(spec, ["-l"], ["-d", "0483:df11", "-l"], ["-d", "1209:", "-a", 0, "-l"])

    def test_dfuse(self):
        memory = self.compare(STM32, [*FLASH, "-D", self.raw], ["-a", 0, "-D", self.raw], ["-a", 0, "-s", ":leave"])
        self.assert_holds(memory["flash"], self.raw)

    def test_dfuse_leave(self):
        self.compare(STM32, ["-a", 0, "-s", "0x08000000:leave", "-D", self.raw], codes=[0])

    def test_dfuse_upload(self):
        out = self.file("out.bin")
        for words in (["-s", "0x08000000:1024"], ["-s", "0x08000000"], []):
            sizes = []
            for program in ("dfu-util", self.ours):
                out.unlink(missing_ok=True)
                with attached.Attached(STM32):
                    sizes.append((*self.run_one(program, "-a", 0, *words, "-U", out), out.stat().st_size))
            self.assertEqual(sizes[1], sizes[0])

    def test_plain_download(self):
        memory = self.compare(DFU, ["-d", "1209:0001", "-D", self.raw])
        self.assert_holds(memory["memory0"], self.raw)

    def test_reset(self):
        """dfu-util ends with 251 here."""
        self.compare(DFU, ["-d", "1209:0001", "-e"], ["-w", "-d", "1209:", "-R", "-U", self.file("nowhere") / "out"], codes=[0, 73])
        with attached.Attached(DFU) as devices:
            self.assertEqual(self.run_one(self.ours, "-d", "1209:0001", "-R", "-D", self.raw)[0], 0)
            attached.wait_for(lambda: attached.read_sysfs(devices.path(), "idProduct") == "0001", "the application")
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())["memory0"], self.raw)

    def test_no_device(self):
        for words in (["-l"], ["-D", self.raw], ["-e"], ["-U", self.file("no")], ["-D", self.file("no")]):
            theirs, ours = self.run_one("dfu-util", *words), self.run_one(self.ours, *words)
            self.assertEqual(ours, theirs, words)

    def test_two_devices(self):
        with attached.Attached(STM32, STM32):
            theirs, ours = (self.run_one(program, "-l") for program in ("dfu-util", self.ours))
            self.assertEqual(sorted(ours[1]), sorted(theirs[1]))
            theirs, ours = (self.run_one(program, *FLASH, "-D", self.raw) for program in ("dfu-util", self.ours))
            self.assertEqual(ours, theirs)

    def test_wait(self):
        """The device comes after the program has begun."""
        results = []
        thread = threading.Thread(target=lambda: results.append(self.run_one(self.ours, "-w", "-d", "1209:0001", "-e")))
        thread.start()
        time.sleep(1)
        with attached.Attached(DFU):
            thread.join(attached.DEADLINE)
        self.assertEqual(results[0][0], 0)
        self.assertEqual(results[0][1][:2], ["Waiting for device, exit with ctrl-C", "Opening DFU capable USB device..."])
