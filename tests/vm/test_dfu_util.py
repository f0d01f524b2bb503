# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""dfu-util and we agree: on devices, on files, and on what the other has left half done."""

import re
import signal
import subprocess
import time

import attached

STACKS = {"new": "zephyr", "legacy": "zephyr:stack=legacy"}


def dfu_util(*arguments, **options):
    """Runs dfu-util."""
    return attached.run("dfu-util", *arguments, **options)


class DfuUtilTest(attached.Test):
    """Each in its turn."""

    def for_each_stack(self):
        """Yields a device for each of Zephyr's stacks."""
        for name, spec in STACKS.items():
            with self.subTest(stack=name), attached.Attached(attached.quick(spec)) as devices:
                yield devices

    def test_list(self):
        for devices in self.for_each_stack():
            text = dfu_util("-l", check=True).stdout
            self.assertIn("Found Runtime: [2fe3:0005]", text)
            self.assertIn(f'path="{devices.path()}"', text)
            self.assertIn('serial="8F3A51C07D2E64B9"', text)
            attached.dfutrigger("-p", devices.path(), "trigger", check=True)
            text = dfu_util("-l", check=True).stdout
            self.assertRegex(text, r'Found DFU: \[2fe3:\w+\].*alt=1, name="(slot1_image|image_1)"')

    def test_detach(self):
        for devices in self.for_each_stack():
            done = dfu_util("-p", devices.path(), "-e")
            self.assert_done(done)
            devices.wait_until_back()
            mode = attached.dfutrigger("-p", devices.path(), "list", "--json", check=True).stdout
            self.assertIn('"bootloader"', mode)

    def test_download_is_what_the_device_holds(self):
        for devices in self.for_each_stack():
            self.assert_done(dfu_util("-p", devices.path(), "-a", 1, "-D", self.firmware))
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())["slot1"], self.firmware)
            self.assertEqual(devices.breaches(), [])

    def test_it_reads_what_we_wrote(self):
        for devices in self.for_each_stack():
            attached.dfutrigger("-p", devices.path(), "-a", 1, "update", self.firmware, check=True)
            out = self.file("read.bin")
            out.unlink(missing_ok=True)
            self.assert_done(dfu_util("-p", devices.path(), "-a", 1, "-U", out))
            self.assert_holds(out.read_bytes(), self.firmware)

    def test_both_read_the_same(self):
        for devices in self.for_each_stack():
            ours, theirs = self.file("ours.bin"), self.file("theirs.bin")
            theirs.unlink(missing_ok=True)
            self.assert_done(attached.dfutrigger("-p", devices.path(), "-a", 0, "upload", ours, "--overwrite"))
            self.assert_done(dfu_util("-p", devices.path(), "-a", 0, "-U", theirs))
            self.assertTrue(ours.read_bytes() == theirs.read_bytes())
            devices.stop()
            self.assertTrue(theirs.read_bytes() == attached.read_memories(devices.state())["slot0"])


class SuffixTest(attached.Test):
    """Files go both ways."""

    def test_it_accepts_our_suffix(self):
        out = self.file("ours.dfu")
        attached.dfutrigger("pack", self.firmware, out, "--suffix=2fe3:0005:0100", check=True)
        text = attached.run("dfu-suffix", "-c", out, check=True).stdout
        self.assertRegex(text, r"Vendor ID:\s+0x2FE3")
        self.assertRegex(text, r"Product ID:\s+0x0005")
        self.assertRegex(text, r"BCD device:\s+0x0100")

    def test_we_accept_its_suffix(self):
        out = self.file("theirs.dfu")
        out.write_bytes(self.firmware.read_bytes())
        attached.run("dfu-suffix", "-v", "2fe3", "-p", "0005", "-d", "0100", "-a", out, check=True)
        text = attached.dfutrigger("info", out, "--json", check=True).stdout
        self.assertIn('"2fe3"', text)
        back = self.file("back.bin")
        attached.dfutrigger("pack", out, back, "--no-suffix", check=True)
        self.assertTrue(back.read_bytes() == self.firmware.read_bytes())

    def test_it_takes_our_suffix_away(self):
        out = self.file("again.dfu")
        attached.dfutrigger("pack", self.firmware, out, "--suffix=2fe3:0005", check=True)
        attached.run("dfu-suffix", "-D", out, check=True)
        self.assertTrue(out.read_bytes() == self.firmware.read_bytes())


class RecoveryTest(attached.Test):
    """What one has left half done, the other completes."""

    # Slow enough to be killed in the middle
    SPECS = ["zephyr:detach-ms=20,erase-ms=0,poll-ms=20", "zephyr:stack=legacy,detach-ms=20,erase-ms=0,poll-ms=20",
             "dfu:poll-ms=20,busy=1,transfer-size=256,manifest-ms=0"]

    @staticmethod
    def kill_in_the_middle(*command):
        """Starts a program and kills it some time after it began to write."""
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(1.5)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def check(self, spec, killed, second):
        """Kills one program, lets the other flash, and looks into the device."""
        memory, alternate = ("memory0", 0) if spec.startswith("dfu") else ("slot1", 1)
        with attached.Attached(spec) as devices:
            attached.dfutrigger("-p", devices.path(), "trigger", check=True)
            self.kill_in_the_middle(*[word.format(path=devices.path(), alternate=alternate, file=self.firmware)
                                      for word in killed])
            command = [word.format(path=devices.path(), alternate=alternate, file=self.firmware) for word in second]
            done = attached.run(*command)
            # dfu-util 0.11 does not wait for a block that is still being written: its first one is refused.
            refused = done.returncode != 0 and "(4) = dfuDNBUSY" in done.stdout
            if refused:
                done = attached.run(*command)
            self.assert_done(done)
            devices.stop()
            downloads = [line for line in devices.record() if line.get("request") == 1 and
                         line.get("request_type") == 0x21]
            firsts = [line for line in downloads if line["value"] == 0]
            self.assertEqual(len(firsts), 3 if refused else 2, "the first program was not killed in the middle")
            self.assert_holds(attached.read_memories(devices.state())[memory], self.firmware)

    OURS = [str(attached.COMMAND), "-p", "{path}", "-a", "{alternate}", "update", "{file}", "--no-verify"]
    THEIRS = ["dfu-util", "-p", "{path}", "-a", "{alternate}", "-D", "{file}"]

    def test_we_complete_what_it_has_begun(self):
        for spec in self.SPECS:
            with self.subTest(spec=spec):
                self.check(spec, self.THEIRS, self.OURS)

    def test_it_completes_what_we_have_begun(self):
        for spec in self.SPECS:
            with self.subTest(spec=spec):
                self.check(spec, self.OURS, self.THEIRS)
