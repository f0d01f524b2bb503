# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
What the library costs, beside dfu-util, objcopy and pyusb: all.py BUILD [--check | --ratios | --vm]

Counts come first, which are the same each time (counts.py, rack.py, record.py). --check compares them with docs/performance.md, and fails
where one is worse by more than 5 %. --ratios adds times, as ratios of runs in turns; --vm those of the kernel's USB in tests/vm,
too, for which BUILD is a folder below the project.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

import counts
import files
import python
import rack
import record

PROJECT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = PROJECT / "docs/performance.md"
WORSE = 1.05
TRIES = 4
ROW = re.compile(r"^\| (.+?) \| ([\d.]+) \|", re.MULTILINE)
# In the machine: those beside dfu-util
IN_VM = ("vs-dfu-util.py", "dfu-util-seat.py", "real-times.py")


def compare(rows):
    """What is worse than the document says, and what it does not say."""
    said = {name: float(value) for name, value in ROW.findall(DOCUMENT.read_text())}
    for row, value in rows.items():
        if row not in said:
            yield f"{row}: {value:.2f}, and docs/performance.md has no such line"
        elif value > said[row] * WORSE:
            yield f"{row}: {value:.2f}, docs/performance.md says {said[row]:.2f}"


def count(build):
    """All rows that are counted."""
    for measure in (counts.measure, rack.measure, record.measure):
        yield from measure(build)


def check(build):
    """
    Prints what is worse than the document says; whether there is nothing. A program that is kept waiting by others looks more often,
    so that the least of several runs is what counts.
    """
    least, beside = {}, {}
    for _ in range(TRIES):
        for row, value, other in count(build):
            least[row] = min(value, least.get(row, value))
            beside[row] = max(other or 0, beside.get(row, 0))
        wrong = list(compare(least))
        wrong += [f"{row}: {value:.2f}, and {beside[row]:.2f} without: more than {record.LIMIT}" for row, value in least.items()
                  if record.is_too_much(row, value, beside[row])]
        if not wrong:
            break
    print("\n".join(wrong) or f"{len(least)} counts are as in docs/performance.md, or better")
    return not wrong


def print_counts(build):
    """The table of what is counted."""
    print("| | dfutrigger | dfu-util, or not recorded | ratio |\n|---|---|---|---|", flush=True)
    for row in count(build):
        counts.print_row(*row)
    print("\n| library that an application ships | KiB |\n|---|---|")
    for name, size in counts.find_needed(build).items():
        print(f"| {name} | {size:.0f} |")


def print_ratios(build):
    """What takes time or memory on this machine, ours beside the other's."""
    print("\n| | runs | ratio |\n|---|---|---|", flush=True)
    for measure in (files.measure, python.measure):
        for row, runs, ratio in measure(build):
            print(f"| {row} | {runs} | {ratio:.2f} |", flush=True)


def run_in_vm(build):
    """The scripts that need the kernel's USB."""
    for script in IN_VM:
        print(flush=True)
        subprocess.run([PROJECT / "tests/vm/vm", "--timeout", "900", "--cache", PROJECT / "build/vm-kernel", "--env",
                        f"DFUTRIGGER_BUILD={os.path.relpath(build, PROJECT)}", "--", "/usr/bin/python3",
                        PROJECT / "tests/bench" / script], cwd=PROJECT, check=True)


def main():
    """Prints what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    kind = parser.add_mutually_exclusive_group()
    for option in ("--check", "--ratios", "--vm"):
        kind.add_argument(option, action="store_true")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    if options.check:
        sys.exit(not check(build))
    print_counts(build)
    if options.ratios or options.vm:
        print_ratios(build)
    if options.vm:
        run_in_vm(build)


if __name__ == "__main__":
    main()
