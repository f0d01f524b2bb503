# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Which device is taken, and which is never taken unasked; waiting for one."""

import threading
import time

import pytest

import dfutrigger
from dfutrigger import Check, Mode, Verified, Verify, Virtual

CORTEX_M = bytes.fromhex("00800020 01020000") + bytes(range(256)) * 8


def test_what_only_its_class_describes_must_be_named():
    with Virtual("webcam") as bus:
        camera, = dfutrigger.devices()
        assert camera.title and camera.is_generic and not camera.is_mode_guessed and camera.mode is Mode.APPLICATION
        with pytest.raises(dfutrigger.NotFoundError) as caught:
            dfutrigger.find()
        assert "Integrated Camera" in str(caught.value)
        assert dfutrigger.find(camera.vendor_id, camera.product_id) == camera
        assert dfutrigger.find(path=camera.path) == camera == dfutrigger.find(serial_number=camera.serial_number)
        assert bus.virtual_device.request_count == 0


def test_holders_are_told():
    with Virtual("nrf52840-keyboard:holder=modem-manager") as bus:
        keyboard = bus.find()
        assert [tuple(holder) for holder in keyboard.holders()] == [
            (0, "usbhid", ""), (1, "cdc_acm", "ModemManager (process 311)"), (2, "cdc_acm", "")]
        bus.virtual_device.unplug()
        dfutrigger.devices()
        with pytest.raises(dfutrigger.GoneError):
            keyboard.holders()
    with Virtual("zephyr") as bus:
        assert bus.find().holders() == ()


def test_a_bootloader_is_taken_in_front_of_a_bystander():
    with Virtual() as bus:
        bus.plug("webcam")
        bus.plug("stm32f405")
        assert dfutrigger.find().mode is Mode.BOOTLOADER


def test_the_image_chooses():
    with Virtual() as bus:
        bus.plug("dfu:pid=0001")
        bus.plug("dfu:pid=0002")
        with pytest.raises(dfutrigger.NotFoundError):
            dfutrigger.find()
        image = dfutrigger.Image.load(CORTEX_M)
        with pytest.raises(dfutrigger.NotFoundError):
            dfutrigger.find(image=image)
        image.set_suffix(0x1209, 0x0002)
        assert dfutrigger.find(image=image).product_id == 2
        # In its bytes, as everywhere
        with pytest.raises(dfutrigger.ImageError):
            dfutrigger.find(image=b"<!DOCTYPE html><html></html>")
        with pytest.raises(dfutrigger.NotFoundError):
            dfutrigger.find(image=b"<!DOCTYPE html><html></html>", force=Check.FORMAT)
        with pytest.raises(TypeError):
            dfutrigger.find(image=bus)


def test_guesses_are_marked_and_overruled():
    with Virtual("dfu:version=1.0"):
        device, = dfutrigger.devices()
        assert device.is_mode_guessed and device.mode is Mode.BOOTLOADER
        said = dfutrigger.find(device.vendor_id, device.product_id, bootloader_vendor_id=0x1234,
                               bootloader_product_id=0x5678)
        assert said.mode is Mode.APPLICATION


def test_wait_finds_what_is_there(board, image):
    assert dfutrigger.wait() == dfutrigger.find() == board.context.wait(0x2FE3, image=image, timeout=0)


def test_wait_ends():
    with Virtual("webcam") as bus:
        begun = bus.time
        with pytest.raises(TimeoutError) as caught:
            dfutrigger.wait(timeout=2.05)
        assert isinstance(caught.value, dfutrigger.TimeoutError)
        assert "waited 2050 ms" in str(caught.value) and "Integrated Camera" in str(caught.value)
        assert 2.05 <= bus.time - begun < 2.1
        with pytest.raises(ValueError):
            dfutrigger.wait(timeout=-1)


def test_wait_is_over_when_it_comes():
    """Another thread uses the context meanwhile."""
    with Virtual(real_time=True) as bus:
        timer = threading.Timer(0.3, bus.plug, ["zephyr"])
        timer.start()
        begun = time.monotonic()
        assert dfutrigger.wait(timeout=30).product == "USBD DFU sample"
        assert 0.2 < time.monotonic() - begun < 20
        timer.join()


def test_wait_is_told_at_once_what_is_ambiguous():
    with Virtual() as bus:
        bus.plug("zephyr")
        bus.plug("zephyr")
        with pytest.raises(dfutrigger.AmbiguousError):
            dfutrigger.wait()


def test_wait_inside_a_handler_is_refused(board, image):
    with pytest.raises(dfutrigger.UsageError):
        board.find().update(image, progress=lambda progress: dfutrigger.wait(timeout=1))


def test_ids_of_the_bootloader_are_enough_for_an_unknown_board():
    with Virtual("cdc-board:boot-vid=1234,boot-pid=5678") as bus:
        board, = dfutrigger.devices(0x1209)
        with board.session() as session:
            session.set_options(bootloader_ids=(0x1234, 0x5678), verify=Verify.ALWAYS)
            session.set_trigger_touch(1200)
            session.start_update(dfutrigger.Image.load(CORTEX_M))
            outcome = session.run()
        assert outcome.verified is Verified.YES and bus.breaches == ()


@pytest.mark.parametrize("job", [
    lambda device, ids: device.trigger(bootloader_ids=ids),
    lambda device, ids: device.update(CORTEX_M, bootloader_ids=ids, force=Check.FORMAT),
    lambda device, ids: device.upload(bootloader_ids=ids),
])
def test_what_comes_back_with_other_ids_is_refused(job):
    with Virtual("dfu") as bus:
        device = bus.context.find(path="1-1")
        with pytest.raises((dfutrigger.MismatchError, dfutrigger.TimeoutError)):
            job(device, (0x1234, 0x5678))


def test_a_keyboard_in_one_call():
    for bootloader in ("dfu", "stm32"):
        with Virtual(f"via-keyboard:bootloader={bootloader}") as bus:
            keyboard = bus.find()
            assert keyboard.protocol == "" and keyboard.triggers == ("via-bootloader",)
            firmware = bytes.fromhex("00800020 01000008") + CORTEX_M[8:]
            assert keyboard.update(firmware, verify=Verify.ALWAYS).verified is Verified.YES
