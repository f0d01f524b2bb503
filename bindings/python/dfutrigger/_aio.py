# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Sessions on asyncio: the context is dispatched when its event is readable, or its time has come."""

from __future__ import annotations

import asyncio

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .context import Context
    from .session import Session


class Driver:
    """Dispatches a context in a loop, as long as a session is waited for."""

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop) -> None:
        self.context = context
        self.loop = loop
        self.waiting: dict[Session, asyncio.Future[None]] = {}
        self.timer: asyncio.Handle | None = None

    def add(self, session: Session) -> asyncio.Future[None]:
        """A future that is done when the session has ended."""
        if not self.waiting:
            self.loop.add_reader(self.context.fileno(), self.dispatch, 0)
        future = self.waiting[session] = self.loop.create_future()
        self.plan(0)
        return future

    def remove(self, session: Session) -> None:
        """The session is no longer waited for."""
        if self.waiting.pop(session, None) is None or self.waiting:
            return
        self.loop.remove_reader(self.context.fileno())
        if self.timer:
            self.timer.cancel()
        drivers.pop((self.context, self.loop), None)

    def plan(self, timeout_ms: int) -> None:
        """Dispatches when that time has passed; a virtual clock passes it by itself."""
        if self.timer:
            self.timer.cancel()
        self.timer = None
        if timeout_ms >= 0 and (timeout_ms == 0 or self.context._is_virtual):
            self.timer = self.loop.call_soon(self.dispatch, timeout_ms)
        elif timeout_ms > 0:
            self.timer = self.loop.call_later(timeout_ms / 1000, self.dispatch, 0)

    def dispatch(self, timeout_ms: int) -> None:
        """Carries out what is due, and tells those who wait."""
        native = self.context._native
        try:
            _core.context_dispatch(native, timeout_ms)
            next_ms = _core.context_get_timeout_ms(native)
        except BaseException as error:
            self.fail(error)
            return
        for session, future in self.waiting.items():
            if not future.done() and session.has_ended:
                future.set_result(None)
        self.plan(next_ms)

    def fail(self, error: BaseException) -> None:
        """Nothing can be dispatched any more."""
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(error)


drivers: dict[tuple[Context, asyncio.AbstractEventLoop], Driver] = {}


async def wait_for_end(session: Session) -> None:
    """Waits until a session has ended; cancels it when the task is cancelled, and waits for that, too."""
    loop = asyncio.get_running_loop()
    driver = drivers.setdefault((session.context, loop), Driver(session.context, loop))
    future = driver.add(session)
    cancelled: asyncio.CancelledError | None = None
    try:
        while not future.done():
            try:
                await asyncio.shield(future)
            except asyncio.CancelledError as error:
                cancelled = error
                session.cancel()
                driver.plan(0)
    finally:
        driver.remove(session)
    if cancelled:
        raise cancelled
    future.result()
