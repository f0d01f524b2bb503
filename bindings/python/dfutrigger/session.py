# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Sessions: one job on one device, blocking or with asyncio."""

from __future__ import annotations

import os
from typing import NamedTuple
from weakref import WeakMethod

from . import _core
from ._ids import check_pair
from ._repr import describe
from ._time import to_ms
from .enums import Check, Erase, Restart, State, Verified, Verify, to_member
from .errors import UsageError, keeping, make_error, naming_device
from .image import Image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable

    from ._time import Time
    from .context import Context
    from .device import Device, Firmware
    from .enums import ReportType

# How long a wait lasts before Python looks for signals and other threads get their turn.
_SLICE_MS = 100
_END_LIMIT = 100


class Progress(NamedTuple):
    """How far a session is."""

    state: State  #: the phase
    done: int  #: bytes of this phase, 0 if it has none
    total: int  #: bytes of this phase, 0 if it has none or they are not known
    elapsed: float  #: seconds since the session's first action
    left: float | None  #: estimated seconds to the session's end, None if not known
    plan: int = 0  #: times that the plan was refined: `Session.plan` is then another one

    @property
    def fraction(self) -> float:
        """How much of this phase is done, from 0 to 1; 0 if it has no bytes."""
        return self.done / self.total if self.total else 0.0


class Step(NamedTuple):
    """One step of a session's plan."""

    state: State  #: the phase that it will be
    text: str  #: what will be done, one line
    bytes: int  #: to move, 0 if none or not known
    time: float  #: the most seconds that it is given


class Outcome(NamedTuple):
    """What a session has achieved."""

    device: Device  #: as it is now: after a re-enumeration another one than before
    message: str  #: one line: what was achieved
    hint: str  #: what the person can or must do now; "" if nothing
    verified: Verified  #: whether what was written was compared
    facts: dict[str, str]  #: what the device told about itself


def _weakly(method: Callable[..., None]) -> Callable[..., None]:
    """A function that calls a method as long as its object is there, and does not keep it there."""
    reference = WeakMethod(method)

    def call(*arguments: Any) -> None:
        found = reference()
        if found is not None:
            found(*arguments)

    return call


def _to_progress(state: int, done: int, total: int, elapsed_ms: int, left_ms: int, plan: int) -> Progress:
    return Progress(State(state), done, total, elapsed_ms / 1000, None if left_ms < 0 else left_ms / 1000, plan)


def _set_bootloader_ids(native: _core.Object, ids: tuple[int, int] | None) -> None:
    if ids is not None:
        check_pair("bootloader_ids", ids)
    _core.session_set_bootloader_ids(native, *(ids or (_core.MATCH_ANY, _core.MATCH_ANY)))


# How each option is set; None is the default.
_SETTERS: dict[str, Callable[[_core.Object, Any], None]] = {
    "alternate": lambda native, value: _core.session_set_alternate(native, None if value is None else str(value)),
    "trigger": _core.session_set_trigger,
    "verify": lambda native, value: _core.session_set_verify(native, to_member("verify", Verify, value)),
    "erase": lambda native, value: _core.session_set_erase(native, to_member("erase", Erase, value)),
    "force": lambda native, value: _core.session_set_force(native, to_member("force", Check, value)),
    "return_timeout": lambda native, value: _core.session_set_return_timeout_ms(
        native, 0 if value is None else to_ms(value)),
    "detach_timeout": lambda native, value: _core.session_set_detach_timeout_ms(
        native, -1 if value is None else to_ms(value)),
    "upload_size": _core.session_set_upload_size,
    "address": lambda native, value: _core.session_set_address(native, -1 if value is None else value),
    "bootloader_ids": _set_bootloader_ids,
    "part": _core.session_set_part,
    "confirm": _core.session_set_confirm,
    "restart": lambda native, value: _core.session_set_restart(native, to_member("restart", Restart, value)),
    "transfer_size": _core.session_set_transfer_size,
    "place": lambda native, value: _core.session_set_interface(native, *(-1 if one is None else one for one in value)),
    "volume": lambda native, value: _core.session_set_volume(native, None if value is None else os.fspath(value)),
}


