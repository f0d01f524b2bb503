# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Again and again: soak_cycles.py COUNTS.

A board is touched and a keyboard gets its report, so many times, each freshly plugged in. No trigger may be lost. COUNTS
gets a line "PASSED FAILED".
"""

import os
import pathlib
import sys
import time

import attached

CYCLES = int(os.environ.get("SOAK_SIZE") or 50)
SPECS = ["leonardo", "sonix-keyboard"]


def trigger(spec):
    """Plugs a device in and triggers it; returns the time that it took, None if it failed."""
    with attached.Attached(spec) as devices:
        begin = time.monotonic()
        done = attached.dfutrigger("-p", devices.path(), "trigger")
        elapsed = time.monotonic() - begin
    if done.returncode == 0:
        return elapsed
    print(f"{spec}: {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
    return None


def main(counts):
    """Runs the cycles; returns the exit status."""
    passed = 0
    for spec in SPECS:
        times = [seconds for seconds in [trigger(spec) for _ in range(CYCLES)] if seconds is not None]
        passed += len(times)
        if times:
            print(f"{spec}: {len(times)} of {CYCLES}, {min(times):.2f} to {max(times):.2f} s, "
                  f"{sum(times) / len(times):.2f} s on average", flush=True)
    failed = len(SPECS) * CYCLES - passed
    pathlib.Path(counts).write_text(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
