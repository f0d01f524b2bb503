# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Interrupted anywhere: soak_interrupted.py COUNTS.

Each device that can be updated is updated through the kernel. SOAK_SIZE requests, evenly spread from the first to the last, meet
each fault, and as often, evenly spread over its time, the command is killed. However that run ends, the next one has to end
well, and the device has to hold what was sent. COUNTS gets a line "PASSED FAILED".
"""

import collections
import os
import pathlib
import subprocess
import sys
import time

import attached
import test_nordic
from test_family import FLASH, FamilyTest
from test_nordic import NordicTest

Case = collections.namedtuple("Case", "spec memory offset content file words faults")

STEPS = int(os.environ.get("SOAK_SIZE") or 6)
CONTROL_FAULTS = ["stall", "lost-answer", "short"]
SERIAL_FAULTS = ["lost-byte", "doubled-byte", "noise", "lost-reply"]


def list_cases():
    """What is updated with what; the files are the tests'."""
    family = FamilyTest("test_dfuse")
    at_flash = ["--address", hex(FLASH)]
    # An application without USB would not come back to be updated again.
    for spec in ("stm32f072:application=runtime", "stm32f405:application=runtime", "gd32vf103:application=runtime",
                 "usbd-dfu-rt"):
        yield Case(attached.quick(spec), "flash", 0, family.image, family.image, at_flash, CONTROL_FAULTS)
    for spec in ("xmos", "xmos:xua=4", "sln-voice"):
        yield Case(attached.quick(spec), "upgrade", 0, family.image, family.image, [], CONTROL_FAULTS)
    yield Case(attached.quick("esp32-s2"), "flash", 0x10000, family.image, family.make_archive(), [], CONTROL_FAULTS)
    nordic = NordicTest("test_update")
    for spec in ("nrf52840-keyboard", "pca10059", "adafruit-nrf52"):
        yield Case(test_nordic.quick(spec), "flash", test_nordic.PLACES[spec], nordic.application, nordic.package(spec), [],
                   SERIAL_FAULTS)


def update(case, devices):
    """Starts an update."""
    words = [attached.COMMAND, "-p", devices.path(), *case.words, "update", case.file, "--quiet"]
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def measure(case):
    """How many requests a whole update has, and how many seconds it takes."""
    with attached.Attached(case.spec) as devices:
        begin = time.monotonic()
        status = update(case, devices).wait()
        seconds = time.monotonic() - begin
        devices.stop()
        requests = sum(line["event"] in ("control", "endpoint") for line in devices.record())
    if status != 0:
        raise AssertionError(f"{case.spec}: a clean run ends with {status}")
    return requests, seconds


def is_there(devices):
    """Whether the device is on the bus: the kernel may have reset it, or it restarts."""
    return attached.dfutrigger("-p", devices.path(), "list").stdout.startswith(devices.path())


def interrupt(case, fault=None, kill_after=None):
    """An update that is interrupted, then another; returns what went wrong, or nothing."""
    with attached.Attached(f"{case.spec},{fault}" if fault else case.spec) as devices:
        process = update(case, devices)
        try:
            process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        attached.wait_for(lambda: is_there(devices), f"{case.spec} to be back")
        process = update(case, devices)
        _, text = process.communicate()
        devices.stop()
        wanted = pathlib.Path(case.content).read_bytes()
        held = attached.read_memories(devices.state())[case.memory][case.offset:][:len(wanted)]
    if process.returncode == 0 and held == wanted:
        return ""
    return f"{case.spec} {fault or f'killed after {kill_after:.2f} s'}: {process.returncode}, " \
           f"{'right' if held == wanted else 'wrong'} content\n{text}"


def interrupt_anywhere(case, steps):
    """All interruptions of one device; yields what went wrong in each."""
    requests, seconds = measure(case)
    for step in range(steps):
        share = step / max(steps - 1, 1)
        for fault in case.faults:
            yield interrupt(case, fault=f"fault={fault}@{round(share * (requests - 1))}")
        yield interrupt(case, kill_after=max(share * seconds, 0.01))


def main(counts):
    """Runs all cases; returns the exit status."""
    FamilyTest.setUpClass()
    NordicTest.setUpClass()
    passed = failed = 0
    for case in list_cases():
        wrong = list(interrupt_anywhere(case, STEPS))
        passed += wrong.count("")
        failed += len(wrong) - wrong.count("")
        print(f"{case.spec}: {len(wrong)} interruptions\n" + "".join(wrong), end="", flush=True)
    pathlib.Path(counts).write_text(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
