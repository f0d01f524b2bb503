# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What --record costs a whole update on the system's buses: record_overhead.py [PAIRS].

The processor time of our command (its own and the kernel's for it), with and without a recording, one after the other. The
machine is emulated, so that time goes with instructions; what its host is busy with comes on top, so the least time counts.
"""

import os
import resource
import sys
import tempfile

import attached

# A device that does not restart, so that one run is as the other; blocks as large as those of many bootloaders
DEVICES = {
    "DFU, 60 KB in blocks of 1 KB, verified": (["dfu:start=bootloader,poll-ms=0,manifest-ms=0,transfer-size=1024"], [], 60000),
    "DfuSe, 60 KB in blocks of 2 KB, verified": (["stm32f405:erase-percent=0,program-percent=0"],
                                                 ["--address", "0x08000000"], 60000),
}


def measure(command):
    """Seconds of processor time, the program's and the kernel's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    attached.run(*command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def main():
    """Pairs of runs, for each device."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        for name, (specs, words, size) in DEVICES.items():
            times = {"without": [], "with": []}
            for run in range(pairs):
                image, session = f"{folder}/image-{run}.bin", f"{folder}/session-{run}"
                for kind, options in (("without", []), ("with", ["--record", session])):
                    with open(image, "wb") as file:
                        file.write(b"\x00\x40\x00\x20\x01\x02\x00\x08" + os.urandom(size - 8))
                    with attached.Attached(*specs) as devices:
                        times[kind].append(measure([attached.COMMAND, *options, "-p", devices.path(), "--restart", "never",
                                                    *words, "update", image]))
            for part, index in (("program", 0), ("kernel", 1)):
                least = [min(time[index] for time in times[kind]) for kind in ("without", "with")]
                print(f"{name}: {part}: {least[0]:.3f} s without, {least[1]:.3f} s with a recording", flush=True)
            whole = [min(sum(time) for time in times[kind]) for kind in ("without", "with")]
            print(f"{name}: both: {100 * (whole[1] / whole[0] - 1):+.1f} %; lines: {sum(1 for _ in open(session))}, bytes: "
                  f"{os.path.getsize(session)}", flush=True)


if __name__ == "__main__":
    main()
