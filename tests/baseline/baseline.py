#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What the library and the command do with each virtual device, written down, so that a change that must not change
that can be judged.

    baseline.py record FOLDER OUT   records a build folder into OUT: NAME.txt for each model, cli-NAME.txt of the command
    baseline.py compare A B         shows how two recordings differ; exit code 1 if they do
    baseline.py against REV         builds and records REV and the present tree, and compares

Both sides of `against` are asked the same: the present recorder is built for REV, too. If it can't be, as a header is
another one now, REV's own is taken. Without sanitizers it takes a minute or two for each.
"""

import argparse
import concurrent.futures
import difflib
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import cases
import commands
import images

TIMEOUT_S = 1200
HERE = pathlib.Path(__file__).resolve().parent
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C",
               "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0"}


class Build:
    """A build folder."""

    def __init__(self, folder, tools=None):
        folder = pathlib.Path(folder).resolve()
        tools = tools or folder / "tests/baseline"
        self.recorder = tools / "recorder"
        # The command on the virtual clock
        self.environment = {**ENVIRONMENT, "LD_PRELOAD": str(tools / "libhurry.so")}
        self.command = folder / "examples/cli/dfutrigger"
        done = subprocess.run([self.command, "--version"], capture_output=True, check=True, env=ENVIRONMENT, timeout=60)
        self.version = re.search(r"\d+\.\d+\.\d+", done.stdout.decode()).group()

    def models(self):
        """Names and options."""
        done = subprocess.run([self.command, "sim", "--json"], capture_output=True, check=True, env=ENVIRONMENT, timeout=60)
        return {model["name"]: model["options"] for model in json.loads(done.stdout)["models"]}

    def commands(self, model):
        """The names of those that a device knows as it is plugged in, and one that most bootloaders know."""
        done = subprocess.run([self.command, "--sim", model, "--all", "--json", "list"], capture_output=True, check=True,
                              env=ENVIRONMENT, timeout=60)
        names = [command["name"] for device in json.loads(done.stdout)["devices"] for command in device["commands"]]
        return names if "start" in names else [*names, "start"]

    def record(self, setups, folder, is_together=False):
        """The recorder's text about these cases; `folder` has the images."""
        lines = "\n" if is_together else ""
        lines += "".join("\t".join(f"{key}={value}" for key, value in setup.items()) + "\n" for setup in setups)
        done = subprocess.run([self.recorder], input=lines.encode(), capture_output=True, check=False, cwd=folder,
                              env=ENVIRONMENT, timeout=TIMEOUT_S)
        if done.returncode or done.stderr:
            sys.exit(f"{self.recorder}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
        return done.stdout

    def run(self, arguments, written, folder):
        """The block of a run of the command."""
        done = subprocess.run([self.command, *arguments], capture_output=True, check=False, cwd=folder,
                              env=self.environment, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S)
        lines = [f"[{shlex.join(arguments)}]", f"exit code {done.returncode}"]
        for name, data in (("out", done.stdout), ("err", done.stderr)):
            text = data.decode("ascii", "backslashreplace").replace(self.version, "VERSION")
            lines += [f"{name}: {line}" for line in text.splitlines()]
        path = pathlib.Path(folder) / written if written else None
        if path and path.is_file():
            data = path.read_bytes()
            lines.append(f"wrote {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")
        return ("\n" + "\n".join(lines) + "\n").encode()

    def run_all(self, runs, folder):
        return b"".join(self.run(arguments, written, folder) for arguments, written in runs)


def start(pool, build, folder, only):
    """The jobs by the names of the files that they make."""
    contents = images.compose()
    for name, data in contents.items():
        (pathlib.Path(folder) / name).write_bytes(data)
    models = build.models()
    jobs = {}
    for model, options in models.items():
        jobs[f"{model}.txt"] = lambda model=model, options=options: build.record(
            list(cases.compose(model, options, contents)), folder)
        jobs[f"cli-{model}.txt"] = lambda model=model: build.run_all(commands.of_model(model, build.commands(model)), folder)
    for job, setups in cases.compose_together(models):
        jobs[f"together-{job}.txt"] = lambda setups=setups: build.record(setups, folder, is_together=True)
    jobs["cli.txt"] = lambda: build.run_all(commands.general(models, contents), folder)
    return {name: pool.submit(job) for name, job in jobs.items() if not only or re.search(only, name)}


def record(build, out, only=None):
    """Writes a recording; `only` is a pattern of file names."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.txt"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = start(pool, build, folder, only)
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


DIGEST = re.compile(r"\b[0-9a-f]{16}\b")


def differences(one, other):
    """(title, lines of the difference or None for a case that is the same)."""
    for name in sorted({path.name for folder in (one, other) for path in folder.glob("*.txt")}):
        before, after = (read_blocks(folder / name) if (folder / name).is_file() else {} for folder in (one, other))
        for title in [*before, *(title for title in after if title not in before)]:
            if before.get(title) == after.get(title):
                lines = None
            elif title in before and title in after:
                lines = list(difflib.unified_diff(before[title], after[title], lineterm="", n=1))[2:]
            else:
                lines = ["+is new" if title in after else "-is missing"]
            yield f"{name}: [{title}]", lines


def compare(one, other, grouped=False):
    """Prints the differences; grouped: each once, with the cases that have it, whatever digests are in it. Returns how
    many cases differ, are missing, or are new."""
    groups, changed, total = {}, 0, 0
    for title, lines in differences(one, other):
        total += 1
        if lines is not None:
            changed += 1
            key = DIGEST.sub("#", "\n".join(line for line in lines if line[0] in "-+")) if grouped else title
            groups.setdefault(key, (lines, []))[1].append(title)
    for lines, titles in groups.values():
        print("\n".join([*titles[:3], *([f"and {len(titles) - 3} more"] if len(titles) > 3 else []), *(f"  {line}" for line in lines)]))
    print(f"{total} cases, {changed} of them differ")
    if not total:
        sys.exit("nothing was recorded there")
    return changed


def build_tree(tree, folder):
    """Builds library and command, without sanitizers."""
    options = [f"-D{name}=disabled" for name in ("tests", "python", "gtk", "docs", "qt")]
    for words in (["meson", "setup", *options, str(folder), str(tree)], ["meson", "compile", "-C", str(folder)]):
        done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            sys.exit(f"{shlex.join(words)}:\n{done.stdout}{done.stderr}")


def build_tools(sources, tree, folder, tools):
    """Builds the recorder of a folder of sources for the tree that was built into `folder`. Returns the compiler's words."""
    tools.mkdir(exist_ok=True)
    libraries = [next(folder.rglob(name)) for name in ("libdfutrigger-sim.so", "libdfutrigger.so")]
    paths = [f"-Wl,-rpath,{path.parent}" for path in libraries]
    common = ["cc", "-std=c11", "-O2", "-g", "-Werror", "-D_GNU_SOURCE=", f"-I{tree / 'include'}"]
    files = [str(path) for path in sorted(sources.glob("*.c")) if path.name != "hurry.c"]
    text = ""
    for words in ([*common, *files, *map(str, libraries), *paths, "-o", str(tools / "recorder")],
                  [*common, "-shared", "-fPIC", str(sources / "hurry.c"), "-o", str(tools / "libhurry.so")]):
        done = subprocess.run(words, capture_output=True, check=False, text=True, timeout=TIMEOUT_S)
        text += done.stderr if done.returncode else ""
    return text


def record_tree(tree, work, out, only):
    """Builds a tree and records it, with the present recorder if that fits."""
    folder, tools = work / "build", work / "tools"
    work.mkdir()
    build_tree(tree, folder)
    trouble = build_tools(HERE, tree, folder, tools)
    if trouble:
        own = tree / "tests/baseline"
        print(f"{tree.name}: the present recorder does not fit, its own is taken", file=sys.stderr)
        trouble = build_tools(own, tree, folder, tools) if own.is_dir() else trouble
    if trouble:
        sys.exit(f"{tree}: no recorder fits:\n{trouble}")
    record(Build(folder, tools), out, only)


def against(revision, keep, only, grouped):
    """Records a revision and the present tree, as it is, and compares. Returns how many cases differ."""
    root = HERE.parents[1]
    with tempfile.TemporaryDirectory(prefix="dfutrigger-baseline-") as name:
        work = pathlib.Path(name)
        outs = [(keep or work) / "before", (keep or work) / "after"]
        tree = work / "tree"
        subprocess.run(["git", "-C", root, "worktree", "add", "--quiet", "--detach", tree, revision], check=True)
        try:
            record_tree(tree, work / "one", outs[0], only)
        finally:
            subprocess.run(["git", "-C", root, "worktree", "remove", "--force", tree], check=True)
        record_tree(root, work / "other", outs[1], only)
        return compare(*outs, grouped)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(dest="command", required=True)
    words = subparsers.add_parser("record")
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("out", type=pathlib.Path)
    words = subparsers.add_parser("compare")
    words.add_argument("one", type=pathlib.Path)
    words.add_argument("other", type=pathlib.Path)
    words = subparsers.add_parser("against")
    words.add_argument("revision")
    words.add_argument("--keep", metavar="FOLDER", type=pathlib.Path, help="leaves both recordings there")
    for name in ("record", "against"):
        subparsers.choices[name].add_argument("--only", metavar="PATTERN", help="only files whose names fit")
    for name in ("compare", "against"):
        subparsers.choices[name].add_argument("--group", action="store_true", help="shows the same difference of several cases once")
    options = parser.parse_args()
    if options.command == "record":
        record(Build(options.folder), options.out, options.only)
        return 0
    if options.command == "against":
        return 1 if against(options.revision, options.keep, options.only, options.group) else 0
    return 1 if compare(options.one, options.other, options.group) else 0


if __name__ == "__main__":
    sys.exit(main())
