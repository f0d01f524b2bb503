# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""How objects that stand for one of the library are shown."""

from __future__ import annotations

from . import _core


def describe(shown: object, text: str, native: _core.Object) -> str:
    """The kind of object, what tells it from others, and whether it is closed."""
    words = ", ".join(filter(None, (text, "closed" if _core.is_closed(native) else "")))
    return f"<{type(shown).__name__}{' ' * bool(words)}{words}>"
