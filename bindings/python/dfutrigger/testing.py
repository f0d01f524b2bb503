# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A fixture for pytest: virtual devices, to test an updater of one's own without hardware.

In conftest.py::

    from dfutrigger.testing import virtual

In a test::

    def test_my_updater(virtual):
        bus = virtual("zephyr", stack="new")
        my_updater.main(["--port", "1-1", "firmware.bin"])
        assert bus.virtual_device.memory("slot1").startswith(firmware)
"""

from __future__ import annotations

import contextlib

import pytest

from .virtual import Virtual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from .virtual import Option

__all__ = ["VirtualFactory", "virtual"]


class VirtualFactory:
    """Makes virtual buses, which `dfutrigger.devices()` and `dfutrigger.core.find()` see until the test has ended."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        """Comes from the fixture `virtual`."""
        self._stack = stack
        #: those that were made
        self.buses: list[Virtual] = []

    def __repr__(self) -> str:
        return f"<VirtualFactory {self.buses}>"

    def __call__(self, model: str | None = None, *, real_time: bool = False, **options: Option) -> Virtual:
        """A bus with a device; arguments as for `dfutrigger.Virtual`."""
        bus = self._stack.enter_context(Virtual(model, real_time=real_time, **options))
        self.buses.append(bus)
        return bus


@pytest.fixture
def virtual() -> Iterator[VirtualFactory]:
    """Makes virtual buses. At the test's end, fails it if the host has broken a rule of USB or of the device."""
    with contextlib.ExitStack() as stack:
        factory = VirtualFactory(stack)
        yield factory
        breaches = [text for bus in factory.buses for text in bus.breaches]
    if breaches:
        pytest.fail("the host broke rules:\n" + "\n".join(breaches), pytrace=False)
