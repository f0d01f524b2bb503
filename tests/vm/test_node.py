# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The Node module on the system's bus, with WHOLE=yes: Node is large."""

import os
import queue
import subprocess
import threading
import unittest

import attached

EXAMPLE = attached.PROJECT / "examples/node/update-many.js"
# What V8 compiles would be translated once more, by the emulator.
NODE = ["node", "--jitless"]
# It has to start first.
DEADLINE = 5 * attached.DEADLINE
# What comes and goes, a line each, until its standard input ends.
LISTEN = """
const { Context } = require('dfutrigger');
const context = new Context();
for (const event of ['arrived', 'left']) {
  context.on(event, (device) => console.log(event, device.path, device.mode));
}
context.devices().then((devices) => console.log('there are', devices.filter(({ protocol }) => protocol).length));
process.stdin.on('end', () => context.close()).resume();
"""


class NodeTest(attached.Test):
    """Boards that are plugged into the kernel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        modules = cls.file("node_modules")
        modules.mkdir()
        (modules / "dfutrigger").symlink_to(attached.BUILD / "bindings/node")
        cls.environment = {**os.environ, "NODE_PATH": str(modules)}

    def test_two_boards_are_updated_at_once(self):
        with attached.Attached(attached.quick("zephyr"), attached.quick("zephyr:serial=2")) as devices:
            done = attached.run(*NODE, EXAMPLE, self.firmware, 1, timeout=DEADLINE, env=self.environment)
            self.assert_done(done)
            devices.stop()
            for index in range(2):
                self.assertRegex(done.stdout, rf"(?m)^{devices.path(index)}: \d+ bytes downloaded and verified")
                self.assert_holds(attached.read_memories(devices.state(index))["slot1"], self.firmware)

    def test_devices_come_and_go(self):
        lines = queue.Queue()
        process = subprocess.Popen([*NODE, "-e", LISTEN], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.kill)
        threading.Thread(target=lambda: [lines.put(line) for line in process.stdout], daemon=True).start()
        self.assertEqual(lines.get(timeout=DEADLINE), "there are 0\n")
        with attached.Attached("zephyr") as devices:
            path = devices.path()
            self.assertEqual(lines.get(timeout=attached.DEADLINE), f"arrived {path} application\n")
        self.assertEqual(lines.get(timeout=attached.DEADLINE), f"left {path} application\n")
        process.stdin.close()
        self.assertEqual(process.wait(DEADLINE), 0)


def load_tests(_loader, tests, _pattern):
    """All or none."""
    return tests if attached.WHOLE else unittest.TestSuite()
