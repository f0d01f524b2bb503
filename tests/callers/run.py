# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
Does what callers of dfu-util do, with dfu-util and with the program that takes its place: run.py [OPTION...] [WORD...]

Runs inside tests/vm/vm. Prints a row for each call that has one of the words in its caller's name; the exit status tells
whether callers can't tell them apart.
"""

import argparse
import collections
import contextlib
import functools
import os
import pathlib
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "vm")]

import attached  # noqa: E402
import callers  # noqa: E402
import parsers  # noqa: E402
from test_dfu_family import esp_archive  # noqa: E402

THEIRS = pathlib.Path("/usr/bin/dfu-util")
OURS = attached.BUILD / "examples/dfu-util/dfutrigger-dfu-util"
SECONDS = 60
SIZE = 8192
FLASH = 0x08000000
OUT = "read.bin"

# What a program left: exit status, the device's memories and mode, the file that it wrote, what the caller reads.
Outcome = collections.namedtuple("Outcome", "code memories mode out fields output")


def make_bytes(seed, size):
    """The same bytes each time."""
    return random.Random(seed).randbytes(size)


def make_firmware():
    """Code for an STM32, to who looks at its first eight bytes."""
    return struct.pack("<II", 0x20004000, 0x08000101) + make_bytes(1, SIZE - 8)


@functools.cache
def make_payload(kind):
    """What is in the device if it holds a file."""
    if kind != "mcuboot":
        return make_firmware()
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        path = pathlib.Path(folder, "raw")
        path.write_bytes(make_firmware())
        attached.dfutrigger("pack", path, f"{path}.bin", "--mcuboot", "1.2.3", check=True)
        return pathlib.Path(f"{path}.bin").read_bytes()


def make_file(folder, call):
    """The file that a call flashes."""
    path = folder / "firmware.bin"
    name, _, ids = call.file.partition("=")
    vendor, _, product = ids.partition(":")
    if name != "missing":
        path.write_bytes(make_payload(call.file))
    if name == "there":
        (folder / OUT).write_bytes(b"old")
    if name == "suffix":
        attached.run("dfu-suffix", "-v", vendor, "-p", product, "-a", path, check=True)
    elif name == "dfuse":
        address = FLASH + getattr(call.wish, "offset", 0)
        attached.run("dfuse-pack", "-D", f"0x{vendor}:0x{product}", "-b", f"{address:#x}:{path}", folder / "firmware.dfu",
                     check=True)
        return folder / "firmware.dfu"
    elif name == "esp":
        path.write_bytes(esp_archive([(0x10000, "app.bin", make_firmware())]))
        attached.run("dfu-suffix", "-v", "303a", "-p", "0002", "-a", path, check=True)
    return path


@functools.cache
def make_state(device):
    """The state file of a device that is in its mode, and whose memory has been written before."""
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        attached.dfutrigger("--sim", f"{device.spec},state={folder}/state", "list", check=True)
        state = pathlib.Path(folder, "state").read_bytes()
    state = re.sub(rb"\nmode .*\n", f"\nmode {device.mode}\n".encode(), state, count=1)
    found = re.search(rb"\nmemory %s (\d+)\n" % device.memory.encode(), state)
    return state[:found.end()] + make_bytes(2, int(found[1])) + state[found.end() + int(found[1]):]


class Bench(attached.Attached):
    """The device of a call."""

    def __init__(self, device):
        super().__init__(*filter(None, [device.spec, device.beside]))
        self.state().write_bytes(make_state(device))

    def names(self):
        """What a call may name the device by."""
        return {"path": self.path(), "serial": attached.read_sysfs(self.path(), "serial"),
                "devnum": attached.read_sysfs(self.path(), "devnum")}

    def memories(self):
        """What each device holds; after stop()."""
        return {f"{name} of {index}" if index else name: memory for index in range(len(self.specs))
                for name, memory in attached.read_memories(self.state(index)).items()}

    def mode(self):
        """Its mode; after stop()."""
        return re.search(rb"\nmode (.*)\n", self.state().read_bytes())[1].decode()


def user_words(program, folder):
    """The words that run a program as nobody, from a folder that nobody can enter."""
    os.chmod(folder, 0o755)
    for path in [program, *attached.BUILD.glob("lib/**/libdfutrigger*.so.0")]:
        shutil.copy(path, folder / path.name)
    return ["setpriv", f"--reuid={attached.USER.pw_uid}", f"--regid={attached.USER.pw_gid}", "--clear-groups", "env",
            f"LD_LIBRARY_PATH={folder}", folder / program.name]


class Job:
    """A program that does a call."""

    def __init__(self, call, program, names, folder):
        self.call = call
        self.out = folder / OUT
        file = make_file(folder, call)
        words = [word.format(file=file, out=self.out, **names) for word in shlex.split(call.words)]
        start = user_words(program, folder) if call.as_user else [program]
        self.process = subprocess.Popen([str(word) for word in [*start, *words]], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, errors="replace")

    def finish(self):
        """What it said, once it has ended."""
        try:
            stdout, stderr = self.process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
        return parsers.Output(stdout, stderr, self.process.returncode)


def do_list(call, programs):
    """What each program leaves of one device that nobody changes: then numbers and paths are the same, too."""
    outputs = []
    with Bench(callers.DEVICES[call.device]) as bench, tempfile.TemporaryDirectory(dir="/run") as folder:
        for program in programs:
            outputs.append(Job(call, program, bench.names(), pathlib.Path(folder)).finish())
    return [Outcome(output.code, {}, "", b"", call.parser(output), output) for output in outputs]


def do_change(call, program):
    """What a program leaves of a new device."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/run")))
        bench = Bench(callers.DEVICES[call.device])
        if call.is_late:
            job = Job(call, program, {}, folder)
            time.sleep(0.5)
            stack.enter_context(bench)
        else:
            stack.enter_context(bench)
            job = Job(call, program, bench.names(), folder)
        output = job.finish()
        # A device leaves some time after it was asked to.
        time.sleep(0.3)
        bench.stop()
        out = job.out.read_bytes() if job.out.exists() else b""
        return Outcome(output.code, bench.memories(), bench.mode(), out, call.parser(output), output)


