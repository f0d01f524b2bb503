# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The same scripts under pyusb and under the mirror, on the same virtual devices: results, exceptions and texts are equal.

pyusb's own core and util run on the mirror's backend, whose errors are made pyusb's.
"""

import array
import io
import sys
import types

import pytest
import usb
import usb.backend
import usb.control
import usb.core
import usb.util

import dfutrigger
from dfutrigger import FaultKind

VIA = ("via-keyboard", {})
KEYBOARD = ("nrf52840-keyboard", {})
ZEPHYR = ("zephyr", {"stack": "new"})


class Adapter(usb.backend.IBackend):
    """The mirror's backend with pyusb's exceptions."""

    def __init__(self, backend):
        super().__init__()
        self.inner = backend

    def __getattribute__(self, name):
        function = getattr(dfutrigger.backend.libusb1.Backend, name, None)
        if name.startswith("_") or function is None:
            return super().__getattribute__(name)
        inner = getattr(super().__getattribute__("inner"), name)

        def call(*arguments):
            try:
                return inner(*arguments)
            except dfutrigger.core.USBError as error:
                kind = getattr(usb.core, type(error).__name__)
                raise kind(error.strerror, error.backend_error_code, error.errno) from None

        return call


def outcome(function, *arguments, **keywords):
    """What a call gave, or how it failed, in a form that can be compared."""
    try:
        result = function(*arguments, **keywords)
    except Exception as error:
        return (type(error).__name__, str(error), getattr(error, "errno", None),
                getattr(error, "backend_error_code", None))
    if isinstance(result, (int, str, tuple, bool, list, array.array, type(None))):
        return result
    return repr(result)


def run_both(scenario, model):
    """Runs a scenario under both modules, each with a bus of its own."""
    name, options = model
    results = []
    for module in (usb, dfutrigger):
        with dfutrigger.Virtual(name, **options) as bus:
            backend = dfutrigger.backend.libusb1.get_backend()
            if module is usb:
                backend = Adapter(backend)
            script = types.SimpleNamespace(control=module.control, core=module.core, util=module.util)
            log = []
            scenario(script, backend, bus, lambda *arguments, **keywords: log.append(outcome(*arguments, **keywords)))
            results.append(log)
    assert results[0], "the scenario tells nothing"
    assert results[1] == results[0]


# "dump" and "replay" are what a file says.
@pytest.mark.parametrize("model", [model.name for model in dfutrigger.models() if model.name not in ("dump", "replay")])
def test_printed_devices(model):
    def scenario(usb, backend, bus, tell):
        for dev in usb.core.find(find_all=True, backend=backend):
            tell(str, dev)
            tell(repr, dev)
            for cfg in dev:
                tell(repr, cfg)
                tell(lambda: cfg.extra_descriptors)
                for intf in cfg:
                    tell(repr, intf)
                    tell(lambda: intf.extra_descriptors)
                    for ep in intf:
                        tell(repr, ep)
                        tell(lambda: (ep.bRefresh, ep.bSynchAddress, ep.extra_descriptors))
        tell(repr, usb.core.show_devices(backend=backend))
        tell(repr, usb.core.show_devices(verbose=True, backend=backend))

    run_both(scenario, (model, {}))


def test_strings_that_cannot_be_read():
    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        bus.virtual_device.add_fault(FaultKind.STALL, times=100)
        tell(str, dev)
        tell(lambda: dev.langids)
        tell(lambda: dev.product)
        bus.virtual_device.clear_faults()
        tell(lambda: dev.langids)
        fresh = usb.core.find(backend=backend)
        tell(lambda: (fresh.langids, fresh.product, fresh.manufacturer, fresh.serial_number))
        for index, langid in ((0, None), (1, None), (2, 0x0409), (99, None), (1, 0x0407)):
            tell(usb.util.get_string, fresh, index, langid)
        tell(usb.util.get_langids, fresh)

    run_both(scenario, KEYBOARD)


def test_short_and_broken_strings():
    def scenario(usb, backend, bus, tell):
        for kind in (FaultKind.SHORT, FaultKind.GARBAGE, FaultKind.TIMEOUT):
            dev = usb.core.find(backend=backend)
            bus.virtual_device.add_fault(kind, times=2)
            tell(usb.util.get_langids, dev)
            tell(usb.util.get_string, dev, 1, 0x0409)
            bus.virtual_device.clear_faults()

    run_both(scenario, KEYBOARD)


def test_pyusb_documentation_walks_descriptors():
    """The tutorial's example: print all configurations, interfaces and endpoints."""

    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        out = io.StringIO()
        for cfg in dev:
            out.write(str(cfg.bConfigurationValue) + "\n")
            for intf in cfg:
                out.write("\t" + str(intf.bInterfaceNumber) + "," + str(intf.bAlternateSetting) + "\n")
                for ep in intf:
                    out.write("\t\t" + str(ep.bEndpointAddress) + "\n")
        tell(out.getvalue)
        cfg = usb.util.find_descriptor(dev, bConfigurationValue=1)
        tell(repr, cfg)
        cfg = dev[0]
        tell(lambda: repr(cfg[(0, 0)]))
        tell(lambda: repr(cfg[(0, 0)][0]))
        tell(lambda: repr(cfg[(9, 0)]))
        tell(lambda: repr(cfg[(0, 9)]))
        tell(lambda: repr(dev[9]))
        tell(lambda: len(dev.configurations()) + len(cfg.interfaces()) + len(cfg[(0, 0)].endpoints()))
        tell(lambda: len(list(usb.util.find_descriptor(cfg, find_all=True, bInterfaceClass=3))))
        tell(lambda: repr(usb.util.find_descriptor(cfg, custom_match=lambda intf: intf.bInterfaceClass == 10)))
        tell(lambda: repr(usb.util.find_descriptor(cfg, bInterfaceClass=99)))
        tell(lambda: usb.util.find_descriptor(cfg, no_such_attribute=1))
        is_in = lambda ep: usb.util.endpoint_direction(ep.bEndpointAddress) == usb.util.ENDPOINT_IN
        tell(lambda: repr(usb.util.find_descriptor(cfg[(0, 0)], custom_match=is_in)))

    run_both(scenario, KEYBOARD)


