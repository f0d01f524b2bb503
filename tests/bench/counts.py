# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
What can be counted, so that it is the same each time: instructions, system calls and allocations of programs that meet a mocked
device, by callgrind; and what the library takes.
"""

import collections
import os
import pathlib
import re
import subprocess
import tempfile

import mocked

SMALL, LARGE = 64 << 10, 256 << 10
# DNLOAD and GETSTATUS for each block
REQUESTS_MORE = 2 * (LARGE - SMALL) // mocked.TRANSFER_SIZE
IDS = f"{mocked.VENDOR:04x}:{mocked.PRODUCT:04x}"
# What of libc always is a system call; of locks only those count that wait or wake.
SYSTEM_CALLS = {"clock_nanosleep", "close", "epoll_ctl", "epoll_wait", "fclose", "fcntl", "fflush", "futex", "ioctl", "lseek", "nanosleep", "open",
                "open64", "poll", "ppoll", "pread", "pread64", "pthread_cond_signal", "pthread_cond_timedwait",
                "pthread_cond_wait", "read", "readlink", "recv", "recvmsg", "select", "send", "sendmsg", "timerfd_settime",
                "write"}
ALLOCATIONS = {"calloc", "malloc", "posix_memalign", "realloc"}
# What stands in for the kernel, and libc, whose calls of itself are no program's
NOT_COUNTED = re.compile(r"libumockdev|libc\.so|ld-linux|libglib|libgio|libgobject")

NO_USB = (20,)  # exit status
LIBRARY = "lib/libdfutrigger.so.0"

Counts = collections.namedtuple("Counts", "instructions calls allocations")


def base_name(function):
    """A function of libc by the name that programs call it by."""
    return re.sub(r"^(__GI_|__libc_|__)|@.*$|'\d+$", "", function)


def read_profile(path):
    """The counts of a profile that callgrind has made."""
    total, calls, allocations = 0, 0, 0
    caller = called = function = ""
    for line in pathlib.Path(path).read_text(errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key == "ob":
            caller = called = value
        elif key == "cob":
            called = value
        elif key == "cfn":
            function = base_name(value)
        elif key == "calls":
            count = int(value.split()[0])
            if not NOT_COUNTED.search(caller) and NOT_COUNTED.search(called):
                calls += count if function in SYSTEM_CALLS else 0
                allocations += count if function in ALLOCATIONS and "libusb" not in caller else 0
            called = caller
        elif line.startswith("summary: "):
            total = int(line.split()[1])
    return Counts(total, calls, allocations)


def count(command, environment=None, statuses=(0,)):
    """The counts of a program."""
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder, "profile")
        done = subprocess.run(["valgrind", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no",
                               f"--callgrind-out-file={profile}", *map(str, command)], env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode not in statuses:
            raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout}")
        return read_profile(profile)


def count_update(command, is_recorded=False):
    """The counts of an update with the smaller file, what a request more costs, and the requests of the smaller one."""
    counts = []
    for size in (SMALL, LARGE):
        system = mocked.Mocked()
        with tempfile.TemporaryDirectory() as folder:
            firmware = os.urandom(size)
            file = pathlib.Path(folder, "firmware")
            file.write_bytes(firmware)
            options = ["--record", f"{folder}/session"] if is_recorded else []
            counts.append(count([command[0], *options, *command[1:], file], system.environment))
        if system.bootloader.memory != firmware:
            raise SystemExit(f"{command}: the device does not hold what was flashed")
        counts.append(system.bootloader.requests)
    small, requests, large, requests_more = counts
    if requests_more - requests != REQUESTS_MORE:
        raise SystemExit(f"{command}: {requests_more - requests} requests more for the larger file, not {REQUESTS_MORE}")
    more = [(last - first) / REQUESTS_MORE for first, last in zip(small, large)]
    return small, Counts(*more), requests


def update_command(build):
    """Our update of the mocked device, but for the file."""
    return [pathlib.Path(build, "examples/cli/dfutrigger"), "-q", "update", "-d", f"{IDS},{IDS}", "-a", "0", "--no-verify",
            "--restart", "never"]


def print_row(row, ours, theirs):
    """A line of the table."""
    ratio = f"{ours / theirs:.2f}" if theirs else ""
    cells = [row] + ["" if value is None else f"{value:.2f}".removesuffix(".00") for value in (ours, theirs)]
    print("| " + " | ".join([*cells, ratio]) + " |", flush=True)


def get_size(path):
    """KiB of a library, stripped."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "-o", file.name, str(path)], check=True)
        return pathlib.Path(file.name).stat().st_size / 1024


def find_needed(build):
    """The libraries that an application with this one brings along, but for libc's: each with its size in KiB."""
    command = ["ldd", str(pathlib.Path(build, LIBRARY))]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = re.findall(r"^\s*(\S+) => (\S+)", output, re.MULTILINE)
    return {name: pathlib.Path(place).stat().st_size / 1024 for name, place in found
            if not re.match(r"lib(c|m|pthread|dl|rt)\.so|ld-linux", name)}


def measure(build):
    """Each row: what it is, ours, dfu-util's or None."""
    command = pathlib.Path(build, "examples/cli/dfutrigger")
    seat = pathlib.Path(build, "examples/dfu-util/dfutrigger-dfu-util")
    nothing = mocked.Mocked(has_device=False)
    yield "`dfutrigger --version`: instructions", count([command, "--version"]).instructions, None
    # 20: there is no USB
    yield "`dfutrigger list` without USB: instructions", count([command, "list"], nothing.environment, NO_USB).instructions, None
    system = mocked.Mocked()
    pairs = {name: count([program, "-l"], system.environment) for name, program in (("ours", seat), ("theirs", "dfu-util"))}
    yield "`-l`, one device: instructions", pairs["ours"].instructions, pairs["theirs"].instructions
    ours = count_update(update_command(build))
    theirs = count_update(["dfu-util", "-a", "0", "-D"])
    yield "64 KiB by DFU: requests", ours[2], theirs[2]
    yield "64 KiB by DFU: instructions", ours[0].instructions, theirs[0].instructions
    yield "each request more: instructions", ours[1].instructions, theirs[1].instructions
    yield "each request more: system calls", ours[1].calls, theirs[1].calls
    # A thread of the pool that begins has some of its own, for once.
    yield "each request more: allocations, but for libusb's", round(ours[1].allocations), round(theirs[1].allocations)
    yield "`libdfutrigger.so.0`, stripped: KiB", get_size(pathlib.Path(build, LIBRARY)), None
    needed = find_needed(build)
    yield "libraries that an application ships with it", len(needed), None
    yield "those together: KiB", sum(needed.values()), None
