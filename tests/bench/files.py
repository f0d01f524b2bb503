# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Firmware files of 64 MiB: what reading one costs, beside objcopy, which reads it and writes plain bytes."""

import os
import pathlib
import statistics
import subprocess
import tempfile

SIZE = 64 << 20
RUNS = 5
FORMATS = {"Intel HEX": "ihex", "S-records": "srec"}


def run(command):
    """CPU seconds and KiB of memory that a program took."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command}: exit status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def compare(ours, theirs):
    """The medians of the ratios of pairs, time and memory."""
    pairs = [[first / second for first, second in zip(run(ours), run(theirs))] for _ in range(RUNS)]
    return [statistics.median(column) for column in zip(*pairs)]


def measure(build):
    """Each row: what it is, how many pairs, the ratio."""
    command = pathlib.Path(build, "examples/cli/dfutrigger")
    with tempfile.TemporaryDirectory() as folder:
        plain, text = pathlib.Path(folder, "plain"), pathlib.Path(folder, "text")
        plain.write_bytes(os.urandom(SIZE))
        for name, word in FORMATS.items():
            subprocess.run(["objcopy", "-I", "binary", "-O", word, plain, text], check=True)
            ratios = compare([command, "info", text], ["objcopy", "-I", word, "-O", "binary", text, plain])
            for what, ratio in zip(("CPU time", "memory"), ratios):
                yield f"{name}, 64 MiB, beside objcopy: {what}", RUNS, ratio
