# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Objects may be dropped and closed in any order, at any time."""

import gc
import itertools
import weakref

import pytest

import dfutrigger
from dfutrigger import State, _core

NAMES = ("bus", "context", "device", "image", "session", "handle")


def make_all():
    bus = dfutrigger.Virtual("zephyr")
    image = dfutrigger.Image.load(b"\x55" * 1000, force=dfutrigger.Check.FORMAT, context=bus.context)
    image.wrap_mcuboot("1.0.0")
    device = bus.find()
    session = device.session()
    session.start_update(image)
    while session.state is not State.DOWNLOADING:
        bus.context.dispatch(0.1)
    handle = bus.find().open()
    handle.control_in(0x80, 6, 0x0100, 0, 18)
    return {"bus": bus, "context": bus.context, "device": device, "image": image, "session": session, "handle": handle}


@pytest.mark.parametrize("order", itertools.permutations(NAMES), ids="-".join)
def test_every_order_of_deletion(order):
    objects = make_all()
    for name in order:
        del objects[name]
        for left in objects.values():
            repr(left)
    del left
    gc.collect(1)


@pytest.mark.parametrize("order", itertools.permutations(("context", "device", "session", "handle")), ids="-".join)
def test_every_order_of_closing(order):
    objects = {name: value._native for name, value in make_all().items()}
    for name in order:
        _core.close(objects[name])
        _core.close(objects[name])
    with pytest.raises(ValueError):
        _core.session_get_state(objects["session"])


def test_a_device_keeps_its_virtual_bus(image):
    assert dfutrigger.Virtual("zephyr").find().update(image).verified is dfutrigger.Verified.YES
    with dfutrigger.Virtual("zephyr"):
        dev = dfutrigger.core.find()
    assert len(dev.ctrl_transfer(0x80, 0, 0, 0, 2)) == 2
    assert dev.updatable.trigger().mode is dfutrigger.Mode.BOOTLOADER


def test_flat_objects_keep_their_parents():
    context = _core.context_new()
    sim = _core.sim_new(_core.SIM_CLOCK_VIRTUAL)
    virtual = _core.sim_plug(sim, "zephyr", None)
    _core.sim_add_to_context(sim, context)
    device = _core.device_find(context, None)
    session = _core.session_new(device)
    del context, sim, device
    gc.collect()
    _core.session_start_trigger(session)
    _core.session_run(session)
    assert _core.sim_device_get_mode_name(virtual) == "bootloader"
    del virtual
    assert _core.device_get_mode(_core.session_get_device(session)) == _core.MODE_BOOTLOADER


def test_a_closed_bus_has_no_devices():
    sim = _core.sim_new(_core.SIM_CLOCK_VIRTUAL)
    virtual = _core.sim_plug(sim, "zephyr", None)
    _core.close(sim)
    with pytest.raises(ValueError, match="closed"):
        _core.sim_device_unplug(virtual)


def test_wrong_kinds_are_refused():
    context = _core.context_new()
    for wrong in (None, 1, "x", object(), _core.sim_new(0)):
        with pytest.raises(TypeError):
            _core.context_dispatch(wrong, 0)
    with pytest.raises(TypeError):
        _core.session_new(context)
    with pytest.raises(TypeError):
        _core.context_set_log_handler(context, 3, "not callable")


def test_a_session_that_refers_to_itself_is_collected(board, image):
    session = board.find().session()
    session.start_update(image, progress=lambda progress: session.state)
    board.context.dispatch(0.1)
    gone = weakref.ref(session)
    del session
    gc.collect()
    assert gone() is None


def test_dropping_a_session_inside_its_own_handler(board, image):
    sessions = [board.find().session()]

    def drop(progress):
        sessions.clear()
        gc.collect()

    session = sessions[0]
    session.start_update(image, progress=drop)
    context = board.context
    gone = weakref.ref(session)
    del session
    for _ in range(50):
        context.dispatch(0.1)
    gc.collect()
    assert sessions == [] and gone() is None
    assert board.find().mode is not None


def test_closing_everything_inside_a_handler(board, image):
    session = board.find().session()

    def close(progress):
        session.close()

    session.start_update(image, progress=close)
    with pytest.raises(ValueError):
        session.run()
    assert board.context.dispatch(0) >= 0


def test_a_handler_can_list_and_start_but_not_run(board, image):
    errors = []

    def look(progress):
        assert dfutrigger.devices() is not None
        for forbidden in (board.context.dispatch, lambda: board.find().trigger(), board.find().open().reset):
            try:
                forbidden()
            except dfutrigger.Error as error:
                errors.append(type(error))
        raise StopIteration

    with pytest.raises(StopIteration):
        board.find().update(image, progress=look)
    assert set(errors) == {dfutrigger.UsageError} and len(errors) == 3


def test_buffers_are_held_during_a_call():
    import threading

    bus = dfutrigger.Virtual("zephyr", real_time=True, transfer_us=300000)
    handle = bus.find().open()
    data = bytearray(64)
    thread = threading.Thread(target=lambda: _core.handle_control(handle._native, 0x80, 6, 0x0100, 0, data, 2000))
    thread.start()
    resized = False
    while thread.is_alive():
        try:
            data.append(0)
        except BufferError:
            resized = True
            break
    thread.join()
    assert resized
    data.append(0)
    with pytest.raises(BufferError):
        _core.handle_control(handle._native, 0x80, 6, 0x0100, 0, b"read only", 1000)
    with pytest.raises(ValueError):
        _core.handle_control(handle._native, 0x80, 6, 0x0100, 0, bytearray(65536), 1000)
