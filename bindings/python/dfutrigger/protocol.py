# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Protocols: what bootloaders speak."""

from __future__ import annotations

from typing import NamedTuple

from . import _core


class Protocol(NamedTuple):
    """A protocol that bootloaders speak."""

    name: str  #: as `Device.protocol` and `Context.set_protocol()` have it
    text: str  #: what it is called by people
    parts: tuple[str, ...]  #: chips that its bootloaders may have, where one can be named: `Session.set_options()`


def protocols() -> tuple[Protocol, ...]:
    """The protocols that are spoken here."""
    found: list[Protocol] = []
    while (name := _core.protocol_get_name(len(found))) is not None:
        parts: list[str] = []
        while (part := _core.protocol_get_part(name, len(parts))) is not None:
            parts.append(part)
        found.append(Protocol(name, _core.protocol_get_text(name) or "", tuple(parts)))
    return tuple(found)
