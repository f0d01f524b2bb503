# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What callers of dfu-util take from its output, each by its own rules: a parser gets an Output and returns fields.

Written from what the named sources look for, not from their code.
"""

import collections
import re

Output = collections.namedtuple("Output", "stdout stderr code")


def found_lines(text, kind="Found DFU"):
    """The lines that tell of a device."""
    return [line for line in text.splitlines() if kind in line]


def nothing(_):
    """Most callers look at the exit status only."""
    return None


def alternate(wanted):
    """Zephyr, scripts/west_commands/runners/dfu.py: whether ", alt=N," or ', name="NAME",' is anywhere in the output."""
    mark = f", alt={wanted}," if isinstance(wanted, int) else f', name="{wanted}",'
    return lambda output: mark in output.stdout


def particle_ids(output):
    """Particle CLI, src/lib/dfu.js: what is between the outermost brackets of each line "Found DFU", each once."""
    ids = []
    for line in found_lines(output.stdout):
        inside = line[line.index("[") + 1:line.rindex("]")]
        if ":" in inside and inside not in ids:
            ids.append(inside)
    return ids


def particle_success(output):
    """Particle CLI, src/lib/dfu.js: these words on the standard output mean success, whatever the exit status."""
    return "File downloaded successfully" in output.stdout


def openmv_devices(output):
    """OpenMV IDE, tools/dfu-util.cpp: ids and serial numbers of alternate setting 0, and what could not be opened."""
    both = (output.stdout + output.stderr).splitlines()
    found = [re.search(r'Found DFU: \[([0-9A-Fa-f:]+)\].*?alt=0.*?serial="(.*?)"', line) for line in both]
    closed = [re.search(r"Cannot open DFU device ([0-9A-Fa-f:]+)", line) for line in both]
    return [match.groups() for match in found if match], [match[1] for match in closed if match]


def is_found(output):
    """QMK, platforms/chibios/flash.mk: grep -q "Found DFU"."""
    return bool(found_lines(output.stdout))


def has_internal_flash(output):
    """NumWorks, build/targets: grep "Internal Flash"."""
    return bool(found_lines(output.stdout, "Internal Flash"))


def flash_serials(output):
    """Shell scripts for several STM32 at a time: serial="..." of the lines with "@Internal Flash"."""
    return [re.search(r'serial="([^"]*)"', line)[1] for line in found_lines(output.stdout, "@Internal Flash")]


def first_words(text):
    """Arduino 101, arduino101load: the first word of the lines with the name of an alternate setting."""
    return lambda output: [line.split(" ")[0] for line in found_lines(output.stdout, text)]


def third_word(output):
    """LPCScrypt, boot_lpcscrypt.cmd: the third word of the last line but for the banner, "[vid:pid]"."""
    lines = [line.split() for line in output.stdout.splitlines()[6:] if len(line.split()) > 2]
    return lines[-1][2] if lines else None


def runtime_paths(output):
    """ESP-IDF, docs/en/api-guides/dfu.rst: a person reads ids and path="..." from dfu-list, for dfu-flash --path."""
    lines = found_lines(output.stdout, "Found ")
    return [(line[:line.index("]") + 1], re.search(r'path="([^"]*)"', line)[1]) for line in lines]


def keys(output):
    """Device pickers: each KEY=VALUE of a line, where a value in quotes ends at the next quote, another at the comma."""
    devices = []
    for line in found_lines(output.stdout, "Found "):
        pairs = re.findall(r'(\w+)=(?:"([^"]*)"|([^,]*))', line)
        devices.append((line.split(" ver=")[0], [(key, quoted or bare) for key, quoted, bare in pairs]))
    return devices


def one_per_board(output):
    """Updaters for Klipper: one board for each serial number, with its ids, number and path; or why there is none."""
    both = output.stdout + output.stderr
    boards = {}
    for line in found_lines(both):
        fields = {key: re.search(rf'{key}="?([^",]*)', line)[1] for key in ("devnum", "path", "serial")}
        fields["ids"] = re.search(r"\[(.*?)\]", line)[1]
        boards.setdefault(fields["serial"], fields)
    return boards, "LIBUSB_ERROR_ACCESS" in both


def done_words(output):
    """Updaters for Klipper: either phrase, in any case, in either stream means that the image is in the device."""
    return bool(re.search("file downloaded successfully|download done", output.stdout + output.stderr, re.IGNORECASE))


def no_device_words(output):
    """Klipper scripts: grep -iE for what dfu-util says if there is no device."""
    return bool(re.search("No DFU capable USB device|Cannot open DFU device|unable to open", output.stdout + output.stderr,
                          re.IGNORECASE))


def last_percent(output):
    """Qt front ends: the number in front of each %, of which the last is shown when it has ended."""
    percents = [int(text) for text in re.findall(r"(\d+)%", output.stdout)]
    assert percents == sorted(percents) or "Erase" in output.stdout, percents
    return percents[-1] if percents else None


def progress_labels(output):
    """Updaters filter these lines by the word in front of the bar, such as "Download\\t[=== ]"."""
    return sorted({match[1] for match in re.finditer(r"(?:^|[\r\n])(\w+)\s*\[", output.stdout)})


def version(output):
    """Makefiles and doctors: the first line is the program's name and version."""
    match = re.match(r"dfu-util (\d+)\.(\d+)", output.stdout)
    return match and match.groups()


def all_of(*parsers):
    """Several of them."""
    return lambda output: [parser(output) for parser in parsers]
