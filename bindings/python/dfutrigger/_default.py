# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Which context is the default one: the last of those that were entered, else one of the process's own."""

from __future__ import annotations

from . import _core
from . import errors as errors  # makes the exceptions of _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context

#: those of `with Virtual(...)`, the innermost last
entered: list[Context] = []
_own: list[_core.Object] = []


def get_own() -> _core.Object:
    """The one of the process's own, which is made when it is needed."""
    if not _own:
        _own.append(_core.context_new())
    return _own[0]


def get_native(context: Context | None) -> _core.Object:
    """That of a context; None means the default one."""
    if context is not None:
        return context._native
    return entered[-1]._native if entered else get_own()
