# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A device that hangs holds up nobody: judged by the calls that the dispatching thread makes."""

import collections
import json
import os
import re

import attached
import library

# The request that hangs is the first one after those of the drivers.
HANGING = ["sonix-keyboard:fault=timeout@3x9", "leonardo:fault=timeout@3x9"]

LIMIT_S = 0.05
# strace makes every call of every thread some 20 times as long. libusb_get_device_list() waits for libusb's own thread while
# that looks at an arrival; what hangs takes 5 s.
TRACED_LIMIT_S = 0.5

# Triggers devices that hang in a report and in a line coding and, one second later, another one; then cancels the first.
PROGRAM = """
import sys, json, os, time, library
context = library.Context()
*hanging, other = [context.wait_for(path) for path in sys.argv[1:]]
context.dispatch(0)
context.longest_s = 0
os.getpriority(0, 11)
# The machine has one processor: what others do with it is no stall of ours.
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
begin = time.monotonic()
sessions = [library.Trigger(device) for device in hanging]
while time.monotonic() < begin + 1:
    context.dispatch(10)
second = library.Trigger(other)
result = second.run(context)
elapsed = time.monotonic() - second.started
while time.monotonic() < begin + 4:
    context.dispatch(10)
hung = not any(session.has_ended() for session in sessions)
cancelled = time.monotonic()
for session in sessions:
    session.cancel()
cancel_results = [session.run(context) for session in sessions]
cancelled = time.monotonic() - cancelled
for _ in range(20):
    context.dispatch(10)
os.getpriority(0, 22)
print(json.dumps({"hung": hung, "result": result, "elapsed": elapsed, "cancel": cancel_results, "cancelled": cancelled,
                  "longest": context.longest_s}), flush=True)
"""

# Calls that wait for nobody but the thread's own work, and what they may be made on
HARMLESS = {"epoll_pwait2", "epoll_wait", "epoll_ctl", "poll", "read", "write", "openat", "close", "getdents64", "newfstatat",
            "fstat", "readlink", "readlinkat", "recvmsg", "access", "lseek", "mmap", "munmap", "mprotect", "brk", "madvise", "clone3",
            "rt_sigprocmask", "futex", "ioctl", "fcntl", "getpriority", "geteuid", "getpid", "gettid", "mremap", "dup", "timerfd_settime", "recvfrom", "sched_setscheduler",
            "pselect6", "clock_nanosleep", "sched_yield", "getrandom", "writev", "statfs"}
CALL = re.compile(r"^(\d+) +[\d.]+ (\w+)\((.*)<([\d.]+)>$")
RESUMED = re.compile(r"^(\d+) +[\d.]+ <\.\.\. (\w+) resumed>(.*)<([\d.]+)>$")


def read_trace(path):
    """The calls of the first thread between the marks: (name, arguments, seconds)."""
    lines = path.read_text(errors="replace").splitlines()
    main = lines[0].split()[0]
    begun, calls, inside = "", [], False
    for line in lines:
        if line.split()[0] != main:
            continue
        if "getpriority(" in line:
            inside = re.search(r", (11|22)\b", line)[1] == "11"
            continue
        if line.endswith("<unfinished ...>"):
            begun = line
        match = CALL.match(line) or RESUMED.match(line)
        if match and inside:
            arguments = begun if "resumed>" in line else match[3]
            calls.append((match[2], arguments, float(match[4])))
    return calls


class StallTest(attached.Test):
    """Requests that are never answered: the kernel gives up after 5 s."""

    def run_program(self, *wrapper):
        """Runs the program; returns what it tells."""
        environment = dict(os.environ, PYTHONPATH=str(attached.PROJECT / "tests/vm"))
        specs = [*HANGING, "samd"]
        with attached.Attached(*specs) as devices:
            done = attached.run(*wrapper, "/usr/bin/python3", "-c", PROGRAM, *map(devices.path, range(len(specs))),
                                env=environment)
        self.assert_done(done)
        return json.loads(done.stdout)

    def judge(self, calls):
        """No call but that of the event loop waits."""
        count = collections.Counter(name for name, _, _ in calls)
        waits = {"epoll_pwait2", "epoll_wait", "poll"}
        others = [call for call in calls if call[0] not in waits]
        longest = max(others, key=lambda call: call[2])
        waiting = sum(count[name] for name in waits)
        print(f"{len(calls)} calls, {waiting} of them wait for events; longest other {longest[0]} "
              f"{longest[2] * 1000:.1f} ms", end=", ", flush=True)
        self.assertLessEqual(set(count), HARMLESS)
        self.assertLess(longest[2], TRACED_LIMIT_S, longest)
        for name, arguments, _ in calls:
            if name == "openat":
                self.assertNotRegex(arguments, r'"/dev/(hidraw|tty|bus)')
            if name == "ioctl":
                self.assertRegex(arguments, r"USBDEVFS_(REAPURB|SUBMITURB|DISCARDURB)|TCGETS")

    def test_requests_that_hang(self):
        trace = self.file("trace")
        self.run_program("strace", "-f", "-ttt", "-T", "-o", trace)
        self.judge(read_trace(trace))
        # Without strace, which costs more than all that it watches. An emulated machine can itself be held up, a call that
        # blocks does it each time.
        for _ in range(3):
            told = self.run_program()
            print(f"longest stall {told['longest'] * 1000:.1f} ms, cancelled in {told['cancelled'] * 1000:.1f} ms, "
                  f"other device {told['elapsed']:.2f} s", end=" ... ", flush=True)
            if max(told["longest"], told["cancelled"]) < LIMIT_S:
                break
        self.assertTrue(told["hung"], told)
        self.assertEqual((told["result"], told["cancel"]), (0, [library.CANCELLED] * 2), told)
        self.assertLess(told["elapsed"], 2.5)
        self.assertLess(told["cancelled"], LIMIT_S)
        self.assertLess(told["longest"], LIMIT_S)
