# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A context may be used from any thread; calls wait for each other, and only cancel() passes by."""

import concurrent.futures
import gc
import os
import signal
import threading
import time

import pytest

import dfutrigger
from dfutrigger import State, Verified, _core


@pytest.fixture
def slow_board():
    """Zephyr's board in real time."""
    return dfutrigger.Virtual("zephyr", real_time=True)


def test_other_threads_go_on_while_one_waits(slow_board, image):
    ticks = 0
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(slow_board.find().update, image)
        while not future.done():
            time.sleep(0.001)
            ticks += 1
    assert future.result().verified is Verified.YES
    assert ticks > 100


def test_cancel_from_another_thread(slow_board, image):
    session = slow_board.find().session()
    session.start_update(image)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(session.run)
        while session.state is not State.DOWNLOADING:
            time.sleep(0.001)
        session.cancel()
        with pytest.raises(dfutrigger.CancelledError):
            future.result(timeout=5)
    assert session.state is State.CANCELLED


def test_calls_get_their_turn_while_a_session_runs(slow_board, image):
    slow_board.plug("zephyr")
    session = slow_board.devices()[0].session()
    session.start_update(image)
    waits = []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(session.run)
        # The other one may have left already.
        handle = slow_board.context.find(path="1-2").open()
        while not future.done():
            before = time.monotonic()
            assert len(slow_board.devices()) >= 1
            assert len(handle.control_in(0x80, 6, 0x0100, 0, 18)) == 18
            waits.append(time.monotonic() - before)
        assert future.result().verified is Verified.YES
    assert len(waits) > 10 and max(waits) < 1


def test_many_threads_on_one_context_never_crash(image):
    bus = dfutrigger.Virtual()
    for _ in range(4):
        bus.plug("zephyr", poll_ms=0, erase_ms=0)

    verified = []

    def work(number):
        for turn in range(30):
            try:
                # Another thread's update may have sent it away.
                device = bus.context.find(path=f"1-{number % 4 + 1}")
                with device.session() as session:
                    session.start_update(image, progress=lambda progress: None)
                    if turn % 3 == 0:
                        session.cancel()
                    verified.append(session.run().verified)
                with device.open() as handle:
                    handle.control_in(0x80, 6, 0x0100, 0, 18)
            except dfutrigger.Error:
                pass
            gc.collect(0)
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert Verified.YES in verified


def test_one_image_for_many_contexts(image):
    def work(number):
        for _ in range(20):
            bus = dfutrigger.Virtual("zephyr", poll_ms=0, erase_ms=0)
            assert bus.find().update(image).verified is Verified.YES
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_closing_from_another_thread_ends_the_run(slow_board, image):
    session = slow_board.find().session()
    session.start_update(image)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(session.run)
        while session.state is not State.DOWNLOADING:
            time.sleep(0.001)
        session.close()
        with pytest.raises(ValueError, match="closed"):
            future.result(timeout=5)


def test_ctrl_c_ends_a_run(slow_board, image):
    session = slow_board.find().session()
    session.start_update(image)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        while not session.has_ended:
            session.run()
        time.sleep(5)
    timer.join()


def test_settings_wait_for_their_turn(slow_board):
    """Whoever changes what another thread's call reads waits until that has returned."""
    session = slow_board.find().session()
    native = slow_board.context._native
    calls = {
        "erase": lambda: _core.session_set_erase(session._native, _core.ERASE_ALL),
        "verify": lambda: _core.session_set_verify(session._native, _core.VERIFY_NEVER),
        "help": lambda: _core.context_get_help(native, 0x1209, 0x0001, 0),
    }
    for name, call in calls.items():
        slow_board.context.dispatch(0.1)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            future = pool.submit(_core.context_dispatch, native, 500)
            time.sleep(0.1)
            assert not future.done(), "the context has something to do"
            call()
            assert future.done() or future.result(timeout=0.05) == 0, name


def test_an_image_waits_for_no_context(slow_board, image):
    """It belongs to none: a thread that waits inside one holds nobody up."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        own = dfutrigger.Image.load(b"\x55" * 100, force=dfutrigger.Check.FORMAT, context=slow_board.context)
        slow_board.context.dispatch(0.1)
        future = pool.submit(_core.context_dispatch, slow_board.context._native, 500)
        time.sleep(0.1)
        assert own.size == 100
        own.wrap_mcuboot("1.0.0")
        assert dfutrigger.Virtual("zephyr").find().update(own).verified is Verified.YES
        assert not future.done()
