# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Contexts: the devices, the log and the events of one application."""

from __future__ import annotations

from . import _core, _default
from ._ids import check_numbers
from ._repr import describe
from ._time import to_ms
from .device import Device, DeviceList
from .enums import Check, DeviceEvent, LogLevel, Mode, to_member

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Callable

    from ._time import Time
    from .backend.libusb1 import Backend
    from .device import Firmware

#: Any vendor or product.
ANY = _core.MATCH_ANY

# How long a wait lasts before Python looks for signals and other threads get their turn.
_SLICE_MS = 100

# logging.ERROR and so on, without loading logging.
_LOGGING_LEVELS = {LogLevel.ERROR: 40, LogLevel.WARNING: 30, LogLevel.INFO: 20, LogLevel.DEBUG: 10}


def _record_flags(data: bool, plain: bool) -> int:
    return (_core.RECORD_DATA if data else 0) | (_core.RECORD_PLAIN if plain else 0)


class Context:
    """Everything that one application shares: buses, device table, log, event.

    Most programs need none of their own: `devices()` and `find()` use a default one. A context may be used from any
    thread; calls wait for each other. From inside a handler, only calls that don't wait for a device work.
    """

    def __init__(self) -> None:
        """Makes a context with the buses of the operating system, which are looked at when first needed."""
        self._native = _core.context_new()
        self._sim: _core.Object | None = None
        self._is_virtual = False
        self._backend: Backend | None = None

    def _add_sim(self, sim: _core.Object, is_virtual: bool) -> None:
        """Adds a virtual bus, which lives as long as the context."""
        _core.sim_add_to_context(sim, self._native)
        self._sim = sim
        #: time passes only while somebody waits
        self._is_virtual = is_virtual

    @classmethod
    def _wrap(cls, native: _core.Object, sim: _core.Object | None, is_virtual: bool) -> Context:
        context = cls.__new__(cls)
        context._native = native
        context._sim = sim
        context._is_virtual = is_virtual
        context._backend = None
        return context

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Context):
            return NotImplemented
        return self._native == other._native

    def __hash__(self) -> int:
        return hash(self._native)

    def __repr__(self) -> str:
        return describe(self, "virtual" if self._sim else "", self._native)

    def __enter__(self) -> Context:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Releases the context. Its sessions end; what it gave keeps its facts. May be called twice."""
        _core.close(self._native)

    def devices(self, vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
                bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
                bootloader_serial_number: str | None = None, alternate: str | None = None,
                mode: Mode = Mode.UNKNOWN) -> DeviceList:
        """What is plugged in now, of that which fits all conditions, by bus and port path.

        Names are waited for, 10 s at most; `DeviceList.is_complete` and `unread` tell whether, and of which devices, some
        are missing. Inside a handler nothing is waited for.

        Ids come as a pair: a device in its application is compared with the first, one in its bootloader with the
        second; without a second pair a bootloader fits if it is what a device with the first becomes. `mode` UNKNOWN
        means any. Ids are numbers: "0483:df11" is written 0x0483, 0xdf11.

        Raises UnsupportedError if there is no bus to look at, TypeError for ids that are no numbers.
        """
        check_numbers(vendor_id=vendor_id, product_id=product_id, bootloader_vendor_id=bootloader_vendor_id,
                      bootloader_product_id=bootloader_product_id)
        match = (vendor_id, product_id, bootloader_vendor_id, bootloader_product_id, path, serial_number,
                 bootloader_serial_number, alternate, to_member("mode", Mode, mode), None, 0)
        found, unread, is_complete = _core.device_list_new(self._native, match)
        return DeviceList((Device._wrap(self, native) for native in found),
                          [Device._wrap(self, native) for native in unread], is_complete)

    def find(self, vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
             bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
             bootloader_serial_number: str | None = None, alternate: str | None = None, mode: Mode = Mode.UNKNOWN,
             image: Firmware | None = None, force: Check = Check.NONE) -> Device:
        """The one device that is meant; conditions as for `devices()`.

        Ids, path or serial number name a device, and so do the ids that the image is made for. If none is named, those
        that no row of the device table knows are left out: of mode UNKNOWN, or `is_generic` in their application. Of
        several, those are left out that lack `alternate`, then those that the image does not fit; then the only one in
        its bootloader is taken.

        image: what is to be written: an `Image`, the path of a file, or its bytes.
        force: checks of that image that do not matter.

        Raises NotFoundError, which says what is there, or AmbiguousError, which lists them; and what `Image.load()` can
        raise.
        """
        check_numbers(vendor_id=vendor_id, product_id=product_id, bootloader_vendor_id=bootloader_vendor_id,
                      bootloader_product_id=bootloader_product_id)
        match = (vendor_id, product_id, bootloader_vendor_id, bootloader_product_id, path, serial_number,
                 bootloader_serial_number, alternate, to_member("mode", Mode, mode), self._get_native_image(image, force),
                 to_member("force", Check, force))
        return Device._wrap(self, _core.device_find(self._native, match))

    def wait(self, vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
             bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
             bootloader_serial_number: str | None = None, alternate: str | None = None, mode: Mode = Mode.UNKNOWN,
             image: Firmware | None = None, force: Check = Check.NONE, timeout: Time | None = None) -> Device:
        """The same for a device that may not be there yet: a button can be pressed, or a cable plugged in, meanwhile.

        Dispatches the context; other threads may use it, and Ctrl-C ends the wait.

        timeout: how long to wait, in seconds; None for ever.

        Raises TimeoutError if none has come, which says what is there, UsageError inside a handler, and what `find()`
        can raise but for NotFoundError.
        """
        check_numbers(vendor_id=vendor_id, product_id=product_id, bootloader_vendor_id=bootloader_vendor_id,
                      bootloader_product_id=bootloader_product_id)
        native = self._get_native_image(image, force)
        match = (vendor_id, product_id, bootloader_vendor_id, bootloader_product_id, path, serial_number,
                 bootloader_serial_number, alternate, to_member("mode", Mode, mode), native, to_member("force", Check, force))
        return Device._wrap(self, self._wait(match, None if timeout is None else to_ms(timeout)))

    def _wait(self, match: _core._Match, timeout_ms: int | None) -> _core.Object:
        from .errors import NotFoundError, TimeoutError

        waited_ms = 0
        while timeout_ms is None or waited_ms < timeout_ms:
            slice_ms = _SLICE_MS if timeout_ms is None else min(_SLICE_MS, timeout_ms - waited_ms)
            try:
                return _core.device_wait(self._native, match, slice_ms)
            except TimeoutError:
                waited_ms += slice_ms
        try:
            return _core.device_find(self._native, match)
        except NotFoundError as error:
            raise TimeoutError(f"waited {waited_ms} ms: {error}", error.hint) from None

    def _get_native_image(self, image: Firmware | None, force: Check) -> _core.Object | None:
        from .image import Image

        if image is None:
            return None
        return (image if isinstance(image, Image) else Image.load(image, force=force, context=self))._native

    def load_devices(self, path: str | os.PathLike[str]) -> None:
        """Adds device descriptions in front of those that the library knows; the form is that of docs/add-a-device.md.

        Raises NotFoundError, TransferError, or UsageError, which names line and column.
        """
        from .errors import about_file

        with about_file(path):
            _core.context_load_devices(self._native, path)

    def set_protocol(self, vendor_id: int, product_id: int, protocol: str, *, interface: int | None = None) -> None:
        """Says which protocol all devices with these ids speak, as in "smp": what no table can know.

        interface is the number of the serial port's interface, None for the first one. Raises UsageError, whose hint
        lists the protocols.
        """
        check_numbers(vendor_id=vendor_id, product_id=product_id)
        _core.context_set_protocol(self._native, vendor_id, product_id, protocol, -1 if interface is None else interface)

    def add_system_buses(self) -> None:
        """Adds the buses of the operating system to a context that has a virtual one. Raises UnsupportedError."""
        _core.context_add_system_buses(self._native)

    def set_device_handler(self, handler: Callable[[DeviceEvent, Device], None] | None) -> None:
        """Tells of devices that come, change and go, inside `dispatch()`; None for nobody.

        Those already there are told as arrived. An exception of the handler comes out of the call that dispatched.
        """
        if handler is None:
            _core.context_set_device_handler(self._native, None)
            return
        wanted = handler
        _core.context_set_device_handler(
            self._native, lambda event, native: wanted(DeviceEvent(event), Device._wrap(self, native)))

    def set_log_handler(self, handler: Callable[[LogLevel, str], None] | None,
                        level: LogLevel = LogLevel.INFO) -> None:
        """Sets who gets the lines of the log down to a level; None for nobody."""
        if handler is None:
            _core.context_set_log_handler(self._native, level, None)
            return
        wanted = handler
        _core.context_set_log_handler(self._native, level, lambda level, text: wanted(LogLevel(level), text))

    def log_to_logging(self, level: LogLevel = LogLevel.INFO, name: str = "dfutrigger") -> None:
        """Sends the log to a logger of the module logging."""
        import logging

        logger = logging.getLogger(name)
        self.set_log_handler(lambda level, text: logger.log(_LOGGING_LEVELS[level], "%s", text), level)

    def record(self, path: str | os.PathLike[str], *, data: bool = False, plain: bool = False) -> None:
        """Records what goes between this context and its devices in a new file, until `end_record()` or `close()`.

        To be called before anything is looked for, and before virtual devices are added. docs/session-files.md has the form.

        data: also what memories hold, not only its length and hash.
        plain: serial numbers and names of people as they are, no stand-ins.

        Raises TransferError if the file can't be made or exists, BusyError if it is too late.
        """
        _core.context_record(self._native, path, _record_flags(data, plain))

    def end_record(self) -> None:
        """Ends the recording. Raises TransferError if the file is not whole, as on a full disk."""
        _core.context_end_record(self._native)

    def explain(self, path: str | os.PathLike[str]) -> list[str]:
        """Tells in words what is in a recording, as the command `dfutrigger explain` does: a text for each line.

        Raises TransferError if the file can't be read, UsageError if it is no session file.
        """
        lines: list[str] = []
        _core.context_explain(self._native, path, lines.append)
        return lines

    def report(self, path: str | os.PathLike[str], recording: str | os.PathLike[str] | None = None, *,
               data: bool = False, plain: bool = False) -> None:
        """Writes a report for whoever is to help into a new file, as the command `dfutrigger report` does.

        It has versions, system, all devices, the kernel's messages where they can be read, and the recording. Nothing is sent.

        data: a recording may have what memories hold.
        plain: serial numbers and names of people as they are, no stand-ins.

        Raises TransferError if a file can't be made or read, or exists, UsageError if the recording is no session file.
        """
        _core.context_report(self._native, path, None, recording, _record_flags(data, plain))

    def dispatch(self, timeout: Time | None = 0) -> int:
        """Carries out what is due: for all sessions of the context.

        timeout: how long to wait for something to do, in seconds; None for ever.

        Returns the number of things done, 0 when the time ran out. Raises UsageError inside a handler.
        """
        return _core.context_dispatch(self._native, -1 if timeout is None else to_ms(timeout))

    def fileno(self) -> int:
        """The descriptor that is readable when `dispatch()` has something to do. It belongs to the context."""
        return _core.context_get_event(self._native)

    @property
    def timeout(self) -> float | None:
        """Seconds until `dispatch()` has something to do even if `fileno()` is not readable; None for never."""
        timeout_ms = _core.context_get_timeout_ms(self._native)
        return None if timeout_ms < 0 else timeout_ms / 1000


_own: list[Context] = []


def get_default_context() -> Context:
    """The context that `devices()`, `find()` and `dfutrigger.core` use: the innermost `with Virtual(...)`, else one of
    the process's own."""
    if _default.entered:
        return _default.entered[-1]
    if not _own:
        _own.append(Context._wrap(_default.get_own(), None, False))
    return _own[0]