def test_pyusb_documentation_writes_and_reads():
    """The tutorial's first script: set the configuration, find an OUT endpoint, write."""

    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        if dev.is_kernel_driver_active(1):
            dev.detach_kernel_driver(1)
        tell(dev.set_configuration)
        dev.detach_kernel_driver(1)
        cfg = dev.get_active_configuration()
        intf = usb.util.find_descriptor(cfg, bInterfaceNumber=1)
        ep = usb.util.find_descriptor(
            intf,
            custom_match=lambda e: usb.util.endpoint_direction(e.bEndpointAddress) == usb.util.ENDPOINT_OUT)
        tell(ep.write, bytes([1]) + bytes(31))
        tell(dev.read, 0x82, 32)
        tell(ep.write, bytes([1]) + bytes(31), 100)
        buffer = usb.util.create_buffer(64)
        tell(dev.read, 0x82, buffer)
        tell(lambda: buffer)
        tell(dev.read, 0x82, 64, 50)
        tell(dev.read, 0x82, 64, timeout=50)
        tell(dev.write, 0x03, "text")
        tell(dev.write, 0x03, [1] + [0] * 31)
        tell(intf[0].read, 32)
        tell(dev.read, 0x8F, 1)
        tell(dev.write, 0x0F, b"1")
        bus.virtual_device.add_fault(FaultKind.STALL)
        tell(dev.write, ep, bytes(32))
        tell(ep.clear_halt)
        tell(dev.clear_halt, 0x82)
        tell(dev.clear_halt, ep)
        tell(dev.clear_halt, 0x8F)

    run_both(scenario, VIA)


def test_pyusb_documentation_makes_control_transfers():
    """The tutorial's loop-back message, and what else ctrl_transfer() takes."""

    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        tell(dev.ctrl_transfer, 0x40, 0, 0, 0, "test")
        tell(dev.ctrl_transfer, 0xC0, 0, 0, 0, 4)
        tell(dev.ctrl_transfer, 0x80, 6, 0x0100, 0, 18)
        tell(dev.ctrl_transfer, 0x80, 6, 0x0100, 0, 8)
        tell(dev.ctrl_transfer, 0x80, 6, 0x0200, 0, 1000)
        tell(dev.ctrl_transfer, 0x80, 6, 0x0100)
        tell(dev.ctrl_transfer, bmRequestType=0x80, bRequest=6, wValue=0x0100, data_or_wLength=2, timeout=500)
        buffer = array.array("B", bytes(30))
        tell(dev.ctrl_transfer, 0x80, 6, 0x0100, 0, buffer)
        tell(lambda: buffer)
        for data in (None, b"", b"abc", bytearray(b"abc"), "abc", [1, 2, 3], (1, 2, 3), array.array("B", b"abc"), 3, 0):
            tell(dev.ctrl_transfer, 0x21, 1, 0, 0, data)
            tell(dev.ctrl_transfer, 0x20, 9, 0, 0, data)
        tell(dev.ctrl_transfer, 0xA1, 3, 0, 0, 6)
        tell(dev.ctrl_transfer, 0xA1, 3, 0, 9, 6)
        tell(dev.ctrl_transfer, 0x80, 8, 0, 0, 1)
        tell(dev.ctrl_transfer, 0x80, 0, 0, 0, 2, 0)
        tell(lambda: dev.default_timeout)
        dev.default_timeout = 50
        bus.virtual_device.add_fault(FaultKind.TIMEOUT)
        tell(dev.ctrl_transfer, 0x80, 0, 0, 0, 2)

        def set_negative():
            dev.default_timeout = -1

        tell(set_negative)
        tell(lambda: [(record.request_type, record.request, record.value, record.index, record.length)
                      for record in bus.virtual_device.record])

    run_both(scenario, ZEPHYR)


