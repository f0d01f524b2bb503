#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The command for Windows, under Wine: cli.py PATH-OF-DFUTRIGGER.EXE [unittest's arguments].

All tests of tests/cli/run.py, and those of a console. What can't be the same there has its reason here, and is told as skipped.
"""

import os
import pathlib
import re
import stat
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import run  # noqa: E402
import words  # noqa: E402

WINE = HERE / "wine.sh"

# Test of run.py: why it does not run.
DIFFERENT = {
    "ExampleTest.test_all": "one of them waits by poll(); update-many is tried here",
    "LargeFileTest.test_memory_does_not_go_with_the_size": "2.1 GB take Wine longer than the test waits",
    "OutputTest.test_closed_files_are_not_taken_for_others": "a shell and Wine need their standard files",
    "OutputTest.test_output_that_is_not_taken": "Windows' C library says nothing better than \"Input/output error\" of a full disk",
    "SessionFileTest.test_private": "the folder says who can read a file: there is no mode 0600",
    "SinkTest.test_killed": "there are no files without a name: a command that is killed leaves out.partial.aXXXXX",
    "SinkTest.test_link_that_appears_meanwhile": "to Windows a link to nothing is nothing, and is replaced",
    "StateTest.test_state_that_is_no_file": "/dev/full and the like are not there",
    "UpdateTest.test_upload_that_breaks_is_kept_under_another_name": "it ends with /dev/full, which is not there",
}
ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


def skip_different():
    for name, reason in DIFFERENT.items():
        case, test = name.split(".")
        kind = getattr(run, case)
        setattr(kind, test, unittest.skip(reason)(getattr(kind, test)))


def make_command(folder, program):
    """A command as the tests know it: one file that can be run."""
    command = pathlib.Path(folder) / program.stem
    command.write_text(f'#!/bin/sh\nexec sh "{WINE}" "{program}" "$@"\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return str(command)


class ConsoleTest(run.Case):
    """A console of Windows, which Wine shows on a terminal: it draws what has changed, letter by letter."""

    SLOW = "dfu:start=bootloader,size=200K,transfer-size=1K,transfer-us=20000"

    def start(self, *arguments):
        terminal = words.Terminal([run.COMMAND, *arguments], 100)
        self.addCleanup(terminal.close)
        return terminal

    def test_progress(self):
        terminal = self.start("--sim", self.SLOW, "upload", "--size", "100K", self.folder / "out")
        self.assertEqual(terminal.read_all(), 0)
        text = ESCAPES.sub("", terminal.text)
        self.assertGreater(text.count("#"), 5)
        self.assertGreater(text.count("\r"), 5)
        self.assertEqual((self.folder / "out").stat().st_size, 100 * 1024)

    def test_interrupted(self):
        """The first Ctrl-C cancels: what was read is kept."""
        terminal = self.start("--sim", self.SLOW, "upload", "--size", "200K", self.folder / "out")
        self.assertTrue(terminal.read_until("(?s)#.*#"))
        begun = time.monotonic()
        terminal.type("\x03")
        self.assertEqual(terminal.read_all(), run.EXIT["cancelled"])
        self.assertLess(time.monotonic() - begun, 3)
        partial = self.folder / "out.partial"
        self.assertEqual(list(self.folder.glob("out*")), [partial])
        self.assertEqual(partial.stat().st_size % 1024, 0)

    def test_interrupted_update_goes_on(self):
        image = self.write("signed.bin", run.compose_mcuboot(run.compose_body(64 * 1024)))
        terminal = self.start(*self.board, "-a", "1", "update", image)
        self.assertTrue(terminal.read_until("(?s)#.*#"))
        terminal.type("\x03")
        self.assertEqual(terminal.read_all(), run.EXIT["cancelled"])
        small = self.write("small.bin", run.compose_mcuboot(run.compose_body(6000)))
        self.expect(0, *self.board, "-a", "1", "update", small)

    def test_two_boards_at_once(self):
        """Each in a console of its own: Ctrl-C in one is nothing to the other."""
        image = self.write("signed.bin", run.compose_mcuboot(run.compose_body(128 * 1024)))
        states = [self.folder / name for name in ("one", "two")]
        one, two = [self.start("--sim", f"zephyr:state={state}", "-a", "1", "update", image) for state in states]
        for terminal in (one, two):
            self.assertTrue(terminal.read_until("(?s)#.*#"))
        self.assertEqual([terminal.process.poll() for terminal in (one, two)], [None, None])
        one.type("\x03")
        self.assertEqual(one.read_all(), run.EXIT["cancelled"])
        self.assertIsNone(two.process.poll())
        self.assertEqual(two.read_all(), 0)
        self.assertIn(image.read_bytes(), states[1].read_bytes())


class PathTest(run.Case):
    """As people write paths there"""

    def test_folder_of_a_report(self):
        folder = "Z:" + str(self.folder).replace("/", "\\")
        image = self.write("signed.bin", run.compose_mcuboot(run.compose_body(6000)))
        self.expect(0, "--record", f"{folder}\\session.jsonl", *self.board, "-a", "1", "update", image)
        result = self.expect(0, *self.board, "report", f"{folder}\\report.txt")
        self.assertIn(f"with the session file {folder}\\session.jsonl;", result.text)
        self.assertIn('{"dfutrigger-session":1', (self.folder / "report.txt").read_text(encoding="utf-8"))


class ManyTest(run.Case):
    PROGRAM = None

    def test_two_boards_at_once(self):
        image = self.write("signed.bin", run.compose_mcuboot(run.compose_body(64 * 1024)))
        states = [self.folder / name for name in ("one", "two")]
        sims = [word for state in states for word in ("--sim", f"zephyr:state={state}")]
        done = run.Result(run.subprocess.run([self.PROGRAM, *map(str, (*sims, image, "1"))], stdin=run.subprocess.DEVNULL,
                                             capture_output=True, timeout=run.TIMEOUT, check=False))
        self.assertEqual(done.code, 0, str(done))
        for path in ("1-1", "1-2"):
            self.assertRegex(done.text, f"{path}.* downloaded and verified")
        for state in states:
            self.assertIn(image.read_bytes(), state.read_bytes())


def main():
    program = pathlib.Path(sys.argv.pop(1)).resolve()
    os.environ["DFUTRIGGER_WINDOWS"] = str(program.parents[2])
    skip_different()
    run.Case.HAS_MODES = False
    # What Wine starts beside the first program is not timed with it.
    run.subprocess.run(["sh", WINE, "cmd", "/c", "exit"], check=True)
    with tempfile.TemporaryDirectory(prefix="dfutrigger-wine-") as folder:
        run.COMMAND = make_command(folder, program)
        ManyTest.PROGRAM = make_command(folder, program.parents[1] / "example-update-many.exe")
        suite = unittest.TestSuite()
        loader = unittest.defaultTestLoader
        if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
            suite.addTests(loader.loadTestsFromNames(sys.argv[1:], sys.modules[__name__]))
        else:
            for module in (run, sys.modules[__name__]):
                suite.addTests(loader.loadTestsFromModule(module))
        result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
