# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Ids are numbers of 16 bits: who gives text instead is told how they are written."""

from __future__ import annotations

import re

_ANY = -1  # MATCH_ANY; in this module nothing else is loaded

_HEX = re.compile(r"(?:0[xX])?([0-9a-fA-F]{1,4})")


def _suggest(text: str) -> str:
    words = [_HEX.fullmatch(word) for word in text.split(":")]
    numbers = [f"0x{word[1].lower():0>4}" for word in words if word]
    return f"write {', '.join(numbers)} for {text!r}" if len(numbers) == len(words) else f"{text!r} is none"


def check_numbers(**numbers: object) -> None:
    """Raises TypeError for what is no number, and ValueError for one that is no id."""
    for name, value in numbers.items():
        if isinstance(value, int):
            if value != _ANY and not 0 <= value <= 0xFFFF:
                raise ValueError(f"{name} is 0 to 0xffff, and not {value:#x}")
            continue
        reason = _suggest(value) if isinstance(value, str) else f"{value!r} is none"
        raise TypeError(f"{name} is a number, as in 0x0483: {reason}")


def check_pair(name: str, pair: object) -> None:
    """Raises TypeError for what is no pair of ids."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        reason = _suggest(pair) if isinstance(pair, str) else f"{pair!r} is no pair"
        raise TypeError(f"{name} are two numbers, as in (0x0483, 0xdf11): {reason}")
    vendor_id, product_id = pair
    check_numbers(vendor_id=vendor_id, product_id=product_id)
