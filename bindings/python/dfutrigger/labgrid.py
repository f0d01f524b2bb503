# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""labgrid: a resource for a device in both of its modes, and a driver that puts firmware into it.

In an environment's configuration::

    imports:
      - dfutrigger.labgrid
    targets:
      main:
        resources:
          USBFirmwareDevice:
            match:
              sys_name: 1-2.3
        drivers:
          DfuTriggerDriver:
            image: application
    images:
      application: zephyr.signed.bin

A device is matched by the port that it is plugged into (`sys_name`, or `ID_PATH`), as ids and serial number change when
it enters its bootloader. For a board on another host, labgrid's exporter there exports it as USBFlashableDevice, by the same
match, and has the command dfutrigger installed; the driver runs that through SSH.
"""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
from typing import Any

import attr
from labgrid.driver.common import Driver  # type: ignore[import]
from labgrid.factory import target_factory  # type: ignore[import]
from labgrid.protocol import BootstrapProtocol  # type: ignore[import]
from labgrid.resource.common import NetworkResource  # type: ignore[import]
from labgrid.resource.udev import USBResource  # type: ignore[import]
from labgrid.step import step  # type: ignore[import]
from labgrid.util.managedfile import ManagedFile  # type: ignore[import]

from . import _core
from .context import get_default_context
from .enums import State
from .errors import Error, make_error
from .session import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

__all__ = ["DfuTriggerDriver", "USBFirmwareDevice"]

_CODES = {_core.error_get_name(code): code for code in range(_core.ERROR_CANCELLED, _core.OK)}
_STATES = {_core.session_state_get_name(state): state for state in State}


@target_factory.reg_resource
@attr.s(eq=False)
class USBFirmwareDevice(USBResource):  # type: ignore[misc]
    """A USB device whose firmware is updated, in its application and in its bootloader."""

    def __attrs_post_init__(self) -> None:
        self.match["DEVTYPE"] = "usb_device"
        super().__attrs_post_init__()


@target_factory.reg_driver
@attr.s(eq=False)
class DfuTriggerDriver(Driver, BootstrapProtocol):  # type: ignore[misc]
    """Puts firmware into a device.

    image: name of the image in the configuration, for load() without a file.
    alternate: the memory: number, name, "=name" (whatever it looks like), or "interface:" and any of these; None is
        what the image asks for, else the only one.
    trigger_name: which trigger; None tries the surest first.
    """

    bindings = {"device": {"USBFirmwareDevice", "USBFlashableDevice", "NetworkUSBFlashableDevice"}}
    image: Any = attr.ib(default=None, validator=attr.validators.optional(attr.validators.instance_of(str)))
    alternate: Any = attr.ib(default=None, validator=attr.validators.optional(attr.validators.instance_of((str, int))))
    trigger_name: Any = attr.ib(default=None, validator=attr.validators.optional(attr.validators.instance_of(str)))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.logger = logging.getLogger(f"{self}:{self.target}")
        #: called with a `Progress` at each change, if not None
        self.on_progress: Any = None
        #: the last `Progress`
        self.progress: Progress | None = None

    @Driver.check_active  # type: ignore[misc]
    @step(args=["filename"], result=True)  # type: ignore[misc]
    def load(self, filename: str | None = None) -> str:
        """Updates the device with a file; None is the configured image.

        Returns a line that says what was achieved. Raises `dfutrigger.Error`.
        """
        if filename is None and self.image is not None:
            filename = self.target.env.config.get_image_path(self.image)
        if filename is None:
            raise ValueError("load() needs a file, or an image in the configuration")
        if self._is_remote:
            managed = ManagedFile(filename, self.device)
            managed.sync_to_resource()
            return self._run_remote("update", managed.get_remote_path())
        outcome = self._find().update(str(filename), alternate=self.alternate, trigger=self.trigger_name,
                                      progress=self._show)
        self.logger.info("%s %s", outcome.message, outcome.hint)
        return outcome.message

    @Driver.check_active  # type: ignore[misc]
    @step(result=True)  # type: ignore[misc]
    def trigger(self) -> str:
        """Brings the device into its bootloader. Returns a line that says what was achieved. Raises `dfutrigger.Error`."""
        if self._is_remote:
            return self._run_remote("trigger")
        return repr(self._find().trigger(self.trigger_name, progress=self._show))

    @property
    def _is_remote(self) -> bool:
        return isinstance(self.device, NetworkResource)

    def _find(self) -> Device:
        if self.device.path is None:
            raise make_error(_core.ERROR_NOT_FOUND, f"{self.device}: the device is not plugged in")
        return get_default_context().find(path=self.device.path)

    def _show(self, progress: Progress) -> None:
        if self.progress is None or progress.state is not self.progress.state:
            self.logger.info("%s", progress.state.name.lower())
        self.progress = progress
        if self.on_progress is not None:
            self.on_progress(progress)

    def _get_command(self, name: str, *arguments: str) -> list[str]:
        tool = self.target.env.config.get_tool("dfutrigger") if self.target.env else None
        command = [*shlex.split(tool or "dfutrigger"), name, "--json", "--path", self.device.path, *arguments]
        if self.alternate is not None and name == "update":
            command += ["--alt", str(self.alternate)]
        if self.trigger_name is not None:
            command += ["--how", self.trigger_name]
        # The far shell takes words apart again.
        return [*self.device.command_prefix, *map(shlex.quote, command)]

    def _run_remote(self, name: str, *arguments: str) -> str:
        """Runs the command on the device's host; it tells its progress in JSON lines."""
        result: dict[str, Any] | None = None
        with subprocess.Popen(self._get_command(name, *arguments), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "progress":
                    self._show(_to_progress(event))
                elif event["event"] == "result":
                    result = event
        if result is None:
            raise Error(f"dfutrigger on {self.device.host} ended with status {process.returncode} without a result")
        if result["code"] != "ok":
            raise make_error(_CODES.get(result["code"], _core.ERROR_IO), result["message"], result["hint"] or "",
                             _core.check_from_name(result["check"] or ""))
        self.logger.info("%s %s", result["message"], result["hint"] or "")
        return str(result["message"])


def _to_progress(event: dict[str, Any]) -> Progress:
    left_ms = event["left_ms"]
    return Progress(State(_STATES[event["state"]]), event["done"], event["total"], event["elapsed_ms"] / 1000,
                    None if left_ms is None else left_ms / 1000)
