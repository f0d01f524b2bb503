# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""What objects, values and errors look like to whoever prints them, and what a wrong argument is told."""

import asyncio
import enum
import inspect
import pickle

import pytest

import dfutrigger
from dfutrigger import Check, DfuAttribute, Mode, State, Verified, Verify, enums

KINDS = [kind for kind in vars(enums).values()
         if inspect.isclass(kind) and issubclass(kind, enum.Enum) and not kind.__name__.startswith("_")]


@pytest.mark.parametrize("kind", KINDS)
def test_values_print_their_names(kind):
    for member in kind:
        assert str(member) == f"{member}" == f"{member:s}" == member.name
        assert f"{member.name}: " in f"{member!r}" and f"<{kind.__name__}." in repr(member)
        assert f"{member:<30}|" == f"{member.name:<30}|"
        assert f"{member:d} {member:#x}" == f"{int(member)} {int(member):#x}"


def test_every_enumeration_is_among_them():
    assert {kind.__name__ for kind in KINDS} == {
        name for name in dfutrigger.__all__
        if inspect.isclass(getattr(dfutrigger, name)) and issubclass(getattr(dfutrigger, name), enum.Enum)}


def test_bits_print_their_names():
    assert str(Check.IDS | Check.SIZE) == "IDS|SIZE" == f"{Check.SIZE | Check.IDS}"
    assert str(Check.NONE) == str(DfuAttribute(0)) == "NONE"
    assert str(DfuAttribute(0x41)) == "CAN_DNLOAD|0x40"


def test_every_object_has_a_form_of_its_own(board, image):
    device = dfutrigger.find()
    usb = dfutrigger.core.find()
    configuration = usb[0]
    with device.session() as session, device.open() as handle:
        shown = {
            repr(device): "<Device 2fe3:0005 at 1-1, application>",
            repr(session): "<Session 2fe3:0005 at 1-1, new>",
            repr(handle): "<Handle 2fe3:0005 at 1-1>",
            repr(board): "<Virtual [<VirtualDevice zephyr>]>",
            repr(board.virtual_device): "<VirtualDevice zephyr>",
            repr(board.context): "<Context virtual>",
            repr(image): "<Image mcuboot, 10792 bytes>",
            repr(image.segments[0]): "<Segment 10792 bytes>",
            repr(dfutrigger.devices()): "[<Device 2fe3:0005 at 1-1, application>]",
            repr(usb): "<DEVICE ID 2fe3:0005 on Bus 001 Address 001>",
            repr(configuration): f"<{configuration._str()}>",
            repr(usb.backend): "<Backend libusb1 of a virtual bus>",
        }
        for found, wanted in shown.items():
            assert found == wanted
    assert repr(session) == "<Session 2fe3:0005 at 1-1, new, closed>" and repr(handle).endswith(", closed>")
    context = dfutrigger.Context()
    context.close()
    assert repr(context) == "<Context closed>"
    assert "data" not in repr(dfutrigger.Image.load(bytes(100), force=Check.FORMAT).segments[0])


def test_no_public_class_is_shown_by_its_address():
    for name in dfutrigger.__all__:
        kind = getattr(dfutrigger, name)
        if inspect.isclass(kind):
            assert kind.__repr__ is not object.__repr__, name


def test_errors_show_their_class():
    assert repr(dfutrigger.GoneError("it left")) == "GoneError('it left')"


@pytest.mark.parametrize("call, error", [
    (lambda path: dfutrigger.Image.load(path), FileNotFoundError),
    (lambda path: dfutrigger.find().update(path), FileNotFoundError),
    (lambda path: dfutrigger.find(image=path), FileNotFoundError),
    (lambda path: dfutrigger.find().context.load_devices(path), FileNotFoundError),
    (lambda path: dfutrigger.Image.load(b"\x55" * 64, force=Check.FORMAT).save(path / "deeper"), OSError),
    (lambda path: dfutrigger.Image.load(path.parent), OSError),
])
def test_errors_of_files_name_the_file(board, tmp_path, call, error):
    with pytest.raises(error) as caught:
        call(tmp_path / "missing.bin")
    assert str(caught.value.filename).startswith(str(tmp_path)) and caught.value.errno and caught.value.strerror
    assert pickle.loads(pickle.dumps(caught.value)).filename == caught.value.filename


def test_errors_of_devices_name_no_file(board):
    with pytest.raises(FileNotFoundError) as caught:
        dfutrigger.find(path="9-9")
    assert caught.value.filename is None


