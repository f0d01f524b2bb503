# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""labgrid's driver flashes virtual boards: here, and as on another host through the command."""

import os
import pathlib
import re
import shutil
import types

import pytest

pytest.importorskip("labgrid")

import yaml
from labgrid import Environment, Target, target_factory
from labgrid.exceptions import NoResourceFoundError
from labgrid.resource.remote import NetworkUSBFlashableDevice

import dfutrigger
from dfutrigger import State
from dfutrigger.labgrid import DfuTriggerDriver, USBFirmwareDevice

COMMAND = os.environ.get("DFUTRIGGER_COMMAND") or shutil.which("dfutrigger") or ""


class UdevDevice:
    """What udev tells of a device."""

    subsystem = "usb"
    device_type = "usb_device"
    action = "add"

    def __init__(self, sys_name, vendor):
        self.sys_name = sys_name
        self.sys_path = f"/sys/devices/{sys_name}"
        self.properties = {"SUBSYSTEM": "usb", "DEVTYPE": "usb_device", "ID_VENDOR_ID": vendor}
        self.attributes = {}
        self.ancestors = []


def leave(device):
    device.action = "remove"
    return device


@pytest.fixture
def resource(monkeypatch):
    """A resource with events in place of udev's."""
    monkeypatch.setattr("labgrid.resource.udev.UdevManager.on_resource_added", lambda self, resource: None)
    target = Target("main")
    return USBFirmwareDevice(target, "board", match={"sys_name": "1-1"})


@pytest.fixture
def file(image, tmp_path):
    path = tmp_path / "firmware.bin"
    image.save(path)
    return str(path)


def test_the_resource_is_there_in_both_modes(resource):
    application, bootloader = UdevDevice("1-1", "2fe3"), UdevDevice("1-1", "1fc9")
    assert not resource.try_match(UdevDevice("1-2", "2fe3")) and not resource.avail
    assert resource.try_match(application) and resource.avail and resource.path == "1-1"
    assert resource.try_match(leave(application)) and not resource.avail and resource.path is None
    assert resource.try_match(bootloader) and resource.avail and resource.path == "1-1"


def test_a_port_where_nothing_is_plugged_in(resource):
    driver = DfuTriggerDriver(resource.target, None)
    with pytest.raises(NoResourceFoundError, match="Not all resources are available"):
        resource.target.activate(driver)


def test_load_flashes_a_board(resource, file, image):
    driver = DfuTriggerDriver(resource.target, None)
    resource.try_match(UdevDevice("1-1", "2fe3"))
    resource.target.activate(driver)
    seen = []
    driver.on_progress = seen.append
    with dfutrigger.Virtual("zephyr") as bus:
        assert "downloaded and verified" in driver.load(file)
        assert bus.virtual_device.memory("slot1").startswith(image.segments[0].data) and bus.breaches == ()
    assert {State.TRIGGERING, State.DOWNLOADING, State.DONE} <= {progress.state for progress in seen}
    assert driver.progress.state is State.DONE


def test_load_by_port_and_memory(resource, file, image):
    driver = DfuTriggerDriver(resource.target, None, alternate="slot1_image", trigger_name="dfu-detach")
    resource.match["sys_name"] = "1-2"
    resource.try_match(UdevDevice("1-2", "2fe3"))
    resource.target.activate(driver)
    with dfutrigger.Virtual("zephyr") as bus:
        second = bus.plug("zephyr")
        before = bus.virtual_device.memory("slot1")
        driver.load(file)
        assert second.memory("slot1").startswith(image.segments[0].data)
        assert bus.virtual_device.memory("slot1") == before


def test_trigger_and_errors(resource, tmp_path):
    driver = DfuTriggerDriver(resource.target, None)
    resource.try_match(UdevDevice("1-1", "2fe3"))
    resource.target.activate(driver)
    page = tmp_path / "page.bin"
    page.write_bytes(b"<html></html>")
    with dfutrigger.Virtual("zephyr") as bus:
        with pytest.raises(dfutrigger.ImageError):
            driver.load(str(page))
        with pytest.raises(ValueError):
            driver.load()
        assert "bootloader" in driver.trigger() and bus.virtual_device.mode == "bootloader"
        bus.virtual_device.unplug()
        with pytest.raises(dfutrigger.NotFoundError):
            driver.trigger()