def test_standard_control_requests():
    def scenario(usb, backend, bus, tell):
        control = usb.control
        dev = usb.core.find(backend=backend)
        interface = dev[0][(0, 0)]
        endpoint = next((found for one in dev[0] for found in one), None)
        for recipient in (None, interface, endpoint, dev, 1):
            tell(control.get_status, dev, recipient)
            tell(control.set_feature, dev, control.DEVICE_REMOTE_WAKEUP, recipient)
            tell(control.clear_feature, dev, control.DEVICE_REMOTE_WAKEUP, recipient)
        tell(control.clear_feature, dev, control.ENDPOINT_HALT, endpoint)
        tell(control.get_descriptor, dev, 18, 1, 0)
        tell(control.get_descriptor, dev, 255, 3, 1, 0x0409)
        tell(control.get_descriptor, dev, 1, 1, 0)
        tell(control.set_descriptor, dev, b"\4\3a\0", 3, 1, 0x0409)
        tell(control.get_configuration, dev)
        tell(control.set_configuration, dev, 1)
        tell(control.get_interface, dev, 0)
        tell(control.set_interface, dev, 0, 0)
        tell(control.set_interface, dev, 0, 9)
        tell(lambda: [(record.request_type, record.request, record.value, record.index, record.length)
                      for record in bus.virtual_device.record])

    for model in (ZEPHYR, VIA):
        run_both(scenario, model)


def test_configurations_interfaces_and_alternate_settings():
    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        tell(lambda: repr(dev.get_active_configuration()))
        tell(dev.set_interface_altsetting)
        tell(dev.set_interface_altsetting, 0, 1)
        tell(dev.set_interface_altsetting, 0, 9)
        tell(dev.set_interface_altsetting, 9)
        tell(dev.get_active_configuration()[(0, 0)].set_altsetting)
        tell(dev.set_configuration, 1)
        usb.util.release_interface(dev, 0)
        usb.util.release_interface(dev, None)
        usb.util.release_interface(dev, 99)
        tell(dev.set_configuration, 1)
        tell(dev.set_configuration, dev[0])
        tell(dev[0].set)
        tell(dev.set_configuration, 9)
        tell(dev.set_configuration, 0)
        tell(dev.get_active_configuration)
        tell(dev.set_configuration)
        tell(lambda: repr(dev.get_active_configuration()))
        usb.util.claim_interface(dev, dev[0][(0, 0)])
        other = usb.core.find(backend=backend)
        tell(usb.util.claim_interface, other, 0)
        tell(other.set_configuration)
        tell(usb.util.dispose_resources, dev)
        tell(usb.util.claim_interface, other, 0)
        tell(usb.util.claim_interface, other, 77)
        tell(dev.ctrl_transfer, 0x80, 8, 0, 0, 1)

    run_both(scenario, ("zephyr", {"stack": "legacy"}))


def test_kernel_drivers():
    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        for number in (0, 1, 2, 3):
            tell(dev.is_kernel_driver_active, number)
        tell(usb.util.claim_interface, dev, 0)
        tell(dev.attach_kernel_driver, 0)
        tell(dev.detach_kernel_driver, 0)
        tell(dev.detach_kernel_driver, 0)
        tell(dev.is_kernel_driver_active, 0)
        tell(usb.util.claim_interface, dev, 0)
        tell(dev.attach_kernel_driver, 0)
        tell(usb.util.release_interface, dev, 0)
        tell(dev.attach_kernel_driver, 0)
        tell(dev.is_kernel_driver_active, 0)
        tell(dev.attach_kernel_driver, 3)

    run_both(scenario, KEYBOARD)


def test_reset():
    def scenario(usb, backend, bus, tell):
        dev = usb.core.find(backend=backend)
        usb.util.claim_interface(dev, 0)
        tell(dev.reset)
        tell(dev.ctrl_transfer, 0x80, 0, 0, 0, 2)
        tell(dev.ctrl_transfer, 0x21, 0, 1000, 0)
        tell(dev.reset)

    run_both(scenario, ("zephyr", {"stack": "legacy", "will_detach": False}))


