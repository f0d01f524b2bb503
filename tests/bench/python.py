# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
The Python package beside an update in C, and beside pyusb's ctrl_transfer(), on the same mocked device.

As a program it measures itself, and prints the seconds: python.py update FILE, or python.py transfers MODULE COUNT.
"""

import importlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 21
SIZE = 256 << 10
TRANSFERS = 2000
FEW, MORE = 100, 600
GETSTATE = (0xa1, 5, 0, 0, 1)
VENDOR, PRODUCT = 0x1209, 0x2444


def time_update(path):
    """Seconds of an update, from its call to its return."""
    import dfutrigger

    device = dfutrigger.find(VENDOR, PRODUCT)
    image = dfutrigger.Image.load(path)
    began = time.perf_counter()
    device.update(image, alternate=0, bootloader_ids=(VENDOR, PRODUCT),
                  verify=dfutrigger.Verify.NEVER, restart=dfutrigger.Restart.NEVER)
    return time.perf_counter() - began


def time_transfers(module, count):
    """Seconds of so many requests through a module that has pyusb's names."""
    device = importlib.import_module(module).find(idVendor=VENDOR, idProduct=PRODUCT)
    device.ctrl_transfer(*GETSTATE)
    began = time.perf_counter()
    for _ in range(int(count)):
        device.ctrl_transfer(*GETSTATE)
    return time.perf_counter() - began


def run(system, *command):
    """What a program prints."""
    return subprocess.run([str(word) for word in command], env=system.environment, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def time_c_update(system, build, path):
    """Seconds of the same by the command, as its result has them."""
    ids = f"{VENDOR:04x}:{PRODUCT:04x}"
    output = run(system, pathlib.Path(build, "examples/cli/dfutrigger"), "--json", "-q", "update", "-d", f"{ids},{ids}", "-a", 0,
                 "--no-verify", "--restart", "never", path)
    return json.loads(output.splitlines()[-1])["elapsed_ms"] / 1000


def compare(ours, theirs):
    """The median of the ratios of pairs, whose turns change."""
    ratios = []
    for number in range(RUNS):
        first, second = (ours(), theirs()) if number % 2 else (theirs(), ours())[::-1]
        ratios.append(first / second)
    return statistics.median(ratios)


def count_transfers(system, module):
    """Instructions of a request, by the difference between few and more of them."""
    import counts

    few, more = [counts.count([sys.executable, __file__, "transfers", module, number], system.environment).instructions
                 for number in (FEW, MORE)]
    return (more - few) / (MORE - FEW)


def measure(build):
    """Each row: what it is, how many pairs, the ratio."""
    import mocked

    system = mocked.Mocked()
    system.environment.update(PYTHONPATH=str(pathlib.Path(build, "bindings/python")), PYTHONHASHSEED="0")
    yield ("Python: ctrl_transfer(), beside pyusb: instructions", 1,
           count_transfers(system, "dfutrigger.core") / count_transfers(system, "usb.core"))
    with tempfile.NamedTemporaryFile() as file:
        pathlib.Path(file.name).write_bytes(os.urandom(SIZE))
        yield ("Python: update of 256 KiB, beside C: time", RUNS,
               compare(lambda: float(run(system, sys.executable, __file__, "update", file.name)),
                       lambda: time_c_update(system, build, file.name)))
    yield ("Python: ctrl_transfer(), beside pyusb: time", RUNS,
           compare(lambda: float(run(system, sys.executable, __file__, "transfers", "dfutrigger.core", TRANSFERS)),
                   lambda: float(run(system, sys.executable, __file__, "transfers", "usb.core", TRANSFERS))))


if __name__ == "__main__":
    print({"update": time_update, "transfers": time_transfers}[sys.argv[1]](*sys.argv[2:]))
