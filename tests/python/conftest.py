# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What the tests share."""

import pytest

import dfutrigger


@pytest.fixture
def image():
    """Firmware that Zephyr's virtual board takes."""
    made = dfutrigger.Image.load(bytes(range(256)) * 40, force=dfutrigger.Check.FORMAT)
    made.wrap_mcuboot("1.2.3")
    return made


@pytest.fixture
def board():
    """A virtual bus with Zephyr's board; the host must have kept the rules."""
    with dfutrigger.Virtual("zephyr") as bus:
        yield bus
        assert bus.breaches == ()