def test_find():
    def scenario(usb, backend, bus, tell):
        bus.plug("zephyr")
        bus.plug("nrf52840-keyboard", serial="B")
        for match in ({}, {"idVendor": 0x2FE3}, {"idVendor": 0}, {"nothing": 1}, {"serial_number": "B"}, {"bus": 1, "address": 2},
                      {"port_numbers": (3,)}, {"bDeviceClass": 0xEF}, {"product": None}):
            tell(usb.core.find, backend=backend, **match)
            tell(lambda: list(map(repr, usb.core.find(find_all=True, backend=backend, **match))))
        tell(usb.core.find, backend=backend, custom_match=lambda dev: dev.idProduct == 0x520F)
        tell(usb.core.find, backend=backend, custom_match=lambda dev: dev.nothing)
        one, other = usb.core.find(backend=backend), usb.core.find(backend=backend)
        tell(lambda: (one == other, one != other, hash(one) == hash(other), one == 1))
        tell(lambda: one.parent)

    run_both(scenario, KEYBOARD)


def test_devices_that_leave():
    def scenario(usb, backend, bus, tell):
        opened, fresh = usb.core.find(backend=backend), usb.core.find(backend=backend)
        usb.util.claim_interface(opened, 0)
        bus.virtual_device.add_fault(FaultKind.UNPLUG)
        tell(opened.ctrl_transfer, 0xA1, 3, 0, 0, 6)
        tell(opened.ctrl_transfer, 0xA1, 3, 0, 0, 6)
        tell(usb.util.release_interface, opened, 0)
        tell(usb.util.dispose_resources, opened)
        tell(fresh.set_configuration)
        tell(fresh.reset)
        tell(str, fresh)
        tell(lambda: fresh.langids)
        tell(usb.core.find, backend=backend)

    run_both(scenario, ZEPHYR)


def test_names_are_the_same():
    for name in usb.core.__all__:
        assert name in dfutrigger.core.__all__
    for name in dir(usb.util):
        if not name.startswith("_") and name not in ("array", "operator", "hexversion"):
            assert hasattr(dfutrigger.util, name), name
            if isinstance(getattr(usb.util, name), int):
                assert getattr(dfutrigger.util, name) == getattr(usb.util, name), name
    assert sorted(usb.control.__all__) == sorted(dfutrigger.control.__all__)
    for name in usb.control.__all__:
        if name.isupper():
            assert getattr(dfutrigger.control, name) == getattr(usb.control, name), name
    assert dfutrigger.USBError is dfutrigger.core.USBError and usb.USBError is usb.core.USBError
    for kind in ("Device", "Configuration", "Interface", "Endpoint"):
        for name in dir(getattr(usb.core, kind)):
            if not name.startswith("_"):
                assert hasattr(getattr(dfutrigger.core, kind), name), f"{kind}.{name}"
    for name in dir(usb.backend.IBackend):
        if not name.startswith("_") and name not in ("finalize",):
            assert hasattr(dfutrigger.backend.libusb1.Backend, name), name


def test_small_functions():
    def scenario(usb, backend, bus, tell):
        util = usb.util
        for address in (0x81, 0x02, 0x8F):
            tell(util.endpoint_address, address)
            tell(util.endpoint_direction, address)
            tell(util.endpoint_type, address)
            tell(util.ctrl_direction, address)
        tell(util.build_request_type, util.CTRL_IN, util.CTRL_TYPE_VENDOR, util.CTRL_RECIPIENT_OTHER)
        tell(util.create_buffer, 3)
        error = usb.core.USBError("text", -1, 5)
        tell(lambda: (str(error), error.errno, error.strerror, error.backend_error_code, isinstance(error, IOError)))
        error = usb.core.USBError("text")
        tell(lambda: (str(error), error.errno, error.strerror, error.backend_error_code))
        tell(lambda: usb.core.USBTimeoutError.__mro__[1].__name__ + usb.core.NoBackendError.__mro__[1].__name__)

    run_both(scenario, ZEPHYR)


def test_the_texts_of_errors_are_those_of_libusb():
    """What libusb on this machine says, if it is there."""
    import usb.backend.libusb1

    backend = usb.backend.libusb1.get_backend()
    if backend is None:
        pytest.skip("no libusb")
    for code, (number, text, name) in dfutrigger.backend.libusb1._ERRORS.items():
        assert usb.backend.libusb1._strerror(number) == text
        assert usb.backend.libusb1._libusb_errno[number] == getattr(sys.modules["errno"], name)
