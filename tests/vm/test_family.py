# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Our own updates of the DFU family through the kernel, and dfu-util's list beside ours."""

import json
import os
import struct
import subprocess
import zlib

import attached
from test_dfu_family import esp_archive

FLASH = 0x08000000


def with_suffix(payload, vendor_id, product_id):
    """DFU 1.1, appendix B."""
    data = payload + struct.pack("<HHHH3sB", 0xFFFF, product_id, vendor_id, 0x0100, b"UFD", 16)
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF)


class FamilyTest(attached.Test):
    """Each device in its turn, from whatever it is to its application."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.file("image.bin")
        cls.image.write_bytes(struct.pack("<II", 0x20004000, 0x08000101) + os.urandom(20479))

    def update(self, spec, memory, *words, file=None, offset=0, upload=()):
        """Updates a device; reads it back where that can be done; what it holds is right and no rule was broken."""
        with attached.Attached(attached.quick(spec)) as devices:
            path = devices.path()
            done = attached.dfutrigger("-p", path, *words, "update", file or self.image, "--json")
            self.assert_done(done)
            if upload:
                out = self.file("out.bin")
                self.assert_done(attached.dfutrigger("-p", path, *upload, "upload", out, "--overwrite", "--size",
                                                     self.image.stat().st_size))
                self.assert_holds(out.read_bytes(), self.image)
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            self.assert_holds(attached.read_memories(devices.state())[memory][offset:], self.image)
            return attached.result_of(done)

    def test_dfuse(self):
        for spec in ("stm32f072", "stm32f405", "gd32vf103", "usbd-dfu-rt"):
            with self.subTest(spec):
                result = self.update(spec, "flash", "--address", hex(FLASH))
                self.assertEqual(result["verified"], "yes")

    def test_dfuse_upload(self):
        for spec in ("stm32f072", "stm32f405", "gd32vf103"):
            with self.subTest(spec), attached.Attached(attached.quick(spec)) as devices:
                self.assert_done(attached.run("dfu-util", "-a", 0, "-s", hex(FLASH), "-D", self.image))
                out = self.file("out.bin")
                self.assert_done(attached.dfutrigger("-p", devices.path(), "-a", 0, "upload", out, "--overwrite", "--size",
                                                     self.image.stat().st_size))
                self.assert_holds(out.read_bytes(), self.image)
                devices.stop()
                self.assertEqual(devices.breaches(), [])

    def test_start(self):
        for spec in ("stm32f405", "dfu:start=bootloader"):
            with self.subTest(spec), attached.Attached(attached.quick(spec)) as devices:
                done = attached.dfutrigger("-p", devices.path(), "command", "start", "--json")
                self.assert_done(done)
                self.assertIn("the application has been started", attached.result_of(done)["message"])
                devices.stop()
                self.assertEqual(devices.breaches(), [])

    def test_xmos(self):
        for spec in ("xmos", "xmos:xua=4", "xmos:pid=0016,dfu-pid=d016"):
            with self.subTest(spec):
                result = self.update(spec, "upgrade", upload=["-v"])
                self.assertEqual(result["verified"], "yes")

    @attached.for_release
    def test_xmos_reverts(self):
        with attached.Attached(attached.quick("xmos"), attached.quick("xmos:xua=4")) as devices:
            for index in range(2):
                self.assert_done(attached.dfutrigger("-p", devices.path(index), "update", self.image))
                self.assert_done(attached.dfutrigger("-p", devices.path(index), "command", "revert-factory"))
            devices.stop()
            for index in range(2):
                self.assertEqual(attached.read_memories(devices.state(index))["image-size"], b"\0\0\0\0")
            self.assertEqual(devices.breaches(), [])

    def test_sln_voice(self):
        result = self.update("sln-voice", "upgrade", upload=["-a", "DFU UPGRADE"])
        self.assertEqual(result["verified"], "yes")

    def make_archive(self):
        """The image and a bootloader, as ESP-IDF packs them."""
        archive = self.file("dfu.bin")
        archive.write_bytes(with_suffix(esp_archive([(0x1000, "bootloader.bin", b"\xe9" + os.urandom(999)),
                                                     (0x10000, "app.bin", self.image.read_bytes())]), 0x303A, 0x0002))
        return archive

    def test_esp32_s2(self):
        archive = self.make_archive()
        for spec in ("esp32-s2", "esp32-s2:work=busy,manifest=leave"):
            with self.subTest(spec):
                result = self.update(spec, "flash", file=archive, offset=0x10000)
                self.assertEqual(result["verified"], "impossible")
                self.assertEqual(result["device"]["mode"], "application")

    def recover(self, spec, memory, first, offset=0, words=(), file=None):
        """Something ends the first run; the second one ends well."""
        with attached.Attached(attached.quick(spec)) as devices:
            update = ["-p", devices.path(), *words, "update", file or self.image]
            first(update)
            # A request that is never answered has the device reset by the kernel, which may let it restart.
            attached.wait_for(lambda: attached.dfutrigger("-p", devices.path(), "list").stdout.startswith(devices.path()),
                              f"{spec} to be back")
            self.assert_done(attached.dfutrigger(*update))
            devices.stop()
            self.assert_holds(attached.read_memories(devices.state())[memory][offset:], self.image)

    def fail(self, arguments):
        """A run that a fault of the device ends."""
        self.assertNotEqual(attached.dfutrigger(*arguments).returncode, 0)

    def kill(self, arguments):
        """A run that is killed as soon as it writes."""
        with subprocess.Popen([str(word) for word in (attached.COMMAND, *arguments, "--json")], stdout=subprocess.PIPE,
                              text=True) as process:
            for line in process.stdout:
                progress = json.loads(line)
                if progress.get("state") == "downloading" and progress.get("done"):
                    process.kill()
                    break
            self.assertEqual(process.wait(), -9)

    def test_second_run_after_a_fault(self):
        at_flash = ["--address", hex(FLASH)]
        archive = self.make_archive()
        for spec, memory, words in (("stm32f072:fault=stall@62", "flash", at_flash),
                                    ("gd32vf103:fault=lost-answer@62", "flash", at_flash),
                                    ("xmos:fault=stall@60", "upgrade", ()), ("xmos:xua=4,fault=stall@60", "upgrade", ())):
            with self.subTest(spec):
                self.recover(spec, memory, self.fail, words=words)
        with self.subTest("esp32-s2"):
            self.recover("esp32-s2:fault=stall@300", "flash", self.fail, 0x10000, file=archive)

    def test_second_run_after_a_kill(self):
        for spec, memory, words in (("stm32f405:program-percent=100", "flash", ["--address", hex(FLASH)]),
                                    ("xmos", "upgrade", ())):
            with self.subTest(spec):
                self.recover(spec, memory, self.kill, words=words)
        with self.subTest("esp32-s2"):
            self.recover("esp32-s2", "flash", self.kill, 0x10000, file=self.make_archive())

    def test_looking_does_not_stop_the_sound(self):
        with attached.Attached(attached.quick("xmos")) as devices:
            for words in (["list"], ["list", "--probe"], ["list", "--dfu-util"], ["doctor"], ["command"],
                          ["update", self.image, "--dry-run"]):
                self.assert_done(attached.dfutrigger("-p", devices.path(), *words))
            devices.stop()
            self.assertEqual(attached.read_memories(devices.state())["audio-playing"], b"\1")

    def test_list_is_that_of_dfu_util(self):
        specs = ["xmos", "sln-voice", "stm32f072", "stm32f405", "zephyr", "usbd-dfu-rt", "dfu:start=bootloader,alternates=3",
                 "jabra"]
        with attached.Attached(*specs):
            theirs = [line for line in attached.run("dfu-util", "-l").stdout.splitlines() if line.startswith("Found")]
            ours = attached.dfutrigger("list", "--dfu-util").stdout.splitlines()
            self.assertEqual(sorted(ours), sorted(theirs))
            self.assertGreaterEqual(len(ours), len(specs))
