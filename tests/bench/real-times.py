# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Devices whose flash takes the time that it really takes, beside dfu-util: real-times.py [REPEATS [DEVICE]]

Runs inside tests/vm/vm. Each is flashed by the one, then by the other, from its application (or the ROM that waits) to the end
of the program; figures are medians of time, and requests as they reached the device. DEVICE is how the name of one begins.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vm"))

import attached  # noqa: E402

KIB = 1024
# A device, its file in KiB, the memory that holds it, and the seconds that its flash alone takes: pages or sectors that are
# erased, and what is written.
CASES = {
    "Zephyr, 128-byte blocks, 100 KiB": {
        "spec": "zephyr:stack=legacy,erase-ms=85", "size": 100 * KIB, "memory": "slot1", "alternate": "1",
        "alone": 118 * 0.085 + 801 * 0.001,
    },
    "STM32F405, 256 KiB": {
        "spec": "stm32f405:application=runtime", "size": 256 * KIB, "memory": "flash", "alternate": "0", "alone": 9.02,
    },
}


def get_commands(case, path, file):
    """What each program is called with."""
    ours = [attached.COMMAND, "-p", path, "-q", "update", file]
    theirs = ["dfu-util", "-p", path, "-a", case["alternate"], "-D", file]
    if case["memory"] == "flash":
        ours += ["--address", "0x08000000"]
        theirs += ["-s", "0x08000000:leave"]
    return {"dfutrigger": ours, "dfu-util": theirs}


def measure(case, program, file):
    """Seconds and requests of an update."""
    with attached.Attached(case["spec"]) as devices:
        command = [str(word) for word in get_commands(case, devices.path(), file)[program]]
        begin = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        elapsed = time.monotonic() - begin
        devices.stop()
        requests = [line for line in devices.record() if line["event"] == "control"]
        held = attached.read_memories(devices.state())[case["memory"]]
        if not held.startswith(pathlib.Path(file).read_bytes()):
            raise SystemExit(f"{command}: the device does not hold what was flashed\n{done.stdout}{done.stderr}")
    return elapsed, len(requests)


def make_file(case, folder):
    """A firmware that the device takes."""
    raw = pathlib.Path(folder, "raw.bin")
    raw.write_bytes(os.urandom(case["size"]))
    if case["memory"] == "flash":
        return raw
    image = pathlib.Path(folder, "image.bin")
    attached.dfutrigger("pack", raw, image, "--mcuboot", "2.0.0", check=True)
    return image


def main(repeats=3, only=""):
    """Prints the table."""
    print("| device | program | time | device alone | ratio | requests |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        for name, case in ((name, case) for name, case in CASES.items() if name.startswith(only)):
            file = make_file(case, folder)
            for program in ("dfutrigger", "dfu-util"):
                runs = [measure(case, program, file) for _ in range(int(repeats))]
                seconds, requests = (statistics.median(column) for column in zip(*runs))
                print(f"| {name} | {program} | {seconds:.2f} s | {case['alone']:.2f} s | {seconds / case['alone']:.2f} "
                      f"| {requests:.0f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
