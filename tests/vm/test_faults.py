# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What goes wrong behind the kernel ends as it does on the virtual bus, and the next run recovers."""

import collections
import subprocess

import attached

BASE = "dfu:poll-ms=0,manifest-ms=0,detach-ms=20,return-ms=100,transfer-size=256"

Case = collections.namedtuple("Case", "options arguments status recovers", defaults=[(), None, True])

# Request 30 is in the middle of the download.
CASES = {
    "stall": Case("fault=stall@30", status=24),
    "timeout": Case("fault=timeout@30", status=18),
    "lost answer": Case("fault=lost-answer@30"),
    "garbage": Case("fault=garbage@30"),
    "short": Case("fault=short@30"),
    "unplugged in mid-block": Case("fault=unplug@30", status=17, recovers=False),
    "answers after 12 s": Case("fault=slow@30/12000", status=0),
    "never comes back": Case("return=no", ("--timeout", "2"), status=18, recovers=False),
    "comes back after 8 s": Case("return-ms=8000", status=0),
    "comes back as application": Case("return-as=application", status=22, recovers=False),
    "never leaves": Case("leave=no", ("--timeout", "1"), status=24, recovers=False),
}


def start(*arguments):
    """Starts our command."""
    return subprocess.Popen([str(word) for word in [attached.COMMAND, *arguments]], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(processes):
    """Waits for processes; returns the exit status and the output of each."""
    texts = [process.communicate(timeout=120) for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, texts)]


class FaultTest(attached.Test):
    """All cases at the same time: most of what they do is waiting."""

    def test_result_is_that_of_the_virtual_bus(self):
        cases = list(CASES.values())
        specs = [f"{BASE},{case.options}" for case in cases]
        with attached.Attached(*specs) as devices:
            paths = [devices.path(index) for index in range(len(cases))]
            virtual = [start("--sim", spec, "-p", "1-1", "update", self.firmware, *case.arguments)
                       for spec, case in zip(specs, cases)]
            real = [start("-p", path, "update", self.firmware, *case.arguments) for path, case in zip(paths, cases)]
            for name, (status, text), (virtual_status, virtual_text) in zip(CASES, finish(real), finish(virtual)):
                with self.subTest(case=name):
                    self.assertEqual(status, virtual_status, f"{text}\n{virtual_text}")
                    if CASES[name].status is not None:
                        self.assertEqual(status, CASES[name].status, text)
            self.recover(devices, paths)

    def recover(self, devices, paths):
        """A second run of each, then a look at what they hold."""
        recoverable = [index for index, case in enumerate(CASES.values()) if case.recovers]
        done = finish([start("-p", paths[index], "update", self.firmware) for index in recoverable])
        devices.stop()
        for index, (status, text) in zip(recoverable, done):
            with self.subTest(recovery=list(CASES)[index]):
                self.assertEqual(status, 0, text)
                self.assert_holds(attached.read_memories(devices.state(index))["memory0"], self.firmware)
