# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Scripts written for pyusb, below `import dfutrigger as usb`."""

import concurrent.futures
import errno
import pathlib
import re

import pytest

import dfutrigger as usb
from dfutrigger import FaultKind, RecordEvent

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
SNIPPET = (DATA / "nordic-trigger-snippet.py").read_text(encoding="utf-8")
DUMP = (DATA / "nrf52840-keyboard.txt").read_text(encoding="utf-8")
# An expected code, errno and class for each way to fail
FAILURES = {
    FaultKind.STALL: (usb.core.USBError, -9, errno.EPIPE, "Pipe error"),
    FaultKind.TIMEOUT: (usb.core.USBTimeoutError, -7, errno.ETIMEDOUT, "Operation timed out"),
    FaultKind.UNPLUG: (usb.core.USBError, -4, errno.ENODEV, "No such device (it may have been disconnected)"),
}


def hide_place(text):
    """Bus and address are another machine's, and so is the length of the line behind them."""
    text = re.sub(r"on Bus \d+ Address \d+ =+", "on Bus", text[text.index("DEVICE ID"):])
    return [line.rstrip() for line in text.strip().splitlines()]


def wait_until_back(bus):
    while not bus.devices():
        bus.context.dispatch(1)
    return bus.devices()[0]


def test_the_snippet_of_the_source_document_triggers():
    with usb.Virtual("nrf52840-keyboard", vid="05ac", pid="0256") as bus:
        names = {"usb": usb}
        exec(SNIPPET, names)
        assert isinstance(names["dev"], usb.core.Device) and names["bmRequestType"] == 0x20
        requests = [record for record in bus.virtual_device.record if record.event is RecordEvent.CONTROL]
        assert [(record.request_type, record.request, record.value, record.index, record.length)
                for record in requests] == [(0x20, 0, 0, 0, 0)]
        bootloader = wait_until_back(bus)
        assert (bootloader.vendor_id, bootloader.product_id) == (0x1915, 0x521F)
        assert bus.virtual_device.mode == "bootloader" and bus.breaches == ()


def test_the_snippet_finds_nothing_without_the_keyboard():
    with usb.Virtual("nrf52840-keyboard"):
        with pytest.raises(AttributeError, match="NoneType"):
            exec(SNIPPET, {"usb": usb})


def test_a_printed_device_is_the_dump_of_the_source_document():
    with usb.Virtual("nrf52840-keyboard"):
        text = str(usb.core.find(idVendor=0x1915, idProduct=0x520F))
    assert hide_place(text) == hide_place(DUMP)


def test_backend_without_a_library():
    with usb.Virtual("zephyr"):
        asked = []
        assert usb.backend.libusb1.get_backend(find_library=asked.append) is None
        assert asked == ["usb-1.0", "libusb-1.0", "usb"]
        backend = usb.backend.libusb1.get_backend(find_library=lambda name: "/lib/anything.so")
        assert backend is not None and usb.backend.libusb1.get_backend() is backend
        # As in pyusb, what was found once stays found.
        assert usb.backend.libusb1.get_backend(find_library=lambda name: None) is backend
        assert usb.core.find(backend=backend).backend is backend


def test_find():
    with usb.Virtual("nrf52840-keyboard", serial="A") as bus:
        bus.plug("nrf52840-keyboard", serial="B")
        bus.plug("zephyr")
        assert usb.core.find(idVendor=0x1234) is None
        assert usb.core.find(no_such_attribute=1) is None
        assert usb.core.find(serial_number="B").port_numbers == (2,)
        assert list(usb.core.find(find_all=True, idVendor=0xFFFF)) == []
        assert len(list(usb.core.find(True))) == 3
        assert usb.core.find(custom_match=lambda device: device.idVendor == 0x2FE3).port_number == 3
        devices = usb.core.find(find_all=True)
        assert iter(devices) is devices
        with pytest.raises(ZeroDivisionError):
            usb.core.find(custom_match=lambda device: 1 / 0)
        first, again = usb.core.find(), usb.core.find()
        assert first == again and hash(first) == hash(again) and first is not again and first != 1
        assert first.parent is None and (first.bus, first.address) == (1, 1)


def test_no_backend(monkeypatch):
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda: None)
    with pytest.raises(usb.core.NoBackendError) as caught:
        usb.core.find()
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.name)
def test_control_transfers_fail_as_in_pyusb(kind):
    expected, code, number, text = FAILURES[kind]
    with usb.Virtual("zephyr") as bus:
        dev = usb.core.find()
        bus.virtual_device.add_fault(kind)
        with pytest.raises(usb.core.USBError) as caught:
            dev.ctrl_transfer(0x80, 6, 0x0100, 0, 18, timeout=100)
        error = caught.value
        assert type(error) is expected and isinstance(error, IOError)
        assert (error.backend_error_code, error.errno, error.strerror) == (code, number, text)
        assert str(error) == f"[Errno {number}] {text}"


