#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What the library and the command do with each virtual device, written down, so that a change that must not change
that can be judged.

    baseline.py record FOLDER OUT   records a build folder into OUT: NAME.txt for each model, cli-NAME.txt of the command
    baseline.py compare A B         shows how two recordings differ; exit code 1 if they do
    baseline.py against REV         builds and records REV and the present tree, and compares
"""

import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cases
import images

TIMEOUT_S = 1200
HERE = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "ASAN_OPTIONS": "detect_leaks=0"}


class Build:
    """A build folder."""

    def __init__(self, folder, recorder=None):
        folder = pathlib.Path(folder).resolve()
        self.recorder = recorder or folder / "tests/baseline/recorder"
        self.command = folder / "examples/cli/dfutrigger"

    def models(self):
        """Names and options."""
        done = subprocess.run([self.command, "sim", "--json"], capture_output=True, check=True, env=ENVIRONMENT, timeout=60)
        return {model["name"]: model["options"] for model in json.loads(done.stdout)["models"]}

    def record(self, setups, folder):
        """The recorder's text about these cases; `folder` has the images."""
        lines = "".join("\t".join(f"{key}={value}" for key, value in setup.items()) + "\n" for setup in setups)
        done = subprocess.run([self.recorder], input=lines.encode(), capture_output=True, check=False, cwd=folder,
                              env=ENVIRONMENT, timeout=TIMEOUT_S)
        if done.returncode or done.stderr:
            sys.exit(f"{self.recorder}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
        return done.stdout


def record(build, out):
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        contents = images.compose()
        for name, data in contents.items():
            (pathlib.Path(folder) / name).write_bytes(data)
        jobs = {}
        for model, options in build.models().items():
            jobs[f"{model}.txt"] = pool.submit(build.record, list(cases.compose(model, options, contents)), folder)
        for name, job in jobs.items():
            (out / name).write_bytes(job.result())


def read_blocks(path):
    """The blocks of a recording by their titles."""
    blocks = {}
    for text in path.read_text(encoding="ascii").split("\n["):
        title, _, body = text.strip("\n").partition("]\n")
        if title:
            blocks[title] = blocks.get(title, []) + body.splitlines()
    return blocks


def compare(one, other):
    """Prints the differences. Returns how many blocks differ, are missing, or are new."""
    names = sorted({path.name for folder in (one, other) for path in folder.glob("*.txt")})
    changed = total = 0
    for name in names:
        before, after = (read_blocks(folder / name) if (folder / name).is_file() else {} for folder in (one, other))
        for title in [*before, *(title for title in after if title not in before)]:
            total += 1
            if before.get(title) == after.get(title):
                continue
            changed += 1
            print(f"{name}: [{title}]" + (": is new" if title not in before else ": is missing" if title not in after else ""))
            if title in before and title in after:
                for line in list(difflib.unified_diff(before[title], after[title], lineterm="", n=1))[2:]:
                    print(f"  {line}")
    print(f"{total} cases, {changed} of them differ")
    if not total:
        sys.exit("nothing was recorded there")
    return changed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    words = commands.add_parser("record")
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("out", type=pathlib.Path)
    words = commands.add_parser("compare")
    words.add_argument("one", type=pathlib.Path)
    words.add_argument("other", type=pathlib.Path)
    options = parser.parse_args()
    if options.command == "record":
        record(Build(options.folder), options.out)
        return 0
    return 1 if compare(options.one, options.other) else 0


if __name__ == "__main__":
    sys.exit(main())
