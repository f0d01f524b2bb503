# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Devices, images, sessions and virtual devices as Python sees them."""

import asyncio
import datetime
import errno
import gc
import pickle
import sys

import pytest

import dfutrigger
from dfutrigger import Check, FaultKind, Mode, RecordEvent, State, Verified, Verify


def test_versions_are_told():
    assert dfutrigger.__version__ == dfutrigger.library_version != ""


def test_every_public_name_is_there():
    for name in dfutrigger.__all__:
        assert getattr(dfutrigger, name) is not None
    with pytest.raises(AttributeError):
        dfutrigger.nothing_like_that


def test_device_tells_what_it_is(board):
    device = dfutrigger.find()
    assert dfutrigger.devices() == [device]
    assert (device.vendor_id, device.product_id, device.release) == (0x2FE3, 0x0005, device.release)
    assert (device.path, device.bus_number, device.address) == ("1-1", 1, 1)
    assert device.product == "USBD DFU sample"
    assert device.mode is Mode.APPLICATION
    assert device.triggers == ("dfu-detach",)
    assert device.protocol == "dfu"
    assert device.interfaces[0].class_code == 0xFE
    assert device.descriptors[:4] == b"\x12\x01\x00\x02"
    assert device.dfu_descriptor.transfer_size == 512
    assert device.is_present and not device.is_shared
    assert repr(device) == "<Device 2fe3:0005 at 1-1, application>"
    device.diagnose()


def test_lists_say_what_is_not_read():
    with dfutrigger.Virtual("zephyr") as bus:
        bus.plug("zephyr", strings="hang")
        found = dfutrigger.devices()
        assert [device.path for device in found] == ["1-1", "1-2"]
        assert not found.is_complete and found.unread == [found[1]]
        assert found[0].is_complete and found[0].missing == ""
        assert not found[1].is_complete and found[1].missing == "its names are not read: it does not answer"
        assert dfutrigger.devices(path="1-1").is_complete


def test_nodes_are_told():
    with dfutrigger.Virtual("nrf52840-keyboard") as bus:
        nodes = bus.find().nodes
    assert [(node.link.name, node.interface) for node in nodes] == [("HID", 0), ("SERIAL", 1)]
    assert nodes[0].usage_page == 1 and nodes[0].usage == 6


def test_find_says_what_is_wrong():
    with dfutrigger.Virtual() as bus:
        with pytest.raises(dfutrigger.NotFoundError) as caught:
            bus.find()
        assert caught.value.errno == errno.ENOENT and isinstance(caught.value, FileNotFoundError)
        bus.plug("zephyr")
        bus.plug("zephyr")
        with pytest.raises(dfutrigger.AmbiguousError) as caught:
            bus.find()
        assert "1-1" in str(caught.value) and "1-2" in str(caught.value)
        assert bus.context.find(path="1-2").path == "1-2"
        assert bus.context.devices(0x1234) == []
        assert len(bus.context.devices(0x2FE3, mode=Mode.APPLICATION)) == 2


def test_trigger_gives_the_bootloader(board):
    states = []
    device = dfutrigger.find()
    bootloader = device.trigger(progress=lambda progress: states.append(progress.state))
    assert bootloader.mode is Mode.BOOTLOADER and not device.is_present
    assert states[0] is State.TRIGGERING and states[-1] is State.DONE
    assert board.virtual_device.mode == "bootloader"


def test_trigger_by_name(board):
    with pytest.raises(dfutrigger.NotFoundError):
        dfutrigger.find().trigger("by-magic")
    assert dfutrigger.find().trigger("dfu-detach").mode is Mode.BOOTLOADER


def test_update_verifies_and_tells_progress(board, image):
    seen = []
    outcome = dfutrigger.find().update(image, progress=seen.append)
    assert outcome.verified is Verified.YES
    assert outcome.device.mode is Mode.BOOTLOADER
    assert "downloaded and verified" in outcome.message and "reset button" in outcome.hint
    assert board.virtual_device.memory("slot1").startswith(image.segments[0].data)
    downloading = [progress for progress in seen if progress.state is State.DOWNLOADING]
    assert [progress.done for progress in downloading] == sorted(progress.done for progress in downloading)
    assert downloading[-1].total == image.size and 0 <= downloading[-1].fraction <= 1
    assert seen[-1].state is State.DONE and seen[-1].elapsed > 0.1


def test_plan_is_refined_by_the_comparison():
    image = dfutrigger.Image.load(bytes(range(256)) * 128, force=dfutrigger.Check.FORMAT)
    image.set_address(0x08000000)
    with dfutrigger.Virtual("stm32f405:application=runtime") as bus:
        with dfutrigger.Session(bus.find()) as session:
            plans = {}
            session.start_update(image, progress=lambda progress: plans.setdefault(progress.plan, session.plan))
            before = session.plan
            session.run()
    assert list(plans) == [0, 1] and plans[0] == before
    assert "erase those of 2 sectors that differ, write up to 32768 bytes" in [step.text for step in before]
    assert "erase 2 sectors, write 32768 bytes" in [step.text for step in plans[1]]
    assert sum(step.time for step in plans[1]) <= sum(step.time for step in before)


