# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Callers of dfu-util can't tell our program from it: those of tests/callers that are short, with WHOLE=yes all."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "callers"))

import attached  # noqa: E402
import callers  # noqa: E402
import run  # noqa: E402


class CallersTest(unittest.TestCase):
    """Gets a test for each call."""

    maxDiff = None

    def check(self, call):
        """Does it with both."""
        theirs, ours = run.do_call(call, [run.THEIRS, run.OURS])
        said = "\n".join(f"{outcome.output.stdout}{outcome.output.stderr}" for outcome in (theirs, ours))
        self.assertEqual(list(run.list_faults(call, theirs, ours)), [], said)


class PlantedTest(unittest.TestCase):
    """That a difference would be found."""

    def find(self, name):
        """What is found of a program that does nothing, says nothing, and is content."""
        call = next(call for call in callers.CALLERS if call.caller == name)
        return list(run.list_faults(call, *run.do_call(call, [run.THEIRS, pathlib.Path("/usr/bin/true")])))

    def test_list(self):
        self.assertEqual(self.find("west flash, looking"), ["fields: True, ours False"])

    def test_change(self):
        faults = self.find("labgrid detach")
        self.assertIn("exit status 0, but the wish was not granted", faults)
        self.assertIn("mode: 'bootloader', ours 'application'", faults)


def add_test(call):
    """One test a call: then machines can share them."""
    setattr(CallersTest, "test_" + re.sub(r"\W+", "_", call.caller.lower()), lambda self: self.check(call))


for one in callers.CALLERS:
    if one.is_short or attached.WHOLE:
        add_test(one)
