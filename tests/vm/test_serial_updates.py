# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Our command through the kernel's serial driver: from the application to new firmware in one call, read back by others where there
are any, and how soon after the port the bootloader is spoken to, beside avrdude and bossac."""

import re
import statistics
import subprocess
import time

import attached
import smp_client
from test_caterina import CaterinaTest
from test_esp_loader import APPLICATION, make_image
from test_samba import BOARDS, SambaTest
from test_serial import find_port

LIMIT_MS = 100
TRIES = 3
SMP = ["-d", "2fe3:0004", "--protocol", "smp"]


class Monitor:
    """What the kernel sends to all devices, by usbmon, as long as the with statement lasts."""

    LINE = re.compile(r"^\S+ (\d+) S (Co|Bo):(\d+:\d+):\d+ (s 21 20)?")

    def __enter__(self):
        self.process = attached.read_usbmon(0, stdout=subprocess.PIPE, text=True)
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        time.sleep(0.2)
        self.process.terminate()
        self.text = self.process.communicate()[0]

    def measure_ms(self):
        """From the driver's first request to a port until a byte is sent there, of the first port that gets one."""
        ports = {}
        for line in self.text.splitlines():
            match = self.LINE.match(line)
            if not match:
                continue
            time_us, kind, device, is_coding = int(match[1]), match[2], match[3], match[4]
            if kind == "Co" and is_coding:
                ports.setdefault(device, time_us)
            elif kind == "Bo" and device in ports:
                return (time_us - ports[device]) / 1000
        raise AssertionError("nobody spoke to the bootloader")


class FirstCommandTest(CaterinaTest, SambaTest):
    """A port that is new is used at once: SET_LINE_CODING (USB CDC PSTN 1.2, 6.3) is what the driver begins it with."""

    def measure(self, spec, act, tries):
        """The median of what a host needs that `act` is."""
        times = []
        for _ in range(tries):
            with attached.Attached(spec) as devices, Monitor() as monitor:
                act(devices)
            times.append(monitor.measure_ms())
        return statistics.median(times)

    def compare(self, what, spec, ours, other, theirs):
        """Ours has the limit, or is no later than the other program on this machine as it is now."""
        our_ms, their_ms = self.measure(spec, ours, TRIES), self.measure(spec, theirs, 1)
        print(f"{what}: the first command after {our_ms:.0f} ms, {other}'s after {their_ms:.0f} ms", flush=True)
        self.assertLessEqual(our_ms, max(LIMIT_MS, their_ms))

    def test_avr109(self):
        path, _ = CaterinaTest.make_program(self, "first")

        def avrdude(devices):
            self.touch(devices)
            attached.wait_for(lambda: devices.arrivals[0] >= 2, "its return")
            self.assert_done(self.avrdude(devices, "-U", f"flash:w:{path}:i"))

        self.compare("leonardo", attached.quick("leonardo"),
                     lambda devices: self.assert_done(attached.dfutrigger("-p", devices.path(), "update", path)),
                     "avrdude", avrdude)

    def test_sam_ba(self):
        path, _ = SambaTest.make_program(self, "first", 0x2000)

        def bossac(devices):
            self.touch(devices)
            attached.wait_for(lambda: devices.arrivals[0] >= 2, "its return")
            self.assert_done(self.bossac(devices, "-e", "-w", "-v", "--offset=0x2000", "-R", path))

        self.compare("zero", attached.quick("samd:board=zero"),
                     lambda devices: self.assert_done(attached.dfutrigger("-p", devices.path(), "update", path)),
                     "bossac", bossac)


