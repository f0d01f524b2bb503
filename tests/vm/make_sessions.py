# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Makes the files of tests/sessions: make_sessions.py [NAME...].

In the machine, other programs update virtual devices, and the kernel's usbmon tells what they do. What is recorded by our own
command needs no kernel, and is made on the virtual bus.
"""

import os
import pathlib
import sys
import tempfile

import attached
import smp_client
import test_captures
import test_drives
from test_serial import find_port

sys.path.insert(0, str(attached.PROJECT / "tests/sessions"))

import cases  # noqa: E402

FLASH = "0x08000000"
SERIAL = "8F3A51C07D2E64B9"
# As quick as they can be, but for what the kernel needs.
QUICK = {**attached.QUICK, "smp-board": "erase-ms=1,return-ms=100", "uf2-board": "erase-us=0,program-us=0,return-ms=100"}


def run(*command):
    """A program that has to succeed."""
    return attached.run(*command, check=True)


def dfu_util(devices, path, *words):
    """dfu-util, which detaches the device first where it has to."""
    run("dfu-util", *words, "-D", path)


def touch(devices, arrivals=2):
    """The speed that asks a board for its bootloader."""
    run("stty", "-F", find_port(devices.path()), "1200", "hupcl")
    devices.wait_until_back(arrivals=arrivals)


def avrdude(devices, path):
    """A touch, and what Arduino's IDE would call."""
    touch(devices)
    run("avrdude", "-q", "-c", "avr109", "-p", "m32u4", "-b", 57600, "-P", find_port(devices.path()), "-U", f"flash:w:{path}:i")


def bossac(devices, path):
    """The same for a SAMD21."""
    touch(devices)
    run("bossac", "-p", os.path.basename(find_port(devices.path())), "-U", "-i", "-e", "-w", "-v", "--offset=0x2000", "-R", path)
    devices.wait_until_back(arrivals=3)


def teensy_loader(devices, path):
    """It waits for the bootloader, which our trigger leads to: Debian's has none for a Teensy on Linux."""
    run("objcopy", "-I", "binary", "-O", "ihex", path, path.with_suffix(".hex"))
    attached.dfutrigger("-p", devices.path(), "trigger", check=True)
    run("teensy_loader_cli", "--mcu=TEENSY32", "-w", "-v", path.with_suffix(".hex"))
    devices.wait_until_back(arrivals=3)


def dfu_programmer(devices, path):
    """Its three steps."""
    for words in (["erase"], ["flash", path], ["reset"]):
        run("dfu-programmer", "atmega32u4", *words)


def avrdude_flip(devices, path):
    """avrdude's own FLIP."""
    run("avrdude", "-q", "-p", "m32u4", "-c", "flip1", "-e", "-U", f"flash:w:{path}:i")


def copy(devices, path):
    """The kernel's file system, and cp."""
    touch(devices)
    node = attached.wait_for(lambda: test_drives.find_node(devices.path(), "sd?"), "the drive's node")
    attached.settle()
    with tempfile.TemporaryDirectory(dir="/run") as point:
        run("mount", node, point)
        attached.run("cp", path, point)
        attached.run("sync", "-f", point)
        devices.wait_until_back(arrivals=3)
        attached.run("umount", "-l", point)


def smp(devices, path):
    """Sent, tested, restarted, confirmed."""
    with smp_client.Client(find_port(devices.path())) as client:
        client.upload(path.read_bytes())
        new = client.list_images()[1]
        client.ask(smp_client.WRITE, smp_client.IMAGE, smp_client.STATE, {"hash": new["hash"], "confirm": False})
        client.ask(smp_client.WRITE, smp_client.OS, smp_client.RESET)
    devices.wait_until_back()
    with smp_client.Client(find_port(devices.path())) as client:
        client.ask(smp_client.WRITE, smp_client.IMAGE, smp_client.STATE, {"confirm": True})


DFUSE = ("-a", 0, "-s", f"{FLASH}:leave")
DFU_UTIL = {
    "dfu": (),
    "zephyr": ("-a", 1),
    "zephyr-legacy": ("-a", 1),
    "stm32f072": DFUSE,
    "stm32f405": DFUSE,
    "gd32vf103": DFUSE,
    "usbd-dfu-rt": ("-d", "1209:0001,0483:df11", "-E", 3, *DFUSE),
    "xmos": ("-d", "20b1:0002", "-E", 2),
    "sln-voice": ("-d", ",20b1:4001", "-a", "DFU UPGRADE"),
}
MOUNTED = {"uf2-volume"}
HOSTS = {
    "leonardo": avrdude,
    "samd": bossac,
    "teensy": teensy_loader,
    "flip": dfu_programmer,
    "flip-avrdude": avrdude_flip,
    "uf2-board": copy,
    "smp-board": smp,
}


def quick(spec):
    """The specification of a device with its quick options in front of its own."""
    name, _, options = spec.partition(":")
    return f"{name}:" + ",".join(filter(None, [QUICK.get(name), options]))


def capture(session, firmware, to):
    """What another program does to the device, whole but for what file systems read of a drive."""
    path = firmware.make(session.firmware)
    pcap = firmware.folder / "session.pcap"
    with test_captures.Capture(pcap, "pcap"), attached.Attached(quick(session.device)) as devices:
        if session.name in DFU_UTIL:
            dfu_util(devices, path, *DFU_UTIL[session.name])
        else:
            HOSTS[session.name](devices, path)
        devices.stop()
    data = [] if session.host == "cp" else ["--record-data"]
    attached.dfutrigger("import", pcap, to, *data, "--overwrite", check=True)


def record_mounted(session, firmware, to):
    """What our own command does where the kernel has mounted the drive."""
    words = [session.update(firmware), "--devices", firmware.folder / "metro.json"]
    with attached.Attached(quick(session.device)) as devices:
        run(attached.COMMAND, *words[1:], "-p", devices.path(), "trigger")
        node = attached.wait_for(lambda: test_drives.find_node(devices.path(), "sd?"), "the drive's node")
        attached.settle()
        with tempfile.TemporaryDirectory(dir="/run") as point:
            run("mount", node, point)
            run(attached.COMMAND, "-p", devices.path(), "--record", to, "--record-data", *words[0])
            run("umount", "-l", point)


def record(session, firmware, to):
    """What our own command does."""
    to.unlink(missing_ok=True)
    if session.name in MOUNTED:
        record_mounted(session, firmware, to)
        return
    attached.dfutrigger("--sim", session.device, "--record", to, "--record-data", *session.update(firmware), check=True)


def main():
    """All of them, or those that are named."""
    failed = []
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        firmware = cases.Firmware(folder, attached.COMMAND)
        for session in cases.SESSIONS:
            if len(sys.argv) > 1 and session.name not in sys.argv[1:]:
                continue
            to = session.path
            try:
                (record if session.host == cases.OWN else capture)(session, firmware, to)
                print(session.name, to.stat().st_size, flush=True)
            except Exception as error:  # pylint: disable=broad-except
                failed.append(session.name)
                print(f"{session.name}: {error}", flush=True)
    return f"not made: {' '.join(failed)}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())