def test_update_of_a_named_part():
    firmware = b"\x02\x01\x23" + bytes(range(256)) * 4
    with dfutrigger.Virtual("sinowealth-keyboard:chip=sh68f881") as bus:
        outcome = bus.find().update(firmware, part="sh68f881")
        assert outcome.verified is Verified.YES and outcome.device.mode is Mode.APPLICATION
        assert outcome.device.upload(part="sh68f881", size=len(firmware)) == firmware


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "bytearray", "memoryview"])
def test_update_takes_files_and_bytes(board, image, tmp_path, kind):
    path = tmp_path / "firmware – β.bin"
    image.save(path)
    data = path.read_bytes()
    source = {"path": path, "str": str(path), "bytes": data, "bytearray": bytearray(data), "memoryview": memoryview(data)}
    dfutrigger.find().update(source[kind], verify=Verify.NEVER)
    assert board.virtual_device.memory("slot1").startswith(data)


def test_a_part_is_named():
    program = b"\x0c\x94\x56\x00" + bytes(range(1, 129)) * 20
    with dfutrigger.Virtual("via-keyboard:bootloader=lufa-hid") as bus:
        with pytest.raises(dfutrigger.UsageError, match="which part"):
            bus.find().update(program)
        with bus.find().session() as session:
            assert session.part_choice == ()
            session.start_update(program)
            with pytest.raises(dfutrigger.UsageError) as refusal:
                session.run()
            assert "atmega32u4" in session.part_choice and ", ".join(session.part_choice) in refusal.value.hint
        outcome = bus.find().update(program, part="atmega32u4")
        assert outcome.verified is Verified.IMPOSSIBLE and "can't be read" in outcome.message
        assert bus.virtual_device.memory("flash").startswith(program)


def test_path_of_a_drive(board, image, tmp_path):
    with pytest.raises(dfutrigger.UnsupportedError, match=str(tmp_path)):
        board.find().update(image, volume=tmp_path)
    with pytest.raises(dfutrigger.UsageError, match="path of 0 bytes"):
        board.find().upload(volume="")


def test_upload_reads_back(board):
    board.virtual_device.set_memory("slot0", b"firmware", 0)
    data = dfutrigger.find().upload(size=8, alternate=0)
    assert data == b"firmware"


def test_upload_from_an_address():
    with dfutrigger.Virtual("stm32f072") as bus:
        bus.virtual_device.set_memory("flash", b"firmware", 100)
        device = bus.find()
        assert device.upload(address=0x08000064, size=8) == b"firmware"
        assert len(device.upload(address=0x08001000, alternate="Internal Flash")) == 124 * 1024
        with pytest.raises(dfutrigger.MismatchError, match="no memory at 0x00000000") as caught:
            device.upload(address=0)
        assert caught.value.failed_check is Check.MEMORY_MAP and "Option Bytes" in caught.value.hint
        with pytest.raises(dfutrigger.UsageError, match="32 bits"):
            device.upload(address=1 << 32)
        with pytest.raises(dfutrigger.UsageError, match="its image"), device.session() as session:
            session.set_options(address=0x08000000)
            session.start_update(b"firmware")
        device.command("start", address=0x08000000)
    with dfutrigger.Virtual("dfu", start="bootloader") as bus:
        with pytest.raises(dfutrigger.UnsupportedError, match="USB DFU has none"):
            bus.find().upload(address=0)


def test_a_restart_is_as_it_is_wanted():
    program = bytes(range(1, 129)) * 20
    with dfutrigger.Virtual("dfu") as bus:
        outcome = bus.context.find(path="1-1").update(program, restart=dfutrigger.Restart.NEVER)
        assert outcome.device.mode is dfutrigger.Mode.BOOTLOADER and "stays in its bootloader" in outcome.message
        assert bus.context.find(path="1-1").upload(size=100) == program[:100]
        assert bus.context.find(path="1-1").mode is dfutrigger.Mode.BOOTLOADER
        assert bus.context.find(path="1-1").upload(size=100, restart=dfutrigger.Restart.ALWAYS) == program[:100]
        assert bus.context.find(path="1-1").mode is dfutrigger.Mode.APPLICATION


