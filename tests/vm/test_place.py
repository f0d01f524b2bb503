# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A place of boards: labgrid with Debian's pytest flashes one that is on another machine, by USB/IP."""

import contextlib
import json
import os
import subprocess
import threading

import attached

EXAMPLE = attached.PROJECT / "bindings/python/examples/labgrid"
# The other machine is a network namespace: nothing is shared with it but a cable.
NAMESPACE = "rack"
HERE, THERE = "192.0.2.1", "192.0.2.2"


def ip(*words):
    attached.run("ip", *words, check=True)


@contextlib.contextmanager
def other_machine():
    """Another network, with a cable to this one."""
    attached.run("modprobe", "veth", check=True)
    ip("netns", "add", NAMESPACE)
    try:
        ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", NAMESPACE)
        ip("address", "add", f"{HERE}/24", "dev", "here")
        ip("link", "set", "here", "up")
        ip("-n", NAMESPACE, "address", "add", f"{THERE}/24", "dev", "there")
        ip("-n", NAMESPACE, "link", "set", "there", "up")
        yield
    finally:
        ip("netns", "del", NAMESPACE)


class PlaceTest(attached.Test):
    """The example of docs/labgrid.md, on a board of another machine."""

    def serve(self, spec):
        process = subprocess.Popen(
            ["ip", "netns", "exec", NAMESPACE, attached.COMMAND, "sim", spec, "--listen", THERE, "--json"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait, attached.DEADLINE)
        self.addCleanup(process.terminate)
        self.assertEqual(json.loads(process.stdout.readline())["event"], "listening")
        threading.Thread(target=process.stdout.read, daemon=True).start()

    def keep_attached(self):
        """As docs/labgrid.md does: the connection ends each time the board leaves its bus."""
        is_over = threading.Event()

        def attach():
            while not is_over.wait(0.2):
                attached.run("usbip", "attach", "-r", THERE, "-b", "1-1")

        thread = threading.Thread(target=attach)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(is_over.set)

    def find(self):
        text = attached.dfutrigger("list", "--json", "-d", "2fe3:").stdout
        return [device["path"] for device in json.loads(text).get("devices", [])]

    def pytest(self, **environment):
        return attached.run("/usr/bin/python3", "-m", "pytest", "-v", "-p", "no:cacheprovider", "--lg-env",
                            EXAMPLE / "environment.yaml", EXAMPLE / "test_board.py", timeout=300,
                            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1",
                                 "PYTHONPATH": str(attached.BUILD / "bindings/python"), **environment})

    def test_labgrid_and_pytest(self):
        state = self.file("state")
        with other_machine():
            self.serve(f"{attached.quick('zephyr')},state={state}")
            self.keep_attached()
            (port,) = attached.wait_for(self.find, "the board to come")
            attached.settle()
            done = self.pytest(LG_PORT=port, LG_FIRMWARE=str(self.firmware))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, r"2 passed")
            # The loop ends before its server does.
            self.doCleanups()
            self.assert_holds(attached.read_memories(state)["slot1"], self.firmware)
