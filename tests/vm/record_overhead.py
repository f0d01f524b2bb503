# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What --record costs a whole update on the system's buses: record_overhead.py [PAIRS [--calls]].

With and without a recording, in turns: requests and bytes that reached the device, wake-ups (switches of a thread that had waited),
and processor time, the program's own and the kernel's for it: the least of it counts, and of a machine that counts (vm --counted) it
says the same whatever its host is busy with. --calls adds system calls, by strace, for which a machine must not count.
"""

import os
import pathlib
import re
import resource
import statistics
import sys
import tempfile

import attached

SIZE = 64 << 10
SETUP_SIZE = 8
# Devices that do not restart, so that one run is as the other: one with the times of a flash, and one that is never waited for,
# with blocks as large as those of many bootloaders
DEVICES = {
    "DFU, 64 KiB in blocks of 1 KiB, bwPollTimeout 20 ms, verified": (
        "dfu:start=bootloader,poll-ms=20,busy=1,transfer-size=1024", []),
    "DFU, 64 KiB in blocks of 1 KiB, never busy, verified": (
        "dfu:start=bootloader,poll-ms=0,busy=0,manifest-ms=0,transfer-size=1024", []),
    "DfuSe, 64 KiB in blocks of 2 KiB, verified": (
        "stm32f405:erase-percent=0,program-percent=0", ["--address", "0x08000000"]),
}


def update(spec, words, folder, options, judge=()):
    """One update: what reached the device, and what the program used."""
    image = pathlib.Path(folder, "image.bin")
    image.write_bytes(b"\x00\x40\x00\x20\x01\x02\x00\x08" + os.urandom(SIZE - 8))
    with attached.Attached(spec) as devices:
        command = [*judge, attached.COMMAND, *options, "-p", devices.path(), "--restart", "never", *words, "update", image]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        attached.run(*command, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        devices.stop()
        requests = [line for line in devices.record() if line["event"] == "control"]
    moved = sum(SETUP_SIZE + max(line["result"], 0) for line in requests)
    return {"requests": len(requests), "bytes": moved, "wake-ups": after.ru_nvcsw - before.ru_nvcsw,
            "program": after.ru_utime - before.ru_utime, "kernel": after.ru_stime - before.ru_stime}


def count_calls(spec, words, folder, options):
    """System calls of all threads."""
    counts = pathlib.Path(folder, "calls")
    update(spec, words, folder, options, ("strace", "-f", "-c", "-o", counts))
    return int(re.search(r"(\d+)(?: +\d+)? total$", counts.read_text(), re.MULTILINE)[1])


def main():
    """Pairs of runs, for each device."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("| device | | without | with | ratio |\n|---|---|---|---|---|", flush=True)
    for name, (spec, words) in DEVICES.items():
        runs = {"without": [], "with": []}
        calls = {}
        for _ in range(pairs):
            for kind in runs:
                with tempfile.TemporaryDirectory(dir="/run") as folder:
                    options = ["--record", f"{folder}/session"] if kind == "with" else []
                    runs[kind].append(update(spec, words, folder, options))
        for kind in runs if "--calls" in sys.argv else []:
            with tempfile.TemporaryDirectory(dir="/run") as folder:
                calls[kind] = count_calls(spec, words, folder, ["--record", f"{folder}/session"] if kind == "with" else [])
        rows = [(what, *(statistics.median(run[what] for run in runs[kind]) for kind in runs))
                for what in ("requests", "bytes", "wake-ups")]
        rows += [("system calls", *calls.values())] if calls else []
        rows += [(f"processor time, {what}: ms", *(1000 * min(sum(run[part] for part in parts) for run in runs[kind])
                                                   for kind in runs))
                 for what, parts in (("program", ["program"]), ("kernel", ["kernel"]), ("both", ["program", "kernel"]))]
        for what, without, recorded in rows:
            print(f"| {name} | {what} | {without:.0f} | {recorded:.0f} | {recorded / without if without else 0:.3f} |", flush=True)


if __name__ == "__main__":
    main()