def test_blocks_and_interfaces_are_chosen():
    program = bytes(range(1, 129)) * 4
    with dfutrigger.Virtual("dfu", start="bootloader", second=1, size="1K") as bus:
        bus.context.find(path="1-1").update(program, alternate="1:0", transfer_size=64, restart=dfutrigger.Restart.NEVER)
        assert bus.virtual_device.memory("memory1").startswith(program)
        with bus.context.find(path="1-1").session() as session:
            session.set_options(interface=0, configuration=1)
            session.start_update(program)
            session.run()
        assert bus.virtual_device.memory("memory0").startswith(program)
        with pytest.raises(dfutrigger.UsageError, match="4096 at most"):
            bus.context.find(path="1-1").update(program, transfer_size=8192)
    with dfutrigger.Virtual("stm32f072") as bus:
        with pytest.raises(dfutrigger.UsageError) as caught:
            bus.find().command("erase")
        assert caught.value.failed_check is Check.BOOTLOADER
        bus.find().command("erase", force=Check.BOOTLOADER)
        assert set(bus.virtual_device.memory("flash")) == {0xff}


def test_a_part_that_speaks_flip_is_updated():
    program = b"\x0c\x94\x40\x00" + bytes(range(250)) * 20
    with dfutrigger.Virtual("flip", part="atmega32u4", loader="lufa", application="via") as bus:
        bus.find().update(program)
        assert bus.virtual_device.memory("flash").startswith(program)
        assert bus.find().upload(size=4) == program[:4]


def test_upload_that_breaks_has_what_was_read():
    with dfutrigger.Virtual("dfu", start="bootloader", size=20480, transfer_size=1024, fault="stall@12") as bus:
        bus.virtual_device.set_memory("memory0", bytes(range(256)) * 80, 0)
        with pytest.raises(dfutrigger.DeviceError) as caught:
            bus.find().upload()
        assert caught.value.partial == bytes(range(256)) * 44
        assert pickle.loads(pickle.dumps(caught.value)).partial == b""
    with dfutrigger.Virtual("dfu", start="bootloader", reads="empty") as bus:
        with pytest.raises(dfutrigger.DeviceError, match="nothing was read") as caught:
            bus.find().upload()
        assert caught.value.partial == b""


def test_upload_on_asyncio_that_breaks_has_what_was_read():
    async def read(bus):
        async with bus.find().session() as session:
            return await session.upload()

    with dfutrigger.Virtual("dfu", start="bootloader", size=20480, transfer_size=1024, fault="stall@12") as bus:
        with pytest.raises(dfutrigger.DeviceError) as caught:
            asyncio.run(read(bus))
        assert len(caught.value.partial) == 11 * 1024


def test_blocks_have_the_size_that_is_used():
    for told, used in ((0, 64), (0xFFFF, 1024), (16384, 4096), (2048, 2048)):
        with dfutrigger.Virtual("dfu", start="bootloader", transfer_size=told) as bus:
            descriptor = bus.find().dfu_descriptor
            assert (descriptor.transfer_size, descriptor.block_size) == (told, used)


def test_memories_of_two_dfu_interfaces_are_told_apart():
    spec = {"start": "bootloader", "alternates": 2, "second": 2, "names": "A/1/A/B", "second_transfer_size": 64}
    with dfutrigger.Virtual("dfu", **spec) as bus:
        device = bus.find()
        assert [(one.number, one.alternate, one.name) for one in device.interfaces] == [
            (0, 0, "A"), (0, 1, "1"), (1, 0, "A"), (1, 1, "B")]
        assert [device.dfu_descriptor_of(one).transfer_size for one in device.interfaces] == [1024, 1024, 64, 64]
        assert device.dfu_descriptor.transfer_size == 1024
        with pytest.raises(ValueError):
            device.dfu_descriptor_of(device.interfaces[0]._replace(number=7))
        for index in range(4):
            bus.virtual_device.set_memory(f"memory{index}", bytes([index]), 0)
        for alternate, index in (("0:0", 0), ("1:0", 2), ("1:A", 2), ("=1", 1), ("B", 3), ("1:=B", 3)):
            assert device.upload(size=1, alternate=alternate) == bytes([index])
        for alternate in (1, "1", "A", "=A"):
            with pytest.raises(dfutrigger.AmbiguousError, match="0:"):
                device.upload(size=1, alternate=alternate)
        with pytest.raises(dfutrigger.NotFoundError, match='1:0 "A"'):
            device.upload(size=1, alternate="1:2")


def test_no_dfu_interface_has_no_dfu_descriptor():
    with dfutrigger.Virtual("nrf52840-keyboard") as bus:
        device = bus.find()
        assert {device.dfu_descriptor_of(one) for one in device.interfaces if one.class_code == 3} == {None}


def test_probe_tells_facts():
    with dfutrigger.Virtual("nrf52840-keyboard") as bus:
        facts = bus.find().probe()
    assert facts["nordic_flash_size"]


