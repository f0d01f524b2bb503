# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Ten thousand cycles and a thousand cancelled updates: no growth, no descriptor left open."""

import gc
import os
import pathlib
import resource
import subprocess
import sys
import time

import pytest

import dfutrigger as usb
from dfutrigger import Check, State

CYCLES = int(os.environ.get("DFUTRIGGER_TEST_CYCLES", "10000"))
UPDATES = max(CYCLES // 10, 10)
# Memory that the allocator keeps is no growth; a leak of 100 bytes in each cycle is.
MOST_KIB = 700

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def measure():
    gc.collect()
    lines = pathlib.Path("/proc/self/smaps_rollup").read_text().splitlines()
    memory = next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))
    return memory, len(os.listdir("/proc/self/fd"))


def check_growth(cycle, count):
    """A first tenth fills the allocator's stores."""
    for _ in range(max(count // 10, 10)):
        cycle()
    growth = []
    # What leaks, leaks each time; what the allocator takes for other threads, it takes once.
    while not growth or growth[-1] >= MOST_KIB and len(growth) < 3:
        memory, descriptors = measure()
        for _ in range(count):
            cycle()
        memory_after, descriptors_after = measure()
        assert descriptors_after == descriptors
        growth.append(memory_after - memory)
    assert growth[-1] < MOST_KIB, f"{growth} KiB in {count} cycles each"


def test_find_open_trigger_close():
    def cycle():
        with usb.Virtual("nrf52840-keyboard", vid="05ac", pid="0256", return_ms=1) as bus:
            dev = usb.core.find(idVendor=0x05AC, idProduct=0x0256)
            assert dev.get_active_configuration()[(0, 0)][0].bEndpointAddress == 0x82
            with pytest.raises(usb.core.USBError):
                dev.ctrl_transfer(0x20, 0, timeout=100)
            usb.util.dispose_resources(dev)
            while not bus.devices():
                bus.context.dispatch(1)
            assert usb.core.find(idVendor=0x1915, idProduct=0x521F)

    check_growth(cycle, CYCLES)


def test_trigger_sessions():
    bus = usb.Virtual("zephyr", poll_ms=0)
    device = bus.virtual_device

    def cycle():
        while not bus.devices():
            bus.context.dispatch(1)
        with bus.find().open() as handle:
            handle.control_in(0x80, 6, 0x0100, 0, 18)
        assert bus.find().trigger().mode is usb.Mode.BOOTLOADER
        device.press_reset()
        device.clear_record()

    check_growth(cycle, CYCLES)


def test_cancelled_updates(image):
    bus = usb.Virtual("zephyr", poll_ms=0, erase_ms=0)
    stop_at = iter(range(1 << 30))

    def cycle():
        at = next(stop_at) % 5
        seen = []

        def cancel(progress):
            seen.append(progress)
            if len(seen) > at:
                session.cancel()

        session = bus.find().session()
        try:
            session.start_update(image, progress=cancel)
            with pytest.raises(usb.CancelledError):
                session.run()
        finally:
            session.close()
        assert session.state is State.CANCELLED
        while not bus.devices():
            bus.context.dispatch(1)
        bus.virtual_device.clear_record()

    check_growth(cycle, UPDATES)


def test_contexts_images_and_exceptions():
    def cycle():
        bus = usb.Virtual("zephyr")
        image = usb.Image.load(b"x" * 100, force=Check.FORMAT, context=bus.context)
        with pytest.raises(usb.Error):
            usb.Image.load(b"", context=bus.context)
        with pytest.raises(ZeroDivisionError):
            bus.find().trigger(progress=lambda progress: 1 / 0)
        assert image.segments and image.info is not None

    check_growth(cycle, UPDATES)


def processor_time(code):
    """Of a process of its own; others may have the processors meanwhile."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run([sys.executable, "-X", "frozen_modules=on", "-c", code], check=True)
    return used() - before


def test_import_is_as_quick_as_pyusb():
    pytest.importorskip("usb.core")
    rounds = [[processor_time(code) for code in ("pass", "import usb.core", "import dfutrigger")] for _ in range(15)]
    nothing, theirs, ours = (min(times) for times in zip(*rounds))
    print(f"import dfutrigger {(ours - nothing) * 1000:.1f} ms, import usb.core {(theirs - nothing) * 1000:.1f} ms")
    assert ours <= theirs


def test_find_is_quick_on_many_devices():
    """pyusb's own core on the same backend, so that only what is above it is compared."""
    core = pytest.importorskip("usb.core")
    bus = usb.Virtual()
    for _ in range(32):
        bus.plug("nrf52840-keyboard")
    with bus:
        backend = usb.backend.libusb1.get_backend()

        def measure_find(find):
            times = []
            for _ in range(20):
                before = time.perf_counter()
                assert find(idVendor=0x1234, backend=backend) is None
                times.append(time.perf_counter() - before)
            return min(times)

        theirs, ours = measure_find(core.find), measure_find(usb.core.find)
    print(f"find() on 32 devices: {ours * 1000:.2f} ms, pyusb's {theirs * 1000:.2f} ms")
    assert ours <= 1.5 * theirs
