# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Times: seconds or timedelta outside, ms inside."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Union

    Time = Union[int, float, timedelta]

# What the C library takes as an int.
_MOST_MS = 0x7FFFFFFF


def to_ms(time: Time) -> int:
    """Whole ms, rounded up, so that no wait becomes none. Raises ValueError for a negative time."""
    seconds = time if isinstance(time, (int, float)) else time.total_seconds()
    if seconds < 0:
        raise ValueError("a time can't be negative")
    return min(-int(-seconds * 1000 // 1), _MOST_MS)
