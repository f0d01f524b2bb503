#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Our own host meets the devices that other programs have updated, as they were recorded: run.py COMMAND.

Each session of cases.py is told in words, is small, and is played back to our update: how that ends, and where it first does
otherwise than who was recorded, is in the table. tests/test-sessions.c plays each back to its own host.
"""

import concurrent.futures
import ctypes
import json
import os
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


class Watched:
    """A folder with a file, of which the system tells whatever is done to either (inotify)."""

    EVERYTHING = 0xfff

    def __init__(self, folder):
        self.file = pathlib.Path(folder, "watched", "file")
        self.file.parent.mkdir()
        self.file.write_text("nobody's business")
        system = ctypes.CDLL(None, use_errno=True)
        self.events = system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert system.inotify_add_watch(self.events, os.fsencode(self.file.parent), self.EVERYTHING) > 0

    def close(self):
        os.close(self.events)

    def was_touched(self):
        """Since it was asked last."""
        try:
            return len(os.read(self.events, 65536)) > 0
        except BlockingIOError:
            return False


def put_in(value, name):
    """A part of a session with the name in place of every text but those of which there is a list."""
    if isinstance(value, dict):
        return {key: name if isinstance(part, str) and key in FREE else put_in(part, name) for key, part in value.items()}
    if isinstance(value, list):
        return [name if isinstance(part, str) else put_in(part, name) for part in value]
    return value


# Keys whose value is any text, but for strings, whose keys are numbers
FREE = {"by", "code", "file", "hint", "name", "path", "state", "system", "text", "bus", *map(str, range(1, 256))}


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

    def test_a_hostile_one_reaches_no_other_file(self):
        """Whatever it calls devices, nodes, files of a drive and steps."""
        watched = Watched(self.folder.name)
        self.addCleanup(watched.close)
        watched.file.read_text()
        self.assertTrue(watched.was_touched())
        hostile, capture = (pathlib.Path(self.folder.name, name) for name in ("hostile.jsonl", "hostile.pcapng"))
        for session in cases.SESSIONS:
            for name in (str(watched.file), os.path.relpath(watched.file)):
                lines = [json.dumps(put_in(json.loads(line), name)) for line in session.path.read_text().splitlines()]
                hostile.write_text("\n".join(lines) + "\n")
                commands = [["explain", hostile], ["export", hostile, capture, "--overwrite"],
                            ["--sim", f"replay:{hostile}", "list"]]
                if session.name in ("uf2-volume", "zephyr"):
                    commands.append(["--sim", f"replay:{hostile}", *session.update(self.firmware)])
                for words in commands:
                    with self.subTest(session.name, words=words):
                        self.assertEqual(run(*words).returncode == 0, "update" not in words)
                        self.assertFalse(watched.was_touched())
        self.assertEqual(watched.file.read_text(), "nobody's business")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
