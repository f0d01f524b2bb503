#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Our own host meets the devices that other programs have updated, as they were recorded: run.py COMMAND.

Each session of cases.py is told in words, is small, and is played back to our update: how that ends, and where it first does
otherwise than who was recorded, is in the table. tests/test-sessions.c plays each back to its own host.
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import cases

COMMAND = pathlib.Path(sys.argv[1]).resolve()
SIZE = 200 * 1024
SIZE_OF_ALL = 1024 * 1024
TIMEOUT = 120


def run(*words):
    """Our command."""
    return subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True, errors="replace", timeout=TIMEOUT,
                          check=False)


class SessionTest(unittest.TestCase):
    """All sessions of the table, and no other ones."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.firmware = cases.Firmware(cls.folder.name, COMMAND)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_table_has_all(self):
        files = sorted(path.stem for path in cases.HERE.glob("*.jsonl"))
        self.assertEqual(files, sorted(session.name for session in cases.SESSIONS))
        sizes = [path.stat().st_size for path in cases.HERE.glob("*.jsonl")]
        self.assertLessEqual(max(sizes), SIZE)
        self.assertLessEqual(sum(sizes), SIZE_OF_ALL)

    def test_they_are_told_in_words(self):
        for session in cases.SESSIONS:
            with self.subTest(session.name):
                done = run("explain", session.path)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("arrives: ", done.stdout)
                self.assertIn("the recording ends", done.stdout)
                for words in cases.TOLD[session.name]:
                    self.assertIn(words, done.stdout)
                untold = re.findall(r"a request|a report|bytes come in|bytes go out", done.stdout)
                self.assertEqual(untold, cases.UNTOLD.get(session.name, []), done.stdout)

    def test_our_host_meets_the_device(self):
        """All at once: the times are those of the recordings, in which a host mostly waits."""
        commands = [["--sim", f"replay:{session.path}", *session.update(self.firmware), "--json"] for session in cases.SESSIONS]
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            ended = list(pool.map(lambda words: run(*words), commands))
        for session, done in zip(cases.SESSIONS, ended):
            with self.subTest(session.name):
                result = json.loads(done.stdout.splitlines()[-1])
                told = re.findall(r"replay: (?:line \d+: )?(.*)", done.stderr)
                difference = next((line for line in told if "recorded was" in line), "")
                self.assertEqual((result["code"], difference), session.ours, done.stderr)

    def test_a_capture_of_it_is_the_same_session(self):
        """But for what no bus sees."""
        for session in cases.SESSIONS:
            if session.host == cases.OWN:
                continue
            with self.subTest(session.name):
                capture, again = (pathlib.Path(self.folder.name, name) for name in ("capture.pcapng", "again.jsonl"))
                for words in (["export", session.path, capture], ["import", capture, again, "--record-data"]):
                    done = run(*words, "--overwrite")
                    self.assertEqual(done.returncode, 0, done.stderr)
                whole = session.path.read_text()
                if "sha256" not in whole:
                    self.assertEqual(again.read_text(), whole)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
