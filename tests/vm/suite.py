# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Runs tests/vm/test_*.py inside the machine: suite.py [--taken FOLDER] COUNTS [PATTERN...].

COUNTS gets a line "PASSED FAILED"; a skipped test is a failed one. Machines with the same FOLDER share the tests: each
takes the next that no other has taken.
"""

import argparse
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Result(unittest.TextTestResult):
    """Prints how long each test took."""

    def startTest(self, test):
        self.started = time.monotonic()
        super().startTest(test)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok ({time.monotonic() - self.started:.1f} s)")
        self.stream.flush()


def list_tests(suite):
    """The tests of a suite, which is made of suites."""
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from list_tests(one)
        else:
            yield one


class SharedSuite(unittest.TestSuite):
    """A test is taken by making a folder of its name, shortly before it runs."""

    # Its index would be that among the tests that were run.
    _cleanup = False

    def __init__(self, tests, folder):
        super().__init__(tests)
        self.folder = folder

    def __iter__(self):
        for test in super().__iter__():
            try:
                (self.folder / test.id()).mkdir(parents=True)
            except FileExistsError:
                continue
            yield test


def main():
    """Runs the tests; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--taken", type=pathlib.Path)
    parser.add_argument("counts", type=pathlib.Path)
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    sys.path.insert(0, str(HERE))
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{pattern}*" for pattern in arguments.patterns] or None
    suite = loader.discover(str(HERE))
    if arguments.taken:
        suite = SharedSuite(list_tests(suite), arguments.taken)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.skipped) + len(result.unexpectedSuccesses)
    arguments.counts.write_text(f"{max(result.testsRun - failed, 0)} {failed}\n")
    return 0 if failed == 0 and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
