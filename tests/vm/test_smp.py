# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The virtual board with SMP behind the kernel's serial driver, met by a client that is not ours."""

import hashlib

import attached
import smp_client
from smp_client import ECHO, IMAGE, LOADER, OS, READ, RESET, SLOTS, STATE, WRITE
from test_serial import find_port

QUICK = "erase-ms=1,return-ms=100"


class SmpTest(attached.Test):
    """Zephyr's application, and MCUboot's serial recovery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = cls.firmware.read_bytes()

    def restart(self, devices, client, arrivals):
        """Restarts the device; returns a client of what comes back."""
        client.ask(WRITE, OS, RESET)
        client.close()
        devices.wait_until_back(arrivals=arrivals)
        return smp_client.Client(find_port(devices.path()))

    def assert_clean(self, devices):
        """Its host broke no rule; the devices are gone afterwards."""
        devices.stop()
        self.assertEqual(devices.breaches(), [])
        return attached.read_memories(devices.state())

    def test_questions(self):
        for spec in ("", ",encoding=canonical", ",console=yes", ",version=1", ",mode=recovery"):
            with self.subTest(spec=spec), attached.Attached(f"smp-board:{QUICK}{spec}") as devices:
                with smp_client.Client(find_port(devices.path())) as client:
                    for text in ("hello", "x" * 60):
                        self.assertEqual(client.ask(WRITE, OS, ECHO, {"d": text}), {"r": text})
                    image = client.list_images()[0]
                    self.assertEqual((image["slot"], image["version"], len(image["hash"])), (0, "1.0.0", 32))
                    slots = client.ask(READ, IMAGE, SLOTS)["images"][0] if "canonical" not in spec else {"slots": [0, 1]}
                    self.assertEqual(len(slots["slots"]), 2)
                    if "recovery" not in spec:
                        self.assertEqual(client.ask(READ, OS, LOADER), {"bootloader": "MCUboot"})
                        self.assertEqual(client.ask(READ, OS, LOADER, {"query": "mode"}), {"mode": 3})
                    with self.assertRaises(smp_client.Refused):
                        client.ask(READ, 9, 9)
                    self.assertEqual("console" in spec, b"uart:~$" in client.text)
                self.assert_clean(devices)

    def test_update(self):
        """Sent, tested, restarted, confirmed, restarted."""
        for spec in ("", ",console=yes,list=frugal", ",buffer=1024,encoding=canonical", ",buffer=none,version=1"):
            with self.subTest(spec=spec), attached.Attached(f"smp-board:{QUICK}{spec}") as devices:
                client = smp_client.Client(find_port(devices.path()))
                answer = client.upload(self.image, hashlib.sha256(self.image).digest() if "none" not in spec else None)
                self.assertEqual(answer.get("match"), "none" not in spec)
                new = client.list_images()[1]
                self.assertEqual(new["version"], "1.2.3")
                images = client.ask(WRITE, IMAGE, STATE, {"hash": new["hash"], "confirm": False})["images"]
                self.assertTrue(images[1]["pending"])
                client = self.restart(devices, client, 2)
                active = client.list_images()[0]
                self.assertEqual((active["hash"], active.get("confirmed", False)), (new["hash"], False))
                client.ask(WRITE, IMAGE, STATE, {"confirm": True})
                client = self.restart(devices, client, 3)
                self.assertEqual(client.list_images()[0]["hash"], new["hash"])
                client.close()
                self.assert_holds(self.assert_clean(devices)["slot0"], self.firmware)

    def test_without_a_confirmation_it_goes_back(self):
        with attached.Attached(f"smp-board:{QUICK}") as devices:
            client = smp_client.Client(find_port(devices.path()))
            client.upload(self.image)
            client.ask(WRITE, IMAGE, STATE, {"hash": client.list_images()[1]["hash"], "confirm": False})
            client = self.restart(devices, client, 2)
            self.assertEqual(client.list_images()[0]["version"], "1.2.3")
            client = self.restart(devices, client, 3)
            self.assertEqual(client.list_images()[0]["version"], "1.0.0")
            client.close()
            self.assert_holds(self.assert_clean(devices)["slot1"], self.firmware)

    def test_recovery(self):
        with attached.Attached(f"smp-board:{QUICK},mode=recovery") as devices:
            self.assertEqual(attached.read_sysfs(devices.path(), "product"), "MCUBOOT")
            client = smp_client.Client(find_port(devices.path()))
            client.upload(self.image)
            client = self.restart(devices, client, 2)
            self.assertEqual(client.ask(READ, OS, LOADER), {"bootloader": "MCUboot"})
            self.assertEqual(client.list_images()[0]["version"], "1.2.3")
            client.close()
            memories = self.assert_clean(devices)
            self.assert_holds(memories["slot0"], self.firmware)

    def test_speed(self):
        """Four times 1000 bytes and back take 0.7 s at least on a line of 115200 baud."""
        with attached.Attached(f"smp-board:{QUICK},speed=115200,buffer=1024") as devices:
            with smp_client.Client(find_port(devices.path())) as client:
                start = attached.time.monotonic()
                for _ in range(4):
                    client.ask(WRITE, OS, ECHO, {"d": "x" * 750})
                self.assertGreater(attached.time.monotonic() - start, 2 * 4 * 1000 * 10 / 115200)
            self.assert_clean(devices)

    def test_console(self):
        with attached.Attached("smp-board:kind=console") as devices:
            with smp_client.Client(find_port(devices.path())) as client:
                with self.assertRaises(TimeoutError):
                    client.ask(WRITE, OS, ECHO, {"d": "hello"}, seconds=1)
                self.assertIn(b"command not found", client.text + client.heard)
