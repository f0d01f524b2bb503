#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Tests of the baseline itself: test.py BUILD-FOLDER [unittest's arguments]."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import baseline
import images

BUILD = None
SPEC = "dfu:transfer-size=256"
SETUPS = (
    {"job": "update", "spec": SPEC, "image": "raw.bin", "variants": "fc", "most": 8},
    {"job": "trigger", "spec": "leonardo", "variants": "fc", "most": 8},
    {"job": "commands", "spec": "xmos"},
    {"job": "handle", "spec": "teensy"},
)
RUNS = (
    (["--sim", "zephyr", "-vv", "update", "mcuboot.bin"], None),
    (["--sim", "zephyr", "--json", "update", "mcuboot.bin"], None),
    (["--sim", "sln-voice", "-a", "0", "--json", "--size", "3000", "upload", "uploaded.bin"], "uploaded.bin"),
)


class Test(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name, data in images.compose().items():
            (self.folder / name).write_bytes(data)

    def record(self, name, text):
        out = self.folder / name
        out.mkdir()
        (out / "some.txt").write_bytes(text)
        return out

    def compare(self, one, other):
        with contextlib.redirect_stdout(io.StringIO()) as text:
            count = baseline.compare(self.record("one", one), self.record("other", other))
        return count, text.getvalue()

    def test_the_same_library_records_the_same(self):
        text = BUILD.record(SETUPS, self.folder)
        self.assertGreater(text.count(b"\n["), 100)
        self.assertEqual(text, BUILD.record(SETUPS, self.folder))
        self.assertEqual(self.compare(text, text)[0], 0)

    def test_devices_together_are_recorded_the_same(self):
        setups = [{"job": "trigger", "spec": spec} for spec in ("zephyr", "leonardo", "jabra")]
        text = BUILD.record(setups, self.folder, is_together=True)
        self.assertEqual(text.count(b'ended: ok "bootloader: '), 3, text)
        self.assertEqual(text, BUILD.record(setups, self.folder, is_together=True))

    def test_the_command_prints_the_same_without_the_time_that_it_takes(self):
        text = BUILD.run_all(RUNS, self.folder)
        self.assertEqual(text.count(b"exit code 0"), 3, text)
        (self.folder / "uploaded.bin").unlink()
        self.assertEqual(text, BUILD.run_all(RUNS, self.folder))
        self.assertNotIn(str(self.folder).encode(), text)

    def test_a_device_that_behaves_otherwise_is_seen(self):
        """Half a millisecond of one request, in place of a library that sends something else."""
        setup = {"job": "update", "image": "raw.bin"}
        one, other = (BUILD.record([{**setup, "spec": f"{SPEC},transfer-us={time}"}], self.folder).replace(b"transfer-us=%d" % time, b"T")
                      for time in (1000, 1500))
        count, text = self.compare(one, other)
        self.assertEqual(count, 1, text)
        self.assertIn("-time: ", text)
        self.assertIn("+time: ", text)

    def test_a_planted_difference_is_found(self):
        text = BUILD.record(SETUPS[:1], self.folder)
        planted = text.replace(b"verified: yes", b"verified: no", 1)
        count, words = self.compare(text, planted)
        self.assertEqual(count, 1, words)
        self.assertIn("  -state: done, verified: yes\n  +state: done, verified: no\n", words)

    def test_cases_that_are_missing_or_new_are_found(self):
        first, second = b"\n[a | trigger | clean]\nended\n", b"\n[b | trigger | clean]\nended\n"
        count, words = self.compare(first, second)
        self.assertEqual(count, 2)
        self.assertIn("[a | trigger | clean]\n  -is missing", words)
        self.assertIn("[b | trigger | clean]\n  +is new", words)

    def test_what_several_cases_have_in_common_is_shown_once(self):
        one = b"".join(b"\n[%d]\nended: ok\nagain: %016x\n" % (i, i) for i in range(9))
        other = one.replace(b"ok", b"gone").replace(b"again: ", b"again: f")
        with contextlib.redirect_stdout(io.StringIO()) as text:
            count = baseline.compare(self.record("one", one), self.record("other", other.replace(b": f0", b": f")), grouped=True)
        self.assertEqual(count, 9)
        self.assertEqual(text.getvalue().count("+ended: gone"), 1)
        self.assertIn("and 6 more", text.getvalue())

    def test_what_is_no_case_is_refused(self):
        for line in (b"job=trigger\n", b"nonsense\n", b"job=trigger\tspec=dfu\tno-such=1\n"):
            done = subprocess.run([BUILD.recorder], input=line, capture_output=True, check=False, env=baseline.ENVIRONMENT)
            self.assertNotEqual(done.returncode, 0, line)


if __name__ == "__main__":
    BUILD = baseline.Build(sys.argv.pop(1))
    unittest.main()