def test_busy_and_missing_interfaces():
    with usb.Virtual("zephyr"):
        one, other = usb.core.find(), usb.core.find()
        usb.util.claim_interface(one, 0)
        with pytest.raises(usb.core.USBError) as caught:
            other.ctrl_transfer(0xA1, 3, 0, 0, 6)
        assert (caught.value.errno, caught.value.backend_error_code) == (errno.EBUSY, -6)
        usb.util.dispose_resources(one)
        assert len(other.ctrl_transfer(0xA1, 3, 0, 0, 6)) == 6
        with pytest.raises(usb.core.USBError) as caught:
            usb.util.claim_interface(one, 7)
        assert (caught.value.errno, caught.value.backend_error_code) == (errno.ENOENT, -5)


def test_devices_that_are_gone():
    with usb.Virtual("zephyr") as bus:
        opened, fresh = usb.core.find(), usb.core.find()
        opened.get_active_configuration()
        bus.virtual_device.unplug()
        for call in (lambda: opened.ctrl_transfer(0x80, 0, 0, 0, 2), lambda: fresh.ctrl_transfer(0x80, 0, 0, 0, 2)):
            with pytest.raises(usb.core.USBError) as caught:
                call()
            assert caught.value.errno == errno.ENODEV
        usb.util.dispose_resources(opened)
        assert usb.core.find() is None and fresh.langids == ()
        with pytest.raises(ValueError, match="langid"):
            fresh.product


def test_isochronous_says_that_it_is_out():
    with usb.Virtual("zephyr"):
        backend = usb.backend.libusb1.get_backend()
        for call in (backend.iso_read, backend.iso_write):
            with pytest.raises(NotImplementedError, match="isochronous"):
                call(None, 0x81, 0, usb.util.create_buffer(1), 1000)


def test_a_call_inside_a_handler_is_busy():
    with usb.Virtual("zephyr") as bus:
        bus.plug("zephyr")
        dev = usb.core.find(port_number=2)
        seen = []

        def call(progress):
            for function in (lambda: dev.ctrl_transfer(0x80, 0, 0, 0, 2), lambda: usb.core.find(),
                             lambda: usb.util.claim_interface(dev, 0)):
                with pytest.raises(usb.core.USBError) as caught:
                    function()
                seen.append((caught.value.errno, caught.value.backend_error_code))

        bus.devices()[0].trigger(progress=call)
        assert seen and set(seen) == {(errno.EBUSY, -6)}
        assert len(dev.ctrl_transfer(0x80, 0, 0, 0, 2)) == 2


def test_one_device_from_many_threads():
    with usb.Virtual("zephyr"):
        dev = usb.core.find()

        def work(_):
            for _ in range(100):
                assert len(dev.ctrl_transfer(0xA1, 3, 0, 0, 6)) == 6
                assert dev.product == "USBD DFU sample"
                assert dev.get_active_configuration().bConfigurationValue == 1
            return True

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(8)))


def test_large_transfers_are_whole_packets():
    with usb.Virtual("nrf52840-keyboard") as bus:
        dev = usb.core.find()
        for number in (1, 2):
            dev.detach_kernel_driver(number)
        bus.virtual_device.clear_record()
        assert dev.write(0x03, bytes(200000), 1000) == 200000
        lengths = [record.length for record in bus.virtual_device.record if record.event is RecordEvent.ENDPOINT]
        assert sum(lengths) == 200000 and all(length % 64 == 0 for length in lengths[:-1])


def test_descriptors_that_are_broken_are_no_danger():
    from dfutrigger.backend import libusb1

    whole = bytes.fromhex("09022000010100e032 0904000002ff010100 0705810240 0000 0705010240 0001 0324aa")
    for end in range(len(whole) + 1):
        for configuration in libusb1._parse(whole[:end]):
            for interface in configuration.interfaces:
                assert all(endpoint.bLength for alternate in interface for endpoint in alternate.endpoints)
    assert libusb1._parse(b"\x00" * 20) == []
    assert libusb1._parse(b"\x07\x05\x81\x02\x40\x00\x00") == []


def test_updates_from_a_pyusb_device(image):
    with usb.Virtual("zephyr"):
        dev = usb.core.find(idVendor=0x2FE3)
        assert dev.updatable == usb.find()
        assert dev.updatable.update(image).verified is usb.Verified.YES


def test_hints_come_along():
    error = usb.core.USBError("text")
    assert error.hint == "" and error.errno is None and error.backend_error_code is None


@pytest.mark.parametrize("name", ["legacy", "busses", "Bus", "DeviceHandle"])
def test_what_is_of_pyusb_0_says_what_is_in_its_place(name):
    assert not hasattr(usb, name)
    with pytest.raises(AttributeError, match=rf"no {name} of pyusb 0.x: dfutrigger.core.find\(\)"):
        getattr(usb, name)


@pytest.mark.parametrize("name", ["libusb0", "openusb"])
def test_other_backends_are_told_which_there_is(name):
    with pytest.raises(AttributeError, match="libusb1 reaches all"):
        getattr(usb.backend, name)


def test_errors_have_the_name_of_pyusb():
    with usb.Virtual("zephyr") as bus:
        device = usb.core.find()
        bus.virtual_device.unplug()
        with pytest.raises(usb.USBError):
            usb.control.get_status(device)
