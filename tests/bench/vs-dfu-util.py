# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
dfutrigger beside dfu-util, in one run on one machine: vs-dfu-util.py [REPEATS]

Runs inside tests/vm/vm. The same virtual device is flashed by each in turn, from its application to the end of the
program; figures are medians. Requests are what reached the device's DFU interface, SET_INTERFACE included.
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

DEVICE = "dfu:transfer-size=1024,poll-ms=1,manifest-ms=10,detach-ms=20,size=2M"
SIZES = {"64 KiB": 64 << 10, "256 KiB": 256 << 10, "1 MiB": 1 << 20}
AWAY = {"0.3 s": 300, "3 s": 3000}

PROGRAMS = {
    "dfutrigger": lambda path, file: [attached.COMMAND, "-p", path, "-q", "update", file, "--no-verify"],
    "dfutrigger, verified": lambda path, file: [attached.COMMAND, "-p", path, "-q", "update", file, "--verify"],
    "dfu-util": lambda path, file: ["dfu-util", "-p", path, "-a", "0", "-D", file],
}


def measure(program, away_ms, file):
    """Flashes a fresh device; returns seconds, CPU seconds of the program, and requests."""
    with attached.Attached(f"{DEVICE},return-ms={away_ms}") as devices:
        command = [str(word) for word in PROGRAMS[program](devices.path(), file)]
        begin = time.monotonic()
        with open(os.devnull, "w") as nowhere:
            process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{command}: exit status {process.returncode}")
        devices.stop()
        requests = [line for line in devices.record() if line["event"] == "control"]
        held = attached.read_memories(devices.state())["memory0"]
        if not held.startswith(pathlib.Path(file).read_bytes()):
            raise SystemExit(f"{command}: the device does not hold what was flashed")
    return elapsed, usage.ru_utime + usage.ru_stime, len(requests)


def print_row(size, away, medians):
    """A line of the table: each figure and its ratio to dfu-util's."""
    theirs = medians["dfu-util"]
    for program, figures in medians.items():
        cells = [f"{figures[0]:.2f} s", f"{figures[0] / theirs[0]:.2f}", f"{figures[1]:.2f} s",
                 f"{figures[1] / theirs[1]:.2f}", f"{figures[2]:.0f}", f"{figures[2] / theirs[2]:.2f}"]
        print(f"| {size} | {away} | {program} | " + " | ".join(cells) + " |", flush=True)


def main(repeats=3):
    """Prints the table."""
    print("| size | away | program | time | ratio | CPU | ratio | requests | ratio |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        for size, length in SIZES.items():
            file = pathlib.Path(folder, "firmware")
            file.write_bytes(os.urandom(length))
            for away, away_ms in AWAY.items():
                runs = {program: [] for program in PROGRAMS}
                for _ in range(int(repeats)):
                    for program, figures in runs.items():
                        figures.append(measure(program, away_ms, file))
                print_row(size, away, {program: [statistics.median(column) for column in zip(*figures)]
                                       for program, figures in runs.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