def test_commands():
    with dfutrigger.Virtual("xmos") as bus:
        device = bus.find()
        assert list(device.commands) == ["revert-factory", "save-state", "restore-state"]
        assert "factory" in device.commands["revert-factory"]
        assert any("Windows" in sentence for sentence in device.help)
        assert device.command("revert-factory").message.startswith("revert-factory: done")
        with pytest.raises(dfutrigger.DeviceError, match="save-state"):
            bus.find().command("save-state")
        with pytest.raises(dfutrigger.NotFoundError):
            bus.find().command("self-destruct")


def test_exception_in_progress_cancels_and_comes_out(board, image):
    class Stop(Exception):
        pass

    def stop(progress):
        if progress.state is State.DOWNLOADING:
            raise Stop

    with pytest.raises(Stop):
        dfutrigger.find().update(image, progress=stop)
    with dfutrigger.Session(board.find()) as session:
        with pytest.raises(Stop):
            session.start_update(image, progress=stop)
            session.run()
        assert session.state is State.CANCELLED
    # The next one recovers the device.
    assert board.find().update(image).verified is Verified.YES


def test_keyboard_interrupt_in_progress_is_no_exception_of_ours(board, image):
    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dfutrigger.find().update(image, progress=interrupt)


def test_exception_in_writer_comes_out(board):
    with dfutrigger.find().session() as session:
        def refuse(data):
            raise OSError("disk full")

        session.set_options(alternate=0)
        session.start_upload(refuse)
        with pytest.raises(OSError, match="disk full"):
            session.run()


def test_errors_have_text_hint_and_check(board, image):
    with pytest.raises(dfutrigger.ImageError) as caught:
        dfutrigger.Image.load(b"<html></html>")
    error = caught.value
    assert error.name == "image" and error.code < 0 and error.failed_check is not Check.NONE
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.hint) == (type(error), str(error), error.hint)

    image.set_suffix(0x1234, 0x5678)
    with pytest.raises(dfutrigger.MismatchError) as caught:
        dfutrigger.find().update(image)
    assert caught.value.failed_check is Check.IDS and "1234" in str(caught.value)
    assert dfutrigger.find().update(image, force=Check.IDS).verified is Verified.YES


def test_errors_name_their_device(board, image):
    board.plug("zephyr", serial="second")
    first, second = board.devices()
    board.virtual_device.add_fault(FaultKind.UNPLUG, request=10)

    async def update_all():
        return await asyncio.gather(*(device.session().update(image) for device in (first, second)),
                                    return_exceptions=True)

    assert board.virtual_device.fault_count == 0
    failed, done = asyncio.run(update_all())
    assert board.virtual_device.fault_count == 1
    assert isinstance(failed, dfutrigger.GoneError) and done.verified is Verified.YES
    assert failed.device == first and failed.device.serial_number
    assert pickle.loads(pickle.dumps(failed)).device is None

    for call in (lambda: second.update(b"<html></html>"), lambda: second.command("nothing-like-that"),
                 lambda: second.trigger("nothing-like-that"), lambda: second.session().start_upload(None),
                 second.probe):
        with pytest.raises(dfutrigger.Error) as caught:
            call()
        assert caught.value.device == second
    with pytest.raises(dfutrigger.GoneError) as caught:
        first.diagnose()
    assert caught.value.device == first
    with pytest.raises(dfutrigger.NotFoundError) as caught:
        board.context.find(path="9-9")
    assert caught.value.device is None
    for call in (lambda: second.session().run(), lambda: asyncio.run(second.session().wait()),
                 lambda: second.open().read_serial(1), lambda: second.open().control(0x40, 0xEE),
                 lambda: first.open().control(0x40, 1)):
        with pytest.raises(dfutrigger.Error) as caught:
            call()
        assert caught.value.device in (first, second) and caught.value.device.serial_number
    image.set_suffix(0x1234, 0x5678)
    with pytest.raises(dfutrigger.MismatchError) as caught:
        image.check(second)
    assert caught.value.device == second


@pytest.mark.parametrize("spec, job, error", [
    ("zephyr:access=no", lambda device: device.trigger(), dfutrigger.AccessError),
    ("zephyr:access=no", lambda device: device.diagnose(), dfutrigger.AccessError),
    ("jabra:access=no", lambda device: device.trigger(), dfutrigger.AccessError),
    ("zephyr:leave=no", lambda device: device.trigger(), dfutrigger.DeviceError),
    ("zephyr:return=no", lambda device: device.trigger(), dfutrigger.TimeoutError),
    ("zephyr:return-as=application", lambda device: device.trigger(), dfutrigger.MismatchError),
])
def test_an_error_that_a_device_makes_names_it(spec, job, error):
    with dfutrigger.Virtual() as bus:
        bus.plug(spec, port="1-4")
        bus.plug("zephyr", port="1-5", serial="second")
        device = bus.context.find(path="1-4")
        with pytest.raises(error) as caught:
            job(device)
        assert caught.value.device == device and caught.value.device.path == "1-4"
        assert caught.value.device.serial_number == device.serial_number


