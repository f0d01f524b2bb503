# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The fixture for users of the library: tests that use it are run, and their results looked at."""

pytest_plugins = ["pytester"]

CONFTEST = "from dfutrigger.testing import virtual\n"


def test_virtual_devices_are_seen_by_the_code_under_test(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("""
        import dfutrigger

        def test_updater(virtual):
            bus = virtual("zephyr", stack="new")
            assert dfutrigger.find().trigger().mode is dfutrigger.Mode.BOOTLOADER
            assert bus.virtual_device.mode == "bootloader"

        def test_pyusb_script(virtual):
            virtual("nrf52840-keyboard", vid="05ac", pid="0256")
            assert dfutrigger.core.find(idVendor=0x05ac).product == "27x2 Mitosis"

        def test_default_is_back():
            from dfutrigger import _default
            assert _default.entered == []
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_host_that_breaks_rules_fails(pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("""
        import dfutrigger

        def test_rough(virtual):
            bus = virtual("via-keyboard")
            with bus.find().open() as handle:
                try:
                    handle.control(0x01, 11, 9, 0)
                except dfutrigger.DeviceError:
                    pass
    """)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*the host broke rules:*"])