def devices(vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
            bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
            bootloader_serial_number: str | None = None, alternate: str | None = None,
            mode: Mode = Mode.UNKNOWN) -> DeviceList:
    """What is plugged in now: `Context.devices()` of the default context."""
    return get_default_context().devices(
        vendor_id, product_id, bootloader_vendor_id=bootloader_vendor_id, bootloader_product_id=bootloader_product_id,
        path=path, serial_number=serial_number, bootloader_serial_number=bootloader_serial_number, alternate=alternate,
        mode=mode)


def find(vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
         bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
         bootloader_serial_number: str | None = None, alternate: str | None = None, mode: Mode = Mode.UNKNOWN,
         image: Firmware | None = None, force: Check = Check.NONE) -> Device:
    """The one device that is meant: `Context.find()` of the default context."""
    return get_default_context().find(
        vendor_id, product_id, bootloader_vendor_id=bootloader_vendor_id, bootloader_product_id=bootloader_product_id,
        path=path, serial_number=serial_number, bootloader_serial_number=bootloader_serial_number, alternate=alternate,
        mode=mode, image=image, force=force)


def wait(vendor_id: int = ANY, product_id: int = ANY, *, bootloader_vendor_id: int = ANY,
         bootloader_product_id: int = ANY, path: str | None = None, serial_number: str | None = None,
         bootloader_serial_number: str | None = None, alternate: str | None = None, mode: Mode = Mode.UNKNOWN,
         image: Firmware | None = None, force: Check = Check.NONE, timeout: Time | None = None) -> Device:
    """The one device that is meant, once it is there: `Context.wait()` of the default context."""
    return get_default_context().wait(
        vendor_id, product_id, bootloader_vendor_id=bootloader_vendor_id, bootloader_product_id=bootloader_product_id,
        path=path, serial_number=serial_number, bootloader_serial_number=bootloader_serial_number, alternate=alternate,
        mode=mode, image=image, force=force, timeout=timeout)
