# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Interrupted at every step: soak_interrupted.py COUNTS.

Each device of interrupted_cases.py is updated through the kernel. A step is a request that reaches the device, which says when
that comes. There the command is killed, or is told to end, or the device is pulled out, and plugged in again later. Of
SOAK_SIZE (60) requests at most, evenly spread from the first to the last, each meets each. A run that says that all is well is
believed only if the device holds what was sent; after all others the next run has to end well, and the device to hold it. A device
that does not come back has its button pressed before that, one that is to be unplugged by the words of the next run is plugged in
anew. ONLY in the environment picks languages. COUNTS gets a line "PASSED FAILED".
"""

import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import attached
from interrupted_cases import Files
from test_drives import find_node

STEPS = int(os.environ.get("SOAK_SIZE") or 60)
ONLY = os.environ.get("ONLY", "").split()
# Devices that are tried side by side, most of the time waiting
AT_ONCE = int(os.environ.get("AT_ONCE") or 4)
# How long the answer to the request is kept back: until the command has ended
SLOW_MS = 1500
AWAY_MS = 2500
LIMIT = 240
# It has come back, and does not leave again by itself.
STEADY = 1.0
BACK = 20
CLEAN = "clean"
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM}
KINDS = [*SIGNALS, "unplug"]
# DFUT_ERROR_GONE, TIMEOUT and CANCELLED; MISMATCH: it has come back as its application; DEVICE: with its old firmware, as MCUboot goes
# back where nobody has confirmed the new one
GONE, TIMEOUT, MISMATCH, DEVICE, CANCELLED = 17, 18, 22, 24, 26
ALLOWED = {CLEAN: [], "SIGKILL": [-signal.SIGKILL], "SIGTERM": [CANCELLED], "unplug": [GONE, TIMEOUT, MISMATCH, DEVICE]}

# What a run asks a person to do, and the option of the virtual device that does it; or a state, for what is held at the start
HANDS = {"unplug": "plug", "into its bootloader by hand": "bootloader"}

Trial = collections.namedtuple("Trial", "case kind step")


class End:
    """How a trial has ended."""

    def __init__(self, trial):
        self.trial = trial
        # Of the first run: when it began, its exit status and words, how long it went on after the step
        self.begun = 0
        self.status = None
        self.text = ""
        self.seconds = 0
        self.is_struck = False
        # What a person has to do before the second run: an option of the virtual device
        self.hand = ""
        self.wrong = ""

    def __str__(self):
        return f"{name(self.trial.case)}, {self.trial.kind}@{self.trial.step}: {self.wrong}\n    {self.text.strip()}\n"


def name(case):
    """Which case."""
    return f"{case.language} {case.spec}{' mounted' if case.mounts else ''}"


def make_spec(trial):
    """The device, with what happens at the step."""
    fault = {CLEAN: "", "unplug": f",fault=unplug@{trial.step}/{AWAY_MS}"}
    return trial.case.spec + fault.get(trial.kind, f",fault=slow@{trial.step}/{SLOW_MS}")


def start(case, path):
    """Starts an update."""
    words = [attached.COMMAND, "-p", path, *case.before, "update", *case.after, case.file, "--quiet"]
    return subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Its exit status and what it has said."""
    try:
        _, text = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        _, text = process.communicate()
        return "still running", text
    return process.returncode, text


