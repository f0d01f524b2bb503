# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
The thread sanitizer beside a real kernel: threads.py COUNTS PROGRAM.

Contexts in several threads of PROGRAM (tests/threads/system.c) list, open and ask the devices of the system, and trigger some
of them, while others come and go. COUNTS gets a line "PASSED FAILED".
"""

import os
import pathlib
import subprocess
import sys
import unittest

import attached

SECONDS = 60
STAYS = "zephyr:poll-ms=0,erase-ms=0,detach-ms=20"
COMES_AND_GOES = ["via-keyboard", "leonardo", "stm32f072"]


class ThreadsTest(attached.Test):
    """No report, and something happened."""

    program = None

    def test_devices_come_and_go_under_many_contexts(self):
        with attached.Attached(STAYS, "nrf52840-keyboard") as devices:
            command = [self.program, str(SECONDS), devices.path(0), devices.path(1)]
            environment = {**os.environ, "TSAN_OPTIONS": f"suppressions={attached.PROJECT}/tests/threads/tsan.supp"}
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as program:
                count = 0
                while program.poll() is None:
                    with attached.Attached(COMES_AND_GOES[count % len(COMES_AND_GOES)]):
                        count += 1
                out, err = program.communicate()
        print(f"{out.strip()}, {count} devices came and went")
        self.assertEqual(program.returncode, 0, err)
        self.assertNotIn("ThreadSanitizer", err)
        self.assertGreater(count, 3)
        self.assertTrue(all(int(word) > 0 for word in out.split() if word.isdigit()), out)


def main(counts, program):
    """Returns the exit status."""
    ThreadsTest.program = program
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(ThreadsTest)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    pathlib.Path(counts).write_text(f"{result.testsRun - failed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