def test_what_was_cancelled_names_its_device(board, image):
    device = board.devices()[0]

    with device.session() as session:
        session.start_update(image, progress=lambda progress: session.cancel())
        with pytest.raises(dfutrigger.CancelledError) as caught:
            session.run()
    assert caught.value.device == device


def test_an_error_of_a_handler_keeps_its_own_device(board, image):
    board.plug("zephyr", serial="second")
    first, second = board.devices()

    def fail(progress):
        second.command("nothing-like-that")

    with pytest.raises(dfutrigger.NotFoundError) as caught:
        first.update(image, progress=fail)
    assert caught.value.device == second


def test_an_error_never_has_the_words_of_another(board, image, tmp_path):
    """An image has words of its own; a session that goes on, or has ended, keeps its own when another start is refused."""
    image = dfutrigger.Image.load(image.segments[0].data, context=board.context)
    with pytest.raises(dfutrigger.NotFoundError) as earlier:
        board.context.find(path="9-9")
    for call in (lambda: image.wrap_mcuboot("1.0.0"), lambda: image.save(tmp_path / "none" / "x.bin")):
        with pytest.raises(dfutrigger.Error) as caught:
            call()
        assert str(caught.value) != str(earlier.value) and str(caught.value)
    with pytest.raises(dfutrigger.UsageError, match="nothing-like-that"):
        image.convert("nothing-like-that")
    session = dfutrigger.Session(board.context.find())
    session.start_trigger()
    session.run()
    with pytest.raises(dfutrigger.UsageError, match="started before"):
        session.start_trigger()
    assert "started before" not in session.message


def test_session_fails_with_what_happened(board, image):
    board.virtual_device.add_fault(FaultKind.UNPLUG, request=10)
    session = dfutrigger.find().session()
    session.start_update(image)
    with pytest.raises(dfutrigger.GoneError) as caught:
        session.run()
    assert str(caught.value) == session.message and caught.value.errno == errno.ENODEV
    assert session.state is State.FAILED and session.has_ended


def test_session_has_a_plan(board, image):
    with dfutrigger.find().session() as session:
        session.plan_update(image)
        assert session.plan and session.state is State.NEW
        session.start_update(image)
        assert [step.state for step in session.plan][:1] == [State.TRIGGERING]
        assert any(step.bytes == image.size for step in session.plan)
        assert all(step.text and step.time >= 0 for step in session.plan)
        assert board.virtual_device.request_count == 0


def test_session_diagnoses(board):
    with dfutrigger.find().session() as session:
        session.start_diagnose()
        session.run()
        assert "can be updated" in session.message and not session.hint_line


def test_session_is_started_once(board):
    session = dfutrigger.find().session()
    with pytest.raises(dfutrigger.UsageError):
        session.run()
    session.start_trigger()
    with pytest.raises(dfutrigger.UsageError):
        session.start_trigger()
    assert session.run().device.mode is Mode.BOOTLOADER


def test_closed_objects_say_so(board):
    session = dfutrigger.find().session()
    session.close()
    session.close()
    session.cancel()
    with pytest.raises(ValueError, match="closed"):
        session.start_trigger()
    handle = dfutrigger.find().open()
    handle.close()
    with pytest.raises(ValueError, match="closed"):
        handle.reset()


def test_times_are_seconds_or_timedelta(board):
    board.virtual_device.add_fault(FaultKind.LOST_ANSWER, request=0)
    for return_timeout in (5, 2.5, datetime.timedelta(seconds=3)):
        with dfutrigger.find().session() as session:
            session.set_options(return_timeout=return_timeout)
    with pytest.raises(ValueError):
        dfutrigger.find().trigger(return_timeout=-1)


def test_custom_triggers():
    with dfutrigger.Virtual("zephyr") as bus, bus.find().session() as session:
        session.set_trigger_request(0x21, 0, 1000, 0)
        session.start_trigger()
        assert session.run().device.mode is Mode.BOOTLOADER
    with dfutrigger.Virtual("leonardo") as bus, bus.find().session() as session:
        session.set_trigger_touch(1200)
        session.start_trigger()
        assert session.run().device.mode is Mode.BOOTLOADER


def test_conversion_and_key_that_do_not_fit_are_told(image, tmp_path):
    with pytest.raises(dfutrigger.UsageError, match="there is no format"):
        image.convert("zip")
    with pytest.raises(dfutrigger.UnsupportedError, match="has no signature that can be checked"):
        image.verify_signature(tmp_path / "public.pem")