class Session:
    """One job on one device.

    Start it and run() it, or await one of `trigger()`, `update()`, `upload()`, `command()` and `probe()`; any number of sessions of
    a context run at the same time. `state` and `progress` may be read, and `cancel()` called, from any thread at any
    time.
    """

    def __init__(self, device: Device) -> None:
        """Makes a session for a device; nothing is sent."""
        self._context = device.context
        self._for_device = device
        self._native = _core.session_new(device._native)
        self._handler: Callable[[Progress], object] | None = None
        self._writer: Callable[[bytes], object] = len
        self._failure: BaseException | None = None
        self._is_started = False
        self._is_closed = False
        self._image: Image | None = None
        #: how far it is, as of the last dispatch
        self.progress = Progress(State.NEW, 0, 0, 0.0, None)
        #: where it is, as of the last dispatch
        self.state = State.NEW

    def __repr__(self) -> str:
        return describe(self, f"{self._for_device.place}, {self.state.name.lower()}", self._native)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Releases it. One that runs is cancelled, without waiting for its device. May be called twice."""
        self._is_closed = True
        _core.close(self._native)

    @property
    def context(self) -> Context:
        """The context whose `dispatch()` carries it out."""
        return self._context

    @property
    def device(self) -> Device:
        """The device as it is now: after a re-enumeration another one than before."""
        return type(self._for_device)._wrap(self._context, _core.session_get_device(self._native))

    @property
    def plan(self) -> tuple[Step, ...]:
        """What will be done; known as soon as it is started, before anything is sent."""
        found = (_core.session_get_step(self._native, index)
                 for index in range(_core.session_get_step_count(self._native)))
        return tuple(Step(State(state), text, size, time_ms / 1000) for state, text, size, time_ms in found)

    @property
    def part_choice(self) -> tuple[str, ...]:
        """The parts to choose from, for `set_options(part=...)` of the next try, after a UsageError since nobody tells which
        part the device has; else nothing."""
        found: list[str] = []
        while (name := _core.session_get_part_choice(self._native, len(found))) is not None:
            found.append(name)
        return tuple(found)

    @property
    def has_ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return _core.session_has_ended(self._native)

    @property
    def message(self) -> str:
        """One line: what was achieved, or the error with its place; "" while it runs."""
        return _core.session_get_message(self._native)

    @property
    def hint(self) -> str:
        """What the person can or must do now, also after success; "" if nothing."""
        return _core.session_get_hint(self._native)

    @property
    def hint_line(self) -> str:
        """The end of the hint if it is a line to copy as it is (a command for a shell); "" if there is none."""
        return _core.session_get_hint_line(self._native)

    @property
    def facts(self) -> dict[str, str]:
        """What the device told about itself, by names like "nordic_flash_size"."""
        return dict(_core.session_get_fact(self._native, index)
                    for index in range(_core.session_get_fact_count(self._native)))

    @naming_device
    def set_options(self, *, alternate: str | int | None = None, trigger: str | None = None,
                    verify: Verify = Verify.AUTO, erase: Erase = Erase.AUTO, force: Check = Check.NONE,
                    return_timeout: Time | None = None, detach_timeout: Time | None = None, upload_size: int = 0,
                    address: int | None = None, bootloader_ids: tuple[int, int] | None = None,
                    part: str | None = None, confirm: bool = True, restart: Restart = Restart.AUTO,
                    transfer_size: int = 0, interface: int | None = None,
                    configuration: int | None = None, volume: str | os.PathLike[str] | None = None) -> None:
        """Sets how the job is done; what is not named is as it is by default. Before it is started.

        alternate: the memory: number, name, "=name" (whatever it looks like), or "interface:" and any of these; None is
            what the image asks for, else the only one.
        trigger: which of `Device.triggers`; None tries the surest first.
        return_timeout: how long it may take to leave, and then to come back, each; None is 10 s.
        detach_timeout: wTimeout of DFU DETACH, at most 65.535 s; None is what suits the device.
        upload_size: the most bytes to upload; 0 reads until the device ends, or its memory as far as that is known.
        address: where an upload, or the application that the command "start" starts, begins, of bootloaders whose memories
            have addresses; an update's is `Image.set_address()`. None is where the memory can be written.
        bootloader_ids: which vendor and product the bootloader has; what comes back with others is not written to. With
            a trigger of one's own that is enough for a device that the table does not know. None for any that fits.
        part: which part (chip) the device has, as in "atmega32u4", where neither its bootloader nor the table tells it.
        confirm: whether new firmware that runs is confirmed, for MCUmgr's SMP; if not, its bootloader goes back to the old
            one with the next restart.
        restart: whether an update or upload ends with a restart of the device.
        transfer_size: bytes of each block by USB DFU and DfuSe, at most 4096; 0 is what the device says.
        interface: bInterfaceNumber of the DFU interface whose memories count, of several; None for any.
        configuration: bConfigurationValue of the configuration that must have it; None for any.
        volume: where the drive of a UF2 bootloader is mounted, where the system can't tell it; None for what it tells.

        Raises NotFoundError if there is no such trigger, UsageError for what is no address, size, interface,
        configuration or path, and once it was started.
        """
        self._set(alternate=alternate, trigger=trigger, verify=verify, erase=erase, force=force,
                  return_timeout=return_timeout, detach_timeout=detach_timeout, upload_size=upload_size, address=address,
                  bootloader_ids=bootloader_ids, part=part, confirm=confirm, restart=restart,
                  transfer_size=transfer_size, place=(configuration, interface), volume=volume)

    def _set(self, **options: Any) -> None:
        for name, value in options.items():
            _SETTERS[name](self._native, value)

    @naming_device
    def _set_named(self, **options: Any) -> None:
        """Sets those that are not None; the others stay as they are."""
        self._set(**{name: value for name, value in options.items() if value is not None})

    @naming_device
    def set_trigger_request(self, request_type: int, request: int, value: int = 0, index: int = 0,
                            data: bytes = b"") -> None:
        """Uses this control request as the trigger, whatever the table says. Raises UsageError for one that reads."""
        _core.session_set_trigger_request(self._native, request_type, request, value, index, data)

    @naming_device
    def set_trigger_report(self, report_type: ReportType, report_id: int, data: bytes, interface: int = -1) -> None:
        """Uses this HID report as the trigger, whatever the table says.

        report_type: FEATURE or OUTPUT.
        report_id: 0 if the interface's reports are not numbered.
        interface: bInterfaceNumber, or -1 for the first one that has such a report.
        """
        _core.session_set_trigger_report(self._native, interface, report_type, report_id, data)

    @naming_device
    def set_trigger_touch(self, baud: int = 1200, interface: int = -1) -> None:
        """Uses a touch as the trigger, whatever the table says: a serial port is set to that speed and closed."""
        _core.session_set_trigger_touch(self._native, interface, baud)

    # Starting

    @naming_device
    def start_trigger(self, *, progress: Callable[[Progress], object] | None = None) -> None:
        """Starts bringing the device into its bootloader. Sends nothing yet.

        Raises UnsupportedError if no known trigger fits, AmbiguousError if one must be named, UsageError if it was
        started before.
        """
        self._listen(progress)
        _core.session_start_trigger(self._native)
        self._started()

    @naming_device
    def start_diagnose(self, *, progress: Callable[[Progress], object] | None = None) -> None:
        """Starts to find out whether the device can be updated, without blocking. Sends nothing to the device.

        Raises UnsupportedError if it has no known bootloader or way there, AmbiguousError if a trigger must be named.
        """
        self._listen(progress)
        _core.session_start_diagnose(self._native)
        self._started()

    @naming_device
    def plan_update(self, image: Firmware) -> None:
        """Judges and plans an update without starting it: what it would do is the plan then. May be repeated.

        Raises ImageError, MismatchError, UnsupportedError, UsageError.
        """
        if not isinstance(image, Image):
            image = Image.load(image, context=self._context)
        self._image = image
        _core.session_plan_update(self._native, image._native)

    @naming_device
    def start_update(self, image: Firmware, *, progress: Callable[[Progress], object] | None = None) -> None:
        """Starts an update with an `Image`, the path of a file, or its bytes. Sends nothing yet.

        Raises ImageError, MismatchError, UnsupportedError, UsageError.
        """
        if not isinstance(image, Image):
            image = Image.load(image, context=self._context)
        self._image = image
        self._listen(progress)
        _core.session_start_update(self._native, image._native)
        self._started()

    @naming_device
    def start_upload(self, writer: Callable[[bytes], object], *,
                     progress: Callable[[Progress], object] | None = None) -> None:
        """Starts reading a memory of the device; `writer` gets its bytes in order. Sends nothing yet.

        What the writer got before an error is what was read. Raises UnsupportedError, UsageError, MismatchError.
        """
        self._writer = writer
        self._listen(progress)
        _core.session_start_upload(self._native, _weakly(self._on_bytes))
        self._started()

    @naming_device
    def start_probe(self, *, progress: Callable[[Progress], object] | None = None) -> None:
        """Starts asking the device about itself. Sends nothing yet. Raises UnsupportedError if there is nothing to ask."""
        self._listen(progress)
        _core.session_start_probe(self._native)
        self._started()

    @naming_device
    def start_command(self, name: str, *, progress: Callable[[Progress], object] | None = None) -> None:
        """Starts one of `Device.commands`. Sends nothing yet. Raises NotFoundError if the device has no such command."""
        self._listen(progress)
        _core.session_start_command(self._native, name)
        self._started()

    def cancel(self) -> None:
        """Ends it early, at the latest 50 ms after the next dispatch. From any thread. One that was not started yet ends
        when it is, and sends nothing; one that has ended stays as it is."""
        if not self._is_closed:
            _core.session_cancel(self._native)

    # Running

    def run(self) -> Outcome:
        """Dispatches the context until it has ended.

        Other threads may use the context meanwhile, and Ctrl-C cancels. Raises what the job ended with, which has the
        device, or the exception of a progress handler.
        """
        self._check_run()
        try:
            while not self.has_ended:
                _core.context_dispatch(self._context._native, _SLICE_MS)
        except BaseException:
            self._end()
            raise
        return self._conclude()

    async def wait(self) -> Outcome:
        """The same on asyncio: waits until a started session has ended. Cancelling the task cancels the session."""
        from ._aio import wait_for_end

        self._check_started()
        await wait_for_end(self)
        return self._conclude()

    async def trigger(self, name: str | None = None, *, progress: Callable[[Progress], object] | None = None,
                      return_timeout: Time | None = None, bootloader_ids: tuple[int, int] | None = None) -> Device:
        """Brings the device into its bootloader and returns that; `Device.trigger()` on asyncio.

        Here and below, what is None is as `set_options()` has said.
        """
        self._set_named(trigger=name, return_timeout=return_timeout, bootloader_ids=bootloader_ids)
        self.start_trigger(progress=progress)
        return (await self.wait()).device

    async def update(self, image: Firmware, *, progress: Callable[[Progress], object] | None = None,
                     alternate: str | int | None = None, trigger: str | None = None, verify: Verify | None = None,
                     erase: Erase | None = None, force: Check | None = None, return_timeout: Time | None = None,
                     bootloader_ids: tuple[int, int] | None = None, part: str | None = None,
                     confirm: bool | None = None, restart: Restart | None = None, transfer_size: int | None = None,
                     volume: str | os.PathLike[str] | None = None) -> Outcome:
        """Puts firmware into the device; `Device.update()` on asyncio."""
        self._set_named(alternate=alternate, trigger=trigger, verify=verify, erase=erase, force=force,
                        return_timeout=return_timeout, bootloader_ids=bootloader_ids, part=part, confirm=confirm,
                        restart=restart, transfer_size=transfer_size, volume=volume)
        self.start_update(image, progress=progress)
        return await self.wait()

    async def upload(self, *, size: int | None = None, address: int | None = None, force: Check | None = None,
                     progress: Callable[[Progress], object] | None = None, alternate: str | int | None = None,
                     trigger: str | None = None, return_timeout: Time | None = None,
                     bootloader_ids: tuple[int, int] | None = None, part: str | None = None,
                     restart: Restart | None = None, transfer_size: int | None = None,
                     volume: str | os.PathLike[str] | None = None) -> bytes:
        """Reads a memory of the device; `Device.upload()` on asyncio. What was read before an error is its `partial`."""
        self._set_named(upload_size=size, address=address, force=force, alternate=alternate, trigger=trigger,
                        return_timeout=return_timeout, bootloader_ids=bootloader_ids, part=part, restart=restart,
                        transfer_size=transfer_size, volume=volume)
        data = bytearray()
        with keeping(data):
            self.start_upload(data.extend, progress=progress)
            await self.wait()
        return bytes(data)

    async def command(self, name: str, *, progress: Callable[[Progress], object] | None = None,
                      return_timeout: Time | None = None, address: int | None = None,
                      force: Check | None = None) -> Outcome:
        """Tells the device to do something else than an update; `Device.command()` on asyncio."""
        self._set_named(return_timeout=return_timeout, address=address, force=force)
        self.start_command(name, progress=progress)
        return await self.wait()

    async def probe(self, *, progress: Callable[[Progress], object] | None = None) -> dict[str, str]:
        """Asks the device about itself; `Device.probe()` on asyncio."""
        self.start_probe(progress=progress)
        return (await self.wait()).facts

    # Inside

    def _listen(self, handler: Callable[[Progress], object] | None) -> None:
        self._handler = handler
        _core.session_set_progress_handler(self._native, _weakly(self._on_progress))

    def _on_progress(self, state: int, done: int, total: int, elapsed_ms: int, left_ms: int, plan: int) -> None:
        self.progress = _to_progress(state, done, total, elapsed_ms, left_ms, plan)
        self.state = self.progress.state
        if self._handler is None or self._failure is not None:
            return
        try:
            self._handler(self.progress)
        except BaseException as error:
            self._fail(error)

    def _on_bytes(self, data: bytes) -> None:
        try:
            if self._failure is None:
                self._writer(data)
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """A handler has failed: the session ends, and whoever waits for it gets the error."""
        if self._failure is None:
            self._failure = error
        self.cancel()

    def _started(self) -> None:
        self._is_started = True
        self._refresh()

    @naming_device
    def _check_started(self) -> None:
        if not self._is_started:
            raise UsageError("the session was not started")

    @naming_device
    def _check_run(self) -> None:
        if _core.is_entered(self._native):
            raise UsageError("a session was run from inside a handler")
        self._check_started()

    def _refresh(self) -> None:
        self.progress = _to_progress(*_core.session_get_progress(self._native))
        self.state = State(_core.session_get_state(self._native))

    def _end(self) -> None:
        """Cancels, and lets the device be left in good order."""
        self.cancel()
        for _ in range(_END_LIMIT):
            if self._is_closed or self.has_ended:
                break
            _core.context_dispatch(self._context._native, _SLICE_MS)

    @naming_device
    def _conclude(self) -> Outcome:
        self._refresh()
        native = self._native
        failure, self._failure = self._failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            # It refers to this frame now.
            del failure
        code = _core.session_get_result(native)
        if code < 0:
            raise make_error(code, self.message, self.hint, _core.session_get_failed_check(native))
        return Outcome(self.device, self.message, self.hint, Verified(_core.session_get_verified(native)), self.facts)
