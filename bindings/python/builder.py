# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""What pip builds the wheel with: meson-python, whose version 0.12 leaves a file in the tree, and Python a cache of this one."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

import mesonpy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LEFT = Path(".mesonpy-native-file.ini")

with contextlib.suppress(OSError):
    Path(__cached__).unlink()
    Path(__cached__).parent.rmdir()


def __getattr__(name: str) -> Any:
    """The hooks of PEP 517 and 660, which run in the folder of the source."""
    hook = getattr(mesonpy, name)
    if not callable(hook):
        return hook

    @functools.wraps(hook)
    def run(*args: Any, **kwargs: Any) -> Any:
        was_there = _LEFT.exists()
        try:
            return hook(*args, **kwargs)
        finally:
            if not was_there:
                _LEFT.unlink(missing_ok=True)

    return run