def test_image_facts(image, tmp_path):
    assert (image.format, len(image)) == ("mcuboot", image.size)
    assert ("mcuboot", "version", "1.2.3") in image.info
    assert image.ids is None
    image.set_suffix(0x1234)
    assert image.ids == (0x1234, None, None)
    image.remove_suffix()
    assert image.ids is None
    assert len(image.segments) == 1 and image.segments[0].address is None and image.segments[0].alternate is None
    image.save(tmp_path / "file")
    assert dfutrigger.Image.load(tmp_path / "file").size == image.size
    with pytest.raises(dfutrigger.NotFoundError):
        dfutrigger.Image.load(tmp_path / "none")
    with pytest.raises(dfutrigger.UsageError):
        image.wrap_mcuboot("1.0.0")


NASTY = "a\u202eb\u009bc\nd\u2066e\x1b[31m"


def is_harmless(text):
    return not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 or character in "\u061c\u200e\u200f"
                   or "\u2028" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in text)


def test_no_error_drives_a_terminal(board, tmp_path):
    assert not is_harmless(NASTY)
    page = tmp_path / NASTY
    page.write_bytes(b"<!DOCTYPE html><html></html>")
    calls = [lambda: dfutrigger.Image.load(page), lambda: dfutrigger.Image.load(tmp_path / ("none" + NASTY)),
             lambda: dfutrigger.find(path=NASTY), lambda: dfutrigger.find(serial_number=NASTY),
             lambda: dfutrigger.Context().load_devices(page), lambda: board.find().command(NASTY),
             lambda: board.find().trigger(NASTY)]
    for number, call in enumerate(calls):
        with pytest.raises(dfutrigger.Error) as caught:
            call()
        for text in (str(caught.value), caught.value.hint or ""):
            assert is_harmless(text), (number, text)
        assert "?" in str(caught.value), number


def test_no_attribute_drives_a_terminal():
    with dfutrigger.Virtual() as bus:
        bus.plug("dfu", serial="S\u202e\u009bT")
        device = bus.context.find(path="1-1")
        for text in (device.serial_number, device.product or "", repr(device), str(device)):
            assert is_harmless(text), text
        assert device.serial_number == "S??T"


def test_large_image_stays_in_its_file(tmp_path):
    path = tmp_path / "root.img"
    with open(path, "wb") as file:
        file.truncate(130 << 20)
        file.seek(100 << 20)
        file.write(b"firmware")
    image = dfutrigger.Image.load(path)
    segment, = image.segments
    assert segment.data is None and segment.size == image.size == 130 << 20
    assert image.read(10, (100 << 20) - 1) == b"\0firmware\0"
    assert image.read(offset=(130 << 20) - 3) == bytes(3)
    with pytest.raises(dfutrigger.UsageError):
        image.read(4, (130 << 20) - 3)
    with pytest.raises(dfutrigger.NotFoundError):
        image.read(1, 0, 1)
    with open(path, "r+b") as file:
        file.seek(100 << 20)
        file.write(b"F")
    with pytest.raises(dfutrigger.TransferError, match="changed after it was judged"):
        image.read(10, 100 << 20)


def test_image_is_read_in_parts(image):
    assert image.read() == image.segments[0].data
    assert image.read(10, 5) == image.segments[0].data[5:15] and image.segments[0].size == image.size


def test_image_fits_device(board, image):
    image.check(board.find())
    image.set_suffix(0x1234)
    with pytest.raises(dfutrigger.MismatchError):
        image.check(board.find())
    image.check(board.find(), force=Check.IDS)


def test_raw_access(board):
    with board.find().open() as handle:
        assert handle.control_in(0x80, 6, 0x0100, 0, 18) == board.find().descriptors[:18]
        assert handle.control_in(0xA1, 3, 0, 0, 6)[4] == 0
        assert handle.control(0x21, 0, 1000, 0) == 0
        with pytest.raises(ValueError):
            handle.control(0x80, 6)
    assert [record.request for record in board.virtual_device.record if record.event is RecordEvent.CONTROL] == [6, 3, 0]


def test_raw_access_to_serial_ports_and_reports():
    with dfutrigger.Virtual("nrf52840-keyboard") as bus, bus.find().open() as handle:
        handle.set_line_coding(115200)
        handle.set_lines(dtr=False)
        assert handle.write_serial(b"hello") == 5
        with pytest.raises(dfutrigger.TimeoutError):
            handle.read_report(8, timeout=0.1)
        handle.send_report(dfutrigger.ReportType.OUTPUT, 0, b"\x01")
    with dfutrigger.Virtual("leonardo") as bus, bus.find().open() as handle:
        handle.touch()