@pytest.fixture
def remote(monkeypatch, tmp_path):
    """A board of another host, which is this one without SSH: the exporter's facts, and the command."""
    if not COMMAND:
        pytest.skip("the command is not built")
    monkeypatch.setattr("labgrid.resource.remote.RemotePlaceManager.on_resource_added", lambda self, resource: None)
    monkeypatch.setattr("labgrid.resource.remote.RemotePlaceManager.poll", lambda self: None)
    monkeypatch.setattr(NetworkUSBFlashableDevice, "command_prefix", ["env"], raising=False)
    monkeypatch.setattr("dfutrigger.labgrid.ManagedFile", lambda path, resource: types.SimpleNamespace(
        sync_to_resource=lambda: None, get_remote_path=lambda: path))
    tools = {"dfutrigger": f"{COMMAND} --sim zephyr:poll-ms=0,erase-ms=0,state={tmp_path}/state"}
    environment = types.SimpleNamespace(config=types.SimpleNamespace(get_tool=tools.get))
    target = Target("main", env=environment)
    resource = NetworkUSBFlashableDevice(target, "board", host="far", busnum=1, devnum=1, path="1-1", vendor_id=0x2FE3,
                                         model_id=5, devnode="/dev/bus/usb/001/001")
    resource.avail = True
    driver = DfuTriggerDriver(target, None)
    target.activate(driver)
    return driver


def test_load_on_another_host(remote, file, image, tmp_path):
    seen = []
    remote.on_progress = seen.append
    assert "downloaded and verified" in remote.load(file)
    assert image.segments[0].data in (tmp_path / "state").read_bytes()
    assert State.DOWNLOADING in {progress.state for progress in seen}
    assert "bootloader" in remote.trigger()


def test_errors_on_another_host(remote, image, tmp_path):
    image.set_suffix(0x1234)
    image.save(tmp_path / "other.bin")
    with pytest.raises(dfutrigger.MismatchError) as caught:
        remote.load(str(tmp_path / "other.bin"))
    assert caught.value.failed_check is dfutrigger.Check.IDS
    with pytest.raises(dfutrigger.NotFoundError):
        remote.load(str(tmp_path / "none.bin"))
    remote.target.env.config.get_tool = {"dfutrigger": "false"}.get
    with pytest.raises(dfutrigger.Error, match="status 1"):
        remote.trigger()


ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOWN = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "docs/labgrid.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def make_driver(folder, text):
    (folder / "environment.yaml").write_text(text, encoding="utf-8")
    environment = Environment(str(folder / "environment.yaml"))
    return environment.get_target("main").get_driver("DfuTriggerDriver", activate=False)


def test_environments_of_the_page_and_the_example(monkeypatch, tmp_path):
    monkeypatch.setattr("labgrid.resource.udev.UdevManager.on_resource_added", lambda self, resource: None)
    monkeypatch.setenv("LG_PORT", "1-2.3")
    monkeypatch.setenv("LG_FIRMWARE", "zephyr.signed.bin")
    example = (ROOT / "bindings/python/examples/labgrid/environment.yaml").read_text(encoding="utf-8")
    for text in (SHOWN[0], example):
        driver = make_driver(tmp_path, text)
        assert (driver.image, driver.device.match["sys_name"]) == ("firmware", "1-2.3")


def test_rack_of_the_page():
    assert len(SHOWN) == 3
    for group in yaml.safe_load(SHOWN[1]).values():
        for name, resource in group.items():
            # What labgrid makes of it at the other end
            assert f"Network{name}" in DfuTriggerDriver.bindings["device"] and list(resource) == ["match"]
    target = yaml.safe_load(SHOWN[2])["targets"]["main"]
    assert list(target["drivers"]) == ["DfuTriggerDriver"]
    assert set(target["resources"]) <= set(target_factory.resources)
