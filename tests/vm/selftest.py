# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""tests/vm/vm does what it says, seen from outside: selftest.py [options of vm]."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
OPTIONS = sys.argv[1:]


def run(script, timeout=120):
    """Runs a shell script in the machine."""
    return subprocess.run(
        [HERE / "vm", *OPTIONS, "--timeout", str(timeout), "--env", "GREETING=a b", "--", "sh", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=timeout + 60,
        cwd=HERE,
    )


class VmTest(unittest.TestCase):
    """Exit status, output, files, time limit."""

    def test_command(self):
        with tempfile.TemporaryDirectory(dir=HERE.parents[1] / "build") as folder:
            done = run(f'echo "out $GREETING"; echo err >&2; pwd; echo x >{folder}/file; echo x >/etc/vm-test; exit 37')
            self.assertEqual(done.returncode, 37, done.stderr)
            self.assertEqual(done.stdout, f"out a b\n{HERE}\n")
            self.assertIn("err", done.stderr.splitlines())
            self.assertEqual(pathlib.Path(folder, "file").read_text(), "x\n")
        self.assertFalse(pathlib.Path("/etc/vm-test").exists())

    def test_time_limit(self):
        done = run("echo begun; sleep 600", timeout=30)
        self.assertEqual(done.returncode, 124)
        self.assertEqual(done.stdout, "begun\n")
        self.assertIn("vm: time limit of 30 s", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