@pytest.mark.parametrize("call, words", [
    (lambda: dfutrigger.find("0483:df11"), "vendor_id is a number, as in 0x0483: write 0x0483, 0xdf11 for '0483:df11'"),
    (lambda: dfutrigger.devices("0483", "df11"), "vendor_id is a number, as in 0x0483: write 0x0483 for '0483'"),
    (lambda: dfutrigger.devices(0x0483, "DF11"), "product_id is a number, as in 0x0483: write 0xdf11 for 'DF11'"),
    (lambda: dfutrigger.wait("zephyr", timeout=0), "vendor_id is a number, as in 0x0483: 'zephyr' is none"),
    (lambda: dfutrigger.core.find(idVendor="0x2fe3"), "idVendor is a number, as in 0x0483: write 0x2fe3 for '0x2fe3'"),
    (lambda: dfutrigger.core.find(idVendor=0x2fe3, idProduct="5"), "idProduct is a number, as in 0x0483: write 0x0005 for '5'"),
    (lambda: dfutrigger.find(None), "vendor_id is a number, as in 0x0483: None is none"),
    (lambda: dfutrigger.find(0x2FE3, bootloader_vendor_id="2fe3"), "bootloader_vendor_id is a number"),
    (lambda: dfutrigger.find().trigger(bootloader_ids="2fe3:ffff"),
     "bootloader_ids are two numbers, as in (0x0483, 0xdf11): write 0x2fe3, 0xffff for '2fe3:ffff'"),
    (lambda: dfutrigger.find().trigger(bootloader_ids=("2fe3", 1)), "vendor_id is a number"),
    (lambda: dfutrigger.find().trigger(bootloader_ids=0x2fe3), "as in (0x0483, 0xdf11): 12259 is no pair"),
    (lambda: dfutrigger.find().trigger(bootloader_ids=(1, 2, 3)), "as in (0x0483, 0xdf11): (1, 2, 3) is no pair"),
    (lambda: dfutrigger.get_default_context().set_protocol("2fe3", 4, "smp"), "write 0x2fe3 for '2fe3'"),
    (lambda: dfutrigger.Image.load(b"\x55" * 64, force=Check.FORMAT).set_suffix("2fe3"), "write 0x2fe3 for '2fe3'"),
])
def test_ids_that_are_text_are_told_how_they_are_written(board, call, words):
    with pytest.raises(TypeError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("call, words", [
    (lambda: dfutrigger.find(mode="application"), "mode is one of Mode.UNKNOWN, Mode.APPLICATION, Mode.BOOTLOADER: 'application' is none"),
    (lambda: dfutrigger.devices(mode="bootloader"), "mode is one of "),
    (lambda: dfutrigger.wait(mode="bootloader", timeout=0), "mode is one of "),
    (lambda: dfutrigger.find(force="ids"), "force is one of Check."),
    (lambda: dfutrigger.find().upload(restart="always"), "restart is one of Restart.AUTO, Restart.NEVER, Restart.ALWAYS: 'always' is none"),
    (lambda: dfutrigger.find().session().set_options(verify=True), "verify is one of Verify.AUTO, Verify.NEVER, Verify.ALWAYS: True is none"),
    (lambda: dfutrigger.find().session().set_options(erase="mass"), "erase is one of Erase."),
    (lambda: dfutrigger.Image.load(b"\x55" * 64, force="format"), "force is one of Check."),
    (lambda: dfutrigger.Image.load(None), "firmware is the path of a file, or bytes: None is neither"),
    (lambda: dfutrigger.find().update(None), "firmware is the path of a file, or bytes: None is neither"),
])
def test_text_and_true_are_no_members(board, call, words):
    """Verify(True) would be NEVER."""
    with pytest.raises(TypeError) as caught:
        call()
    assert words in str(caught.value)


@pytest.mark.parametrize("number", [-2, 0x10000, 0x12FE3])
def test_ids_have_16_bits(board, number):
    """A longer one is not cut to that of another device."""
    with pytest.raises(ValueError, match=f"product_id is 0 to 0xffff, and not {number:#x}"):
        dfutrigger.find(0x2FE3, number)
    assert dfutrigger.find(0x2FE3, -1) and dfutrigger.devices(0xFFFF) == []


def test_a_session_takes_the_options_of_its_job(board, image):
    async def run(**options):
        async with dfutrigger.find().session() as session:
            return await session.update(image, **options)

    outcome = asyncio.run(run(alternate="slot1_image", verify=Verify.NEVER, trigger="dfu-detach"))
    assert outcome.verified is Verified.NO
    assert board.virtual_device.memory("slot1").startswith(image.segments[0].data)
    with pytest.raises(dfutrigger.NotFoundError, match="no-such-memory"):
        asyncio.run(run(alternate="no-such-memory"))


def test_options_of_a_job_stand_beside_those_that_were_set(board):
    board.virtual_device.set_memory("slot0", b"firmware", 0)

    async def read():
        async with dfutrigger.find().session() as session:
            session.set_options(alternate=0)
            return await session.upload(size=8)

    assert asyncio.run(read()) == b"firmware"


def test_the_trigger_of_a_session_takes_options(board):
    async def trigger():
        async with dfutrigger.find().session() as session:
            return await session.trigger("dfu-detach", bootloader_ids=(0x2FE3, 0xFFFF))

    assert asyncio.run(trigger()).mode is Mode.BOOTLOADER


def test_options_are_refused_after_the_start(board, image):
    with dfutrigger.find().session() as session:
        session.start_update(image)
        with pytest.raises(dfutrigger.UsageError, match="was started") as caught:
            session.set_options(verify=Verify.NEVER)
        assert caught.value.device == session.device
        assert session.run().verified is Verified.YES


def test_a_session_that_was_cancelled_before_its_start_sends_nothing(board, image):
    with dfutrigger.find().session() as session:
        session.cancel()
        session.start_update(image)
        with pytest.raises(dfutrigger.CancelledError, match="before anything was sent"):
            session.run()
        assert session.state is State.CANCELLED and board.virtual_device.request_count == 0


def test_an_id_stays_when_a_device_re_enumerates(board):
    board.plug("zephyr")
    first, second = dfutrigger.devices()
    bootloader = first.trigger()
    assert first.id == bootloader.id != second.id and first != bootloader
    assert [device.id for device in dfutrigger.devices()] == [first.id, second.id]