class Mount:
    """The device's drive with a file system on it, if the case wants that, as long as the with statement lasts."""

    def __init__(self, case, devices, index):
        self.point = pathlib.Path(devices.folder.name, f"drive-{index}")
        if case.mounts:
            path = devices.path(index)
            attached.dfutrigger(*case.before, "-p", path, "trigger", check=True)
            node = attached.wait_for(lambda: find_node(path, "sd?"), "the drive's node")
            attached.settle()
            self.point.mkdir()
            attached.run("mount", node, self.point, check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.point.is_dir():
            attached.run("umount", "-l", self.point)


def holds(case, state):
    """Whether a device has the image."""
    memories = attached.read_memories(state)
    return any(memories[name][case.offset :][: len(case.content)] == case.content for name in case.memory.split())


def is_back(devices, index):
    """Waits until the device is there, and stays."""
    end = time.monotonic() + BACK
    since = time.monotonic()
    while time.monotonic() - since < STEADY:
        time.sleep(0.02)
        if not attached.read_sysfs(devices.path(index), "bConfigurationValue"):
            since = time.monotonic()
        if since > end:
            return False
    attached.settle()
    return True


def run_first(end, devices, index):
    """The run that is interrupted."""
    trial = end.trial
    end.begun = time.monotonic()
    process = start(trial.case, devices.path(index))
    while process.poll() is None and not devices.faults[index].wait(0.02):
        pass
    struck = time.monotonic()
    if trial.kind in SIGNALS:
        process.send_signal(SIGNALS[trial.kind])
    end.status, end.text = finish(process)
    end.seconds = time.monotonic() - struck
    end.is_struck = devices.faults[index].is_set()
    if end.status not in [0, *ALLOWED[trial.kind]]:
        end.wrong = f"the first run ends with {end.status}"
    elif end.status > 0 and "hint: " not in end.text:
        end.wrong = "it gives no hint"


def run_again(end, devices, index):
    """The run that has to end well."""
    status, text = finish(start(end.trial.case, devices.path(index)))
    if status > 0 and not end.hand and any(words in text for words in HANDS):
        end.hand = next(hand for words, hand in HANDS.items() if words in text)
        end.text += f"then: {text}"
    elif status != 0:
        end.wrong = f"{end.wrong or 'interrupted'}, then the second run ends with {status}: {text.strip()}"


def try_one(trial, devices, index):
    """Both runs with a device, as far as they need no hand."""
    end = End(trial)
    try:
        with Mount(trial.case, devices, index):
            run_first(end, devices, index)
        # What it holds is looked at when all have ended.
        if end.status == 0 or trial.kind == CLEAN:
            return end
        if is_back(devices, index):
            run_again(end, devices, index)
        else:
            end.hand = "reset"
    except (AssertionError, subprocess.SubprocessError) as error:
        end.wrong = str(error)
    return end


def help_by_hand(end, state):
    """Somebody does what a device needs, and then a run."""
    is_held = end.hand == "bootloader"
    devices = attached.Attached(end.trial.case.spec if is_held else f"{end.trial.case.spec},press={end.hand}")
    shutil.copy(state, devices.state())
    if is_held:
        attached.put_mode(devices.state(), end.hand)
    try:
        with devices:
            run_again(end, devices, 0)
            devices.stop()
            if not end.wrong and not holds(end.trial.case, devices.state()):
                end.wrong = "helped, and it holds something else"
    except (AssertionError, subprocess.SubprocessError) as error:
        end.wrong = f"helped: {error}"


def look_into(end, devices, index):
    """Whether the device holds what it should; after stop()."""
    if end.hand and not end.wrong:
        help_by_hand(end, devices.state(index))
    elif not end.wrong and not holds(end.trial.case, devices.state(index)):
        end.wrong = "a success that is false" if end.status == 0 else "recovered, and it holds something else"


def count_requests(devices, index, begun):
    """Of a clean run: the first request that it made, and the one behind the last."""
    asked = [line["time_us"] for line in devices.record(index) if line["event"] in ("control", "endpoint", "reset")]
    return sum(when < begun * 1e6 for when in asked), len(asked)


def try_batch(trials):
    """Some side by side; returns their ends, and between which requests each has been."""
    with attached.Attached(*map(make_spec, trials)) as devices:
        with concurrent.futures.ThreadPoolExecutor(len(trials)) as pool:
            ends = list(pool.map(lambda trial, index: try_one(trial, devices, index), trials, range(len(trials))))
        devices.stop()
        for index, end in enumerate(ends):
            look_into(end, devices, index)
        return ends, [count_requests(devices, index, end.begun) for index, end in enumerate(ends)]


def try_all(trials):
    """All of them; what goes wrong is told at once."""
    all_ends, all_counts = [], []
    for at in range(0, len(trials), AT_ONCE):
        ends, counts = try_batch(trials[at : at + AT_ONCE])
        all_ends += ends
        all_counts += counts
        print(f"{len(all_ends)} of {len(trials)} after {time.monotonic() - BEGUN:.0f} s", flush=True)
        print("".join(f"WRONG: {end}" for end in ends if end.wrong), end="", flush=True)
    return all_ends, all_counts


def choose_steps(first, last):
    """Requests, the first and the last among them, if there are two; never more than wanted."""
    count = min(STEPS, last - first)
    return sorted({first + round((i + 0.5 * (count == 1)) * (last - 1 - first) / max(count - 1, 1)) for i in range(count)})


def show(cases, spans, ends):
    """A line for each device, what was said, and a table of languages."""
    words = collections.Counter()
    table = collections.defaultdict(collections.Counter)
    for case, (first, last) in zip(cases, spans):
        own = [end for end in ends if end.trial.case is case]
        row = table[case.language]
        row.update(devices=1, requests=last - first, steps=len({end.trial.step for end in own}))
        row.update(end.trial.kind for end in own)
        row.update(late=sum(not end.is_struck for end in own), hand=sum(bool(end.hand) for end in own),
                   right=sum(not end.wrong for end in own))
        for kind in KINDS:
            statuses = collections.Counter(end.status for end in own if end.trial.kind == kind)
            slowest = max((end.seconds for end in own if end.trial.kind == kind), default=0)
            print(f"{name(case)}: {last - first} requests, {kind}: {dict(statuses)}, {slowest:.1f} s at most")
        words.update((case.language, end.text.strip()) for end in own if end.text.strip())
    for (language, text), count in sorted(words.items()):
        print(f"  {language}, {count} x {text}")
    for language, row in table.items():
        print(f"| {language} | {row['devices']} | {row['steps']} of {row['requests']} | " + " | ".join(
            str(row[kind]) for kind in [*KINDS, "late", "hand", "right"]) + " |", flush=True)


def main(counts):
    """Runs all cases; returns the exit status."""
    Files.setUpClass()
    cases = [case for case in Files().list_cases() if not ONLY or case.language in ONLY]
    clean, spans = try_all([Trial(case, CLEAN, 0) for case in cases])
    trials = [Trial(case, kind, step) for case, span, end in zip(cases, spans, clean) if not end.wrong
              for step in choose_steps(*span) for kind in KINDS]
    # The slow ones and the quick ones are side by side.
    random.Random(1).shuffle(trials)
    ends, _ = try_all(trials)
    show(cases, spans, ends)
    wrong = [end.wrong for end in clean + ends]
    failed = len(wrong) - wrong.count("")
    pathlib.Path(counts).write_text(f"{wrong.count('')} {failed}\n")
    return 1 if failed else 0


BEGUN = time.monotonic()

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