def test_virtual_device_from_its_own_side(board):
    device = board.virtual_device
    assert device.is_present
    device.unplug()
    assert not device.is_present and board.devices() == []
    device.replug()
    assert len(board.devices()) == 1
    device.press_reset()
    with pytest.raises(KeyError):
        device.memory("nothing")
    with pytest.raises(dfutrigger.UsageError):
        device.set_memory("slot0", b"x", 1 << 30)
    with pytest.raises(dfutrigger.NotFoundError):
        board.plug("nothing-like-that")
    with pytest.raises(dfutrigger.UsageError):
        board.plug("zephyr", nothing="yes")
    with pytest.raises(dfutrigger.BusyError):
        board.plug("zephyr", port="1-1")
    device.clear_record()
    assert device.record == ()
    assert "zephyr" in [model.name for model in dfutrigger.models()]


def test_formats_and_families():
    formats = {one.name: one for one in dfutrigger.formats()}
    assert formats["ihex"].text == "Intel HEX file"
    assert formats["ihex"].traits & dfutrigger.FormatTrait.WRITTEN
    assert not formats["elf"].traits & dfutrigger.FormatTrait.WRITTEN
    image = dfutrigger.Image.load(bytes(range(64)), force=dfutrigger.Check.FORMAT)
    assert image.format in formats
    image.set_address(0x10000000)
    for one in formats.values():
        if one.traits & dfutrigger.FormatTrait.WRITTEN:
            image.convert(one.name)
            assert image.format == one.name
        elif one.name != image.format:
            with pytest.raises(dfutrigger.UnsupportedError):
                image.convert(one.name)
    assert "rp2040" in dfutrigger.families()


def test_protocols():
    protocols = {one.name: one for one in dfutrigger.protocols()}
    assert protocols["sonix-isp"] == ("sonix-isp", "SONiX's ISP", ())
    assert protocols["picoboot"].parts == ("rp2040", "rp2350")
    assert "atmega32u4" in protocols["atmel-flip"].parts
    with dfutrigger.Virtual("zephyr") as board:
        for number, name in enumerate(protocols):
            board.context.set_protocol(0x1209, number, name)


def test_state_of_a_virtual_device_is_saved(tmp_path):
    path = tmp_path / "board.bin"
    bus = dfutrigger.Virtual("zephyr", state=str(path))
    bus.save()
    assert path.read_bytes().startswith(b"dfutrigger-sim 1")
    bus = dfutrigger.Virtual("zephyr", state=str(tmp_path / "none" / "board.bin"))
    with pytest.raises(dfutrigger.TransferError, match="none/board.bin: the state .* can't be saved: No such file"):
        bus.save()
    with pytest.warns(RuntimeWarning, match="none/board.bin"):
        del bus
        gc.collect()


def test_options_of_virtual_devices_are_quoted():
    with dfutrigger.Virtual("nrf52840-keyboard", serial="a,b\\c", leave=False) as bus:
        assert bus.find().serial_number == "a,b\\c"
        with pytest.raises(dfutrigger.DeviceError):
            bus.find().trigger()


def test_device_handler_is_told(board):
    seen = []
    board.context.set_device_handler(lambda event, device: seen.append((event.name, device.mode.name)))
    board.context.dispatch()
    board.find().trigger()
    assert seen == [("ARRIVED", "APPLICATION"), ("LEFT", "APPLICATION"), ("ARRIVED", "BOOTLOADER")]

    def fail(event, device):
        raise RuntimeError("handler")

    board.context.set_device_handler(fail)
    with pytest.raises(RuntimeError, match="handler"):
        board.context.dispatch()
    board.context.set_device_handler(None)
    board.context.dispatch()


def test_log_handler_is_told(board, caplog):
    lines = []
    board.context.set_log_handler(lambda level, text: lines.append((level, text)), dfutrigger.LogLevel.DEBUG)
    board.find().trigger()
    assert any("control" in text for level, text in lines if level is dfutrigger.LogLevel.DEBUG)
    board.context.log_to_logging(dfutrigger.LogLevel.DEBUG)
    with caplog.at_level("DEBUG", "dfutrigger"):
        board.virtual_device.press_reset()
        while not board.devices():
            board.context.dispatch(1)
    assert caplog.records
    board.context.set_log_handler(None)


def test_device_files(board, tmp_path):
    file = tmp_path / "devices.json"
    file.write_text("{")
    with pytest.raises(dfutrigger.UsageError, match=":1:2: "):
        board.context.load_devices(file)
    with pytest.raises(dfutrigger.NotFoundError):
        board.context.load_devices(tmp_path / "none")


def test_the_default_context_follows_virtual_buses():
    outer = dfutrigger.get_default_context()
    with dfutrigger.Virtual("zephyr") as one:
        assert dfutrigger.get_default_context() is one.context
        with dfutrigger.Virtual("jabra") as other:
            assert dfutrigger.devices() == other.devices()
        assert dfutrigger.devices() == one.devices()
    assert dfutrigger.get_default_context() is outer


# asyncio


