# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
What it costs to update many boards at once in one thread, on virtual devices: rack.py BUILD [COUNT...]

Counts instructions with callgrind, so that a machine that is busy with other things changes nothing. Fails if each of the most
boards costs more than LIMIT times what each of the fewest does: it would be quadratic.
"""

import pathlib
import subprocess
import sys

import counts

LIMIT = 1.25
# What each push has time for, and what is asked for
FEW, MANY = 16, 128
COUNTS = [16, 64, 256]


def measure_each(build, numbers):
    """The instructions that each board takes, of so many at once."""
    subprocess.run(["meson", "compile", "-C", build, "rack"], stdout=subprocess.DEVNULL, check=True)
    program = pathlib.Path(build, "tests/bench/rack")
    # Without a board: what the program and its libraries need.
    start = counts.count([program, 0]).instructions
    return [(counts.count([program, number]).instructions - start) / number for number in numbers]


def measure(build):
    """Rows as those of counts.py."""
    few, many = measure_each(build, (FEW, MANY))
    yield f"each of {FEW} boards at once: instructions", round(few), None
    yield f"each of {MANY}, against each of {FEW}", many / few, None


def main():
    """Prints a line for each number of boards."""
    build = pathlib.Path(sys.argv[1]).resolve()
    numbers = [int(word) for word in sys.argv[2:]] or COUNTS
    each = measure_each(build, numbers)
    print("| boards | instructions for each | |\n|---|---|---|")
    for number, cost in zip(numbers, each):
        print(f"| {number} | {cost / 1e6:.2f} M | {cost / each[0]:.2f} |")
    if each[-1] > LIMIT * each[0]:
        sys.exit(f"rack: each of {numbers[-1]} boards costs {each[-1] / each[0]:.2f} times as much as each of {numbers[0]}")


if __name__ == "__main__":
    main()