def do_call(call, programs):
    """The outcomes of a call, one for each program."""
    if isinstance(call.wish, callers.Lists):
        return do_list(call, programs)
    return [do_change(call, program) for program in programs]


def is_granted(call, outcome):
    """Whether the caller got what it wanted, to who looks into the device."""
    wish = call.wish
    if isinstance(wish, callers.Lists):
        return True
    if isinstance(wish, callers.Holds):
        return outcome.memories[wish.memory][wish.offset:].startswith(make_payload(call.file))
    if isinstance(wish, callers.Reads):
        end = None if wish.size is None else wish.offset + wish.size
        return outcome.out == outcome.memories[wish.memory][wish.offset:end]
    if isinstance(wish, callers.Erased):
        return not outcome.memories[wish.memory].strip(b"\xff")
    if isinstance(wish, callers.Mode):
        return outcome.mode == wish.mode
    return False


def list_faults(call, theirs, ours):
    """By what a caller could tell them apart."""
    granted = is_granted(call, ours)
    if granted != (ours.code == 0):
        yield f"exit status {ours.code}, but the wish was {'' if granted else 'not '}granted"
    if granted == isinstance(call.wish, callers.Refused):
        yield f"the wish was {'' if granted else 'not '}granted"
    if call.apart:
        return
    for name, memory in theirs.memories.items():
        if memory != ours.memories[name]:
            yield f"{name} differs"
    for name in ("mode", "out", "fields"):
        if getattr(theirs, name) != getattr(ours, name):
            yield f"{name}: {getattr(theirs, name)!r:.500}, ours {getattr(ours, name)!r:.500}"


def tell_same(call, theirs, ours):
    """Cells for what is in the device, and what the caller reads."""
    same = (theirs.memories, theirs.mode, theirs.out) == (ours.memories, ours.mode, ours.out)
    content = "-" if isinstance(call.wish, callers.Lists) else "yes" if same else call.apart or "no"
    fields = "-" if call.parser is parsers.nothing else "yes" if theirs.fields == ours.fields else call.apart or "no"
    return content, fields


def print_row(call, theirs, ours, show):
    """A line of the table; with show, also what was said."""
    cells = [call.caller, f"`{call.words}`", *tell_same(call, theirs, ours), theirs.code, ours.code]
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
    for outcome in (theirs, ours) if show else ():
        print(f"{outcome.output.stdout}{outcome.output.stderr}fields: {outcome.fields!r}\nmode: {outcome.mode}, "
              f"{'' if is_granted(call, outcome) else 'not '}granted\n", file=sys.stderr)


def main():
    """Prints the table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--theirs", type=pathlib.Path, default=THEIRS, metavar="PROGRAM")
    parser.add_argument("--ours", type=pathlib.Path, default=OURS, metavar="PROGRAM")
    parser.add_argument("--show", action="store_true", help="what each said, on the standard error")
    parser.add_argument("words", nargs="*")
    arguments = parser.parse_args()
    status = 0
    print("| caller | options | same content | same fields | dfu-util | ours |\n|---|---|---|---|---|---|", flush=True)
    for call in callers.CALLERS:
        if arguments.words and not any(word in call.caller for word in arguments.words):
            continue
        began = time.monotonic()
        theirs, ours = do_call(call, [arguments.theirs, arguments.ours])
        print_row(call, theirs, ours, arguments.show)
        for fault in list_faults(call, theirs, ours):
            print(f"{call.caller}: {fault}", file=sys.stderr, flush=True)
            status = 1
        print(f"{call.caller}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