def run_all(bus, image, count):
    async def update(device):
        async with dfutrigger.Session(device) as session:
            return await session.update(image)

    async def gather():
        return await asyncio.gather(*map(update, bus.devices()))

    outcomes = asyncio.run(gather())
    assert len(outcomes) == count and all(outcome.verified is Verified.YES for outcome in outcomes)


@pytest.mark.parametrize("real_time", [False, True])
def test_many_at_once_on_asyncio(image, real_time):
    bus = dfutrigger.Virtual(real_time=real_time)
    for _ in range(10):
        bus.plug("zephyr", poll_ms=0, erase_ms=0)
    run_all(bus, image, 10)
    assert bus.breaches == ()
    assert all(device.memory("slot1").startswith(image.segments[0].data) for device in bus.plugged)


def test_asyncio_goes_on_meanwhile(image):
    bus = dfutrigger.Virtual("zephyr", real_time=True)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def work():
        task = asyncio.ensure_future(tick())
        async with bus.find().session() as session:
            bootloader = await session.trigger()
        task.cancel()
        return bootloader

    assert asyncio.run(work()).mode is Mode.BOOTLOADER
    assert ticks > 5


def test_cancelling_a_task_cancels_its_session(image):
    bus = dfutrigger.Virtual("zephyr", real_time=True)

    async def work():
        session = bus.find().session()
        task = asyncio.ensure_future(session.update(image))
        while session.state is not State.DOWNLOADING:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert session.state is State.CANCELLED or session.has_ended
        assert (await bus.find().session().update(image)).verified is Verified.YES

    asyncio.run(work())


def test_exception_in_progress_comes_out_of_await(image):
    bus = dfutrigger.Virtual()
    bus.plug("zephyr")
    bus.plug("zephyr")

    def fail(progress):
        raise ZeroDivisionError

    async def work():
        first, second = (device.session() for device in bus.devices())
        return await asyncio.gather(first.update(image, progress=fail), second.update(image), return_exceptions=True)

    failed, done = asyncio.run(work())
    assert isinstance(failed, ZeroDivisionError) and done.verified is Verified.YES


def test_await_other_jobs(board):
    board.virtual_device.set_memory("slot0", b"firmware")

    async def work():
        session = board.find().session()
        session.set_options(upload_size=8, alternate=0)
        data = await session.upload()
        with pytest.raises(dfutrigger.UsageError):
            await board.find().session().wait()
        with pytest.raises(dfutrigger.UnsupportedError):
            await board.find().session().probe()
        return data

    assert asyncio.run(work()) == b"firmware"
    from dfutrigger import _aio

    assert _aio.drivers == {}


def test_nothing_is_loaded_before_it_is_used():
    import subprocess

    code = "import sys, dfutrigger; print([name for name in sys.modules if name.startswith('dfutrigger.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    gc.collect()


def test_protocol_is_named():
    with dfutrigger.Virtual("leonardo") as board:
        board.context.set_protocol(0x2341, 0x8036, "nordic-serial", interface=0)
        device, = board.devices()
        assert device.mode is dfutrigger.Mode.BOOTLOADER and device.protocol == "nordic-serial"
        with pytest.raises(dfutrigger.UsageError) as refusal:
            board.context.set_protocol(0x2341, 0x8036, "smtp")
        assert "nordic-serial" in refusal.value.hint


SESSION = """\
{"dfutrigger-session": 1, "by": "a test", "system": "linux", "clock": "own", "data": "hashed", "names": "replaced"}
{"at": 0, "event": "log", "level": "info", "text": "a board is there"}
{"at": 1500, "event": "result", "path": "1-1", "code": "io", "text": "block 17 of 128", "hint": ""}
{"at": 1500, "event": "end"}
"""


def test_recording_is_explained(board, tmp_path):
    path = tmp_path / "session.jsonl"
    path.write_text(SESSION)
    lines = board.context.explain(path)
    assert lines[0] == "   0.000 s  info: a board is there"
    assert "block 17 of 128" in lines[1]
    path.write_text("{}\n")
    with pytest.raises(dfutrigger.UsageError, match="line 1"):
        board.context.explain(path)
    with pytest.raises(dfutrigger.TransferError):
        board.context.explain(tmp_path / "none")


def test_report_is_written(board, tmp_path):
    path, session = tmp_path / "report.txt", tmp_path / "session.jsonl"
    session.write_text(SESSION)
    board.context.report(path, session)
    text = path.read_text()
    assert "== Device 1-1, 2fe3:0005" in text and text.endswith(SESSION)
    assert board.find().serial_number not in text
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(dfutrigger.TransferError) as caught:
        board.context.report(path)
    assert "another name" in caught.value.hint
    path.unlink()
    board.context.report(path, plain=True)
    assert board.find().serial_number in path.read_text()