class SambaUpdateTest(SambaTest):
    """SAM-BA in its dialects."""

    def update(self, spec, offset, arrivals):
        """Once more it writes nothing; returns the device's memories and the program."""
        path, code = self.make_program(spec.replace(",", "-"), offset)
        with attached.Attached(attached.quick(f"samd:board={spec}")) as devices:
            self.assert_done(attached.dfutrigger("-p", devices.path(), "update", path))
            devices.wait_until_back(arrivals=arrivals)
            done = attached.dfutrigger("-p", devices.path(), "update", path)
            self.assert_done(done)
            self.assertIn("nothing was written", done.stdout + done.stderr)
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            return attached.read_memories(devices.state()), code

    def test_from_application_to_new_firmware(self):
        """The other boards are below, where bossac reads them."""
        for board in "zero", "metro-m4":
            offset, _ = BOARDS[board]
            with self.subTest(board=board):
                memories, code = self.update(board, offset, 3)
                self.assertEqual(memories["flash"][offset:offset + len(code)], code)

    def test_extended_and_secured(self):
        for board, offset, start, arrivals in (("nano-33-iot", 0x2000, 0x2000, 3), ("nano-33-ble", 0x10000, 0, 3),
                                               ("uno-r4-wifi", 0x4000, 0x4000, 1)):
            with self.subTest(board=board):
                memories, code = self.update(board, offset, arrivals)
                self.assertIn(code, memories["flash"][start:])

    def test_bossac_reads_what_we_write(self):
        for board, (offset, _) in BOARDS.items():
            path, code = self.make_program("ours", offset, 3000)
            with self.subTest(board=board), self.plug(board, "blank=no") as devices:
                self.assert_done(attached.dfutrigger("-p", devices.path(), "update", path))
                devices.wait_until_back(arrivals=3)
                attached.dfutrigger("-p", devices.path(), "trigger", check=True)
                devices.wait_until_back(arrivals=4)
                self.assertEqual(self.read_by_bossac(devices, offset, len(code)), code)
                devices.stop()
                self.assertEqual(devices.breaches(), [])

    def test_we_read_what_bossac_writes(self):
        path, code = self.make_program("theirs", 0x2000, 3000)
        out = self.file("theirs.read")
        with self.plug("zero") as devices:
            self.assert_done(self.bossac(devices, "-e", "-w", "-v", "--offset=0x2000", path))
            self.assert_done(attached.dfutrigger("-p", devices.path(), "upload", out, "--size", len(code)))
            self.assertEqual(out.read_bytes(), code)
            devices.stop()
            self.assertEqual(devices.breaches(), [])


class SmpUpdateTest(attached.Test):
    """SMP, asked for by name."""

    def test_application(self):
        with attached.Attached("smp-board:erase-ms=1,return-ms=100,console=yes") as devices:
            done = attached.dfutrigger("-p", devices.path(), *SMP, "update", self.firmware)
            self.assert_done(done)
            devices.wait_until_back()
            with smp_client.Client(find_port(devices.path())) as client:
                active = client.list_images()[0]
                self.assertEqual((active["version"], active.get("confirmed")), ("1.2.3", True))
            devices.stop()
            self.assertEqual(devices.breaches(), [])

    def test_recovery(self):
        with attached.Attached("smp-board:erase-ms=1,return-ms=100,mode=recovery") as devices:
            ids = ":".join(attached.read_sysfs(devices.path(), f"id{what}") for what in ("Vendor", "Product"))
            done = attached.dfutrigger("-p", devices.path(), "-d", ids, "--protocol", "smp", "update", self.firmware)
            self.assert_done(done)
            devices.wait_until_back()
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            self.assert_holds(attached.read_memories(devices.state())["slot0"], self.firmware)

    def test_console_is_not_taken_for_it(self):
        with attached.Attached("smp-board:kind=console") as devices:
            done = attached.dfutrigger("-p", devices.path(), *SMP, "update", self.firmware)
            self.assertNotEqual(done.returncode, 0, done.stdout)


class EspUpdateTest(attached.Test):
    """Espressif's ROM loader: by lines, and on its own port."""

    def update(self, spec, chip, arrivals):
        """The application's image goes to where the first application is."""
        path = self.file(f"chip-{chip}.bin")
        image = make_image(chip, 9000)
        path.write_bytes(image)
        with attached.Attached(spec) as devices:
            done = attached.dfutrigger("-p", devices.path(), "update", path)
            self.assert_done(done)
            self.assertIn("verified", done.stdout)
            devices.wait_until_back(arrivals=arrivals)
            devices.stop()
            self.assertEqual(devices.breaches(), [])
            self.assertIn(b"mode application", devices.state().read_bytes())
            flash = attached.read_memories(devices.state())["flash"]
            self.assertEqual(flash[APPLICATION:APPLICATION + len(image)], image)

    def test_jtag(self):
        for name, chip in (("esp32-s3", 9), ("esp32-c3", 5)):
            with self.subTest(name):
                self.update(f"esp32-s3-jtag:chip={name},erase-ms=5,write-us=10,return-ms=100", chip, 3)

    def test_otg(self):
        self.update("esp32-s2:erase-ms=5,write-us=10,return-ms=100", 2, 3)
