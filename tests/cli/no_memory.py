#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The command without memory: no_memory.py PATH-OF-DFUTRIGGER LIBFAILING-MEMORY LIBHURRY [PATH-OF-DFU-UTIL-SIM].

In a process of its own for each, the n-th allocation of the command, the library and what that is linked with fails, or all
from the n-th on. It says so and ends with the exit code of that, or it does what it does with all memory. NO_MEMORY_STEP: every
how manyth; 1 tries each (0: those at the end, and some before).

NO_MEMORY_OF: names of other libraries whose allocations fail in place of those (tests/failing-memory.h); how they end is
then told, and only a crash is a failure.
"""

import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "baseline"))
import images  # noqa: E402

NO_MEMORY, SOFTWARE = 12, 70
TIMEOUT = 120
DEFAULT_COUNT = 10
OWN = "libdfutrigger.so:libmbedcrypto.so:libprotobuf-c.so:libz.so:program"

COMMANDS = (
    ("--sim", "zephyr", "list"),
    ("--sim", "zephyr", "--json", "list"),
    ("--sim", "leonardo", "doctor"),
    ("--sim", "leonardo", "--json", "doctor"),
    ("--sim", "dfu", "--json", "trigger", "-d", "1209:0001"),
    ("--sim", "dfu", "update", "-d", "1209:0001", "raw.bin"),
    ("--sim", "stm32f072", "--json", "update", "dfuse.dfu"),
    ("--sim", "nrf52840-keyboard", "update", "nordic.zip"),
    ("--sim", "stm32f072", "upload", "--alt", "0", "--size", "2000", "OUT"),
    ("--sim", "stm32f072", "--json", "upload", "--alt", "0", "--size", "2000", "OUT"),
    ("--sim", "zephyr", "list", "--probe"),
    ("--sim", "dfu:serial=E66058388374A72C", "--sim-record", "OUT", "list"),
    ("--sim", "dfu:serial=E66058388374A72C", "report", "OUT", "--session", "session.jsonl"),
    ("explain", "session.jsonl"),
    ("info", "nordic.zip"),
    ("info", "--json", "esp.bin"),
    ("pack", "--suffix=30c9:80a8", "raw.bin", "OUT"),
    ("--devices", "table.json", "--sim", "dfu", "list"),
    ("sim",),
    ("sim", "--json"),
    ("help", "update"),
)
# Of the program in dfu-util's place
DFU_UTIL = (
    ("-d", "1209:0001", "-e"),
    ("-d", "1209:0001", "-U", "OUT"),
    ("-S", "0001", "-l"),
)
# What is written there is less than all, and says so.
PARTIAL = {"upload", "report", "--sim-record", "-U"}
TABLE = """{"format": 1, "devices": [{"name": "mine", "application": [{"ids": ["1209:0001"]}],
"bootloader": [{"ids": ["1209:0002"]}], "triggers": ["dfu-detach"], "protocol": "dfu"}]}"""


def choose_numbers(count):
    """Which allocations fail."""
    step = int(os.environ.get("NO_MEMORY_STEP") or 0)
    if step:
        return range(1, count + 1, step)
    return sorted({1, *(count - i * i for i in range(DEFAULT_COUNT) if i * i < count)})


class Trial:
    """One command; `folder` has its files."""

    def __init__(self, words, program, preloads, folder, no_memory=NO_MEMORY):
        self.words, self.program, self.preloads, self.folder, self.no_memory = words, program, preloads, folder, no_memory
        self.names = os.environ.get("NO_MEMORY_OF", OWN)

    def run(self, when=None):
        """Exit code, both outputs, what was written, and how many allocations there were."""
        with tempfile.TemporaryDirectory() as name:
            out, count = pathlib.Path(name, "out"), pathlib.Path(name, "count")
            environment = {
                "PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": name, "DFU_UTIL_SIM": "dfu", "LD_PRELOAD": ":".join(self.preloads),
                "ASAN_OPTIONS": "verify_asan_link_order=0:exitcode=99", "FAILING_MEMORY_OF": self.names,
                "LSAN_OPTIONS": f"exitcode=99:print_suppressions=0:suppressions={pathlib.Path(__file__).parents[1] / 'lsan.supp'}",
                "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99",
                "FAILING_MEMORY": when or "999999999", "FAILING_MEMORY_COUNT": str(count)}
            words = [self.program, *(str(out) if word == "OUT" else word for word in self.words)]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd=self.folder,
                                  env=environment, timeout=TIMEOUT)
            rest = {path.name: path.read_bytes() for path in pathlib.Path(name).iterdir() if path.name != "count"}
            text = done.stdout.replace(str(out).encode(), b"OUT"), done.stderr.replace(str(out).encode(), b"OUT")
            # What is looked at once more takes its time.
            text = tuple(re.sub(rb'"(elapsed|moved)_ms":\d+|took .*', b"", one) for one in text)
            return done.returncode, text, rest, int(count.read_text()) if count.exists() else 0

    def judge(self, when, whole):
        """A word for how it ended, and what is to be shown of it."""
        code, (out, err), rest, _ = self.run(when)
        if code < 0 or code == 99 or b"Sanitizer" in err:
            return "crashed", err
        if code == self.no_memory and b"memory" in err + out:
            return ("left a file", repr(rest)) if rest and not PARTIAL & set(self.words) else ("told", b"")
        if code == 0 and (out, rest) == (whole[1][0], whole[2]):
            return "good", b""
        return ("false success" if code == 0 else "other"), f"exit code {code}\n".encode() + out + err

    def try_all(self):
        """(allocations, how often each ending, what was wrong)."""
        whole = self.run()
        if self.names != OWN and not whole[3]:
            return 0, {}, []
        if whole[0] or not whole[3]:
            return 0, {"other": 1}, [f"{self.words}: with all memory: {whole}"]
        endings, wrong = collections.Counter(), []
        for number in choose_numbers(whole[3]):
            for when in (f"{number}", f"{number}+"):
                ending, text = self.judge(when, whole)
                endings[ending] += 1
                is_wrong = ending not in ("told", "good") if self.names == OWN else ending == "crashed"
                if is_wrong:
                    wrong.append(f"{' '.join(self.words)}: allocation {when}: {ending}: {text}")
        return whole[3], endings, wrong


def main():
    program, *preloads = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
    failures = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, data in images.compose().items():
            pathlib.Path(folder, name).write_bytes(data)
        pathlib.Path(folder, "table.json").write_text(TABLE, encoding="ascii")
        subprocess.run([program, "--sim", "dfu", "--record", "session.jsonl", "list"], cwd=folder, check=True, capture_output=True)
        trials = [Trial(words, program, preloads, folder) for words in COMMANDS]
        for path in sys.argv[4:]:
            trials += [Trial(words, str(pathlib.Path(path).resolve()), preloads, folder, SOFTWARE) for words in DFU_UTIL]
        for trial, (count, endings, wrong) in zip(trials, pool.map(Trial.try_all, trials)):
            print(f"{' '.join(trial.words)}: {count} allocations: {', '.join(f'{n} {word}' for word, n in endings.items())}")
            for text in wrong[:8]:
                print(f"  {text}")
            failures += len(wrong)
    print(f"{failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
