# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""
What a recording costs an update of a mocked device, as counts.py counts: beside the same update without one.

A line for each action is made and kept, so that there are more instructions in any case; nothing else may be more by much.
"""

import counts

LIMIT = 1.03
# Of rows that are held to it
HELD = (": requests", ": system calls", ": allocations, but for libusb's")


def measure(build):
    """Rows as those of counts.py, with what they are without a recording in place of another program's."""
    command = counts.update_command(build)
    plain, recorded = (counts.count_update(command, is_recorded) for is_recorded in (False, True))
    yield "recorded, 64 KiB by DFU: requests", recorded[2], plain[2]
    yield "recorded, 64 KiB by DFU: system calls", recorded[0].calls, plain[0].calls
    yield "recorded, 64 KiB by DFU: instructions", recorded[0].instructions, plain[0].instructions
    yield "recorded, each request more: instructions", recorded[1].instructions, plain[1].instructions
    yield "recorded, each request more: system calls", recorded[1].calls, plain[1].calls
    yield "recorded, each request more: allocations, but for libusb's", round(recorded[1].allocations), round(plain[1].allocations)


def is_too_much(row, value, plain):
    """Whether a row that is held to the limit is above it."""
    return row.startswith("recorded, ") and row.endswith(HELD) and value > plain * LIMIT
