# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
What a caller of dfu-util waits for, with it and with the program that takes its place: dfu-util-seat.py [PAIRS]

Runs inside tests/vm/vm. "first request" is from the start of the program to the first class request that the bootloader
gets, by usbmon; "-l" is the whole program, beside an STM32. Each pair is run one right after the other, in turns; figures
are medians, the ratio is that of the pairs.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "vm"))

import attached  # noqa: E402

PROGRAMS = {"dfu-util": "dfu-util", "dfutrigger-dfu-util": attached.BUILD / "examples/dfu-util/dfutrigger-dfu-util"}
BOARD = "dfu:poll-ms=0,manifest-ms=0,detach-ms=20,return-ms=100"
STM32 = "stm32f405:erase-percent=0,program-percent=0"
# usbmon's stamps count microseconds of so many seconds since the start of the machine.
STAMP_SECONDS = 4096
REQUEST = re.compile(r"^\S+ (\d+) S C[io]:\d+:(\d+):0 s (21|a1) ", re.MULTILINE)


def read_stamp():
    """Now, as usbmon tells it."""
    return time.monotonic() % STAMP_SECONDS


def run_quietly(*words):
    """Runs a program, whatever comes of it."""
    return subprocess.run([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


class Monitor:
    """What usbmon tells of a bus, as long as the with statement lasts."""

    def __init__(self, path):
        self.bus = attached.read_sysfs(path, "busnum")
        self.output = tempfile.TemporaryFile(mode="w+")

    def __enter__(self):
        self.process = subprocess.Popen(["cat", f"/sys/kernel/debug/usb/usbmon/{self.bus}u"], stdout=self.output)
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def requests(self):
        """Seconds and address of each class request until now."""
        time.sleep(0.3)
        self.process.terminate()
        self.process.wait()
        self.output.seek(0)
        return [(int(match[1]) / 1e6, match[2]) for match in REQUEST.finditer(self.output.read())]


def measure_first_request(program, start, file):
    """Seconds until the bootloader is asked something."""
    with attached.Attached(f"{BOARD},start={start}") as devices, Monitor(devices.path()) as monitor:
        application = attached.read_sysfs(devices.path(), "devnum") if start == "application" else ""
        began = read_stamp()
        run_quietly(program, "-p", devices.path(), "-a", 0, "-D", file)
        times = [seconds for seconds, address in monitor.requests() if int(address) != int(application or 0)]
        if not times:
            raise SystemExit(f"{program}: it has asked the bootloader nothing")
        return (times[0] - began) % STAMP_SECONDS


def measure_list(program):
    """Seconds that -l takes."""
    began = time.monotonic()
    status = run_quietly(program, "-l")
    if status != 0:
        raise SystemExit(f"{program} -l: exit status {status}")
    return time.monotonic() - began


def measure_pairs(count, measure):
    """The figures of each program, whose turns change."""
    figures = {name: [] for name in PROGRAMS}
    for number in range(count):
        for name in list(PROGRAMS)[::-1 if number % 2 else 1]:
            figures[name].append(measure(PROGRAMS[name]))
    return figures


def print_row(what, figures):
    """A line of the table."""
    theirs, ours = figures.values()
    ratio = statistics.median(second / first for first, second in zip(theirs, ours))
    print(f"| {what} | {len(ours)} | {statistics.median(theirs) * 1000:.0f} ms | {statistics.median(ours) * 1000:.0f} ms"
          f" | {ratio:.2f} |", flush=True)


def main(pairs=20):
    """Prints the table."""
    print("| | pairs | dfu-util | dfutrigger-dfu-util | ratio |\n|---|---|---|---|---|", flush=True)
    with attached.Attached(STM32):
        print_row("-l", measure_pairs(int(pairs), measure_list))
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        file = pathlib.Path(folder, "firmware")
        file.write_bytes(os.urandom(4096))
        for start in ("bootloader", "application"):
            figures = measure_pairs(max(int(pairs) // 4, 1), lambda program: measure_first_request(program, start, file))
            print_row(f"first request, {start} at the start", figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
