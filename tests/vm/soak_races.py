# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Races by the thousand: soak_races.py COUNTS.

In each round 15 keyboards without serial numbers are triggered at the same time by as many processes. When they leave, and
how long they are away, is random, and so is whether DETACH is still answered. Every one has to be followed to its own port.
COUNTS gets a line "PASSED FAILED".
"""

import os
import pathlib
import random
import subprocess
import sys

import attached

ROUNDS = int(os.environ.get("SOAK_SIZE") or 67)
AT_ONCE = 15


def make_spec():
    """A keyboard that leaves in its own way."""
    race = random.choice(["gone", "ack"])
    interface = random.choice(["take", "take", "stall"])
    return f"nrf52840-keyboard:serial=,detach-race={race},interface-detach={interface},return-ms={random.randint(0, 600)}"


def trigger_all(devices):
    """Triggers every device; returns what went wrong."""
    processes = [
        subprocess.Popen([str(attached.COMMAND), "-p", devices.path(index), "trigger", "--json"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for index in range(AT_ONCE)
    ]
    wrong = []
    for index, process in enumerate(processes):
        out, err = process.communicate(timeout=60)
        wanted = f'"path": "{devices.path(index)}"'
        if process.returncode != 0 or '"521f"' not in out or wanted.replace(" ", "") not in out.replace(" ", ""):
            wrong.append(f"{devices.specs[index]}: {process.returncode}\n{out}{err}")
    return wrong


def main(counts):
    """Runs the rounds; returns the exit status."""
    random.seed(1)
    failed = 0
    for _ in range(ROUNDS):
        with attached.Attached(*[make_spec() for _ in range(AT_ONCE)]) as devices:
            wrong = trigger_all(devices)
        failed += len(wrong)
        print("".join(wrong), end="", flush=True)
    total = ROUNDS * AT_ONCE
    print(f"{total} races, {failed} lost")
    pathlib.Path(counts).write_text(f"{total - failed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
