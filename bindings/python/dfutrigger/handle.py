# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Raw access to one device, on real and virtual buses alike."""

from __future__ import annotations

from . import _core
from ._repr import describe
from ._time import to_ms
from .enums import ReportType
from .errors import naming_device

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from ._time import Time
    from .device import Device

_DIRECTION_IN = 0x80


class Handle:
    """Raw access to one device: requests, reports, serial lines.

    What is needed is opened by the first call that needs it and stays open until close(). Calls block, and other
    sessions of the context go on meanwhile. All raise TimeoutError, GoneError, AccessError, BusyError, NotFoundError,
    DeviceError for a stalled request, TransferError, UnsupportedError, UsageError. A timeout is in seconds, 0 for no
    limit.
    """

    def __init__(self, device: Device) -> None:
        """Makes a handle; nothing is opened yet."""
        self._for_device = device
        self._native = _core.handle_new(device._native)

    def __repr__(self) -> str:
        return describe(self, self._for_device.place, self._native)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes all that was opened. May be called twice."""
        _core.close(self._native)

    @naming_device
    def control(self, request_type: int, request: int, value: int = 0, index: int = 0, data: bytes = b"",
                timeout: Time = 1) -> int:
        """A control transfer to the device; returns the bytes that it took.

        For a class or standard request to an interface, that interface is claimed first.
        """
        if request_type & _DIRECTION_IN:
            raise ValueError("control_in() reads")
        return _core.handle_control(self._native, request_type, request, value, index, data, to_ms(timeout))

    @naming_device
    def control_in(self, request_type: int, request: int, value: int = 0, index: int = 0, length: int = 0,
                   timeout: Time = 1) -> bytes:
        """A control transfer from the device; returns at most `length` bytes."""
        data = bytearray(length)
        count = _core.handle_control(self._native, request_type | _DIRECTION_IN, request, value, index, data,
                                     to_ms(timeout))
        return bytes(data[:count])

    @naming_device
    def reset(self, timeout: Time = 10) -> None:
        """Resets the device's port. Raises GoneError if it comes back as another device, or not at all."""
        _core.handle_reset(self._native, to_ms(timeout))

    @naming_device
    def send_report(self, report_type: ReportType, report_id: int, data: bytes, interface: int = -1,
                    timeout: Time = 1) -> None:
        """Sends a FEATURE or OUTPUT report.

        report_id: 0 if they are not numbered.
        interface: bInterfaceNumber, or -1 for the first one that has such a report.
        """
        _core.handle_send_report(self._native, interface, report_type, report_id, data, to_ms(timeout))

    @naming_device
    def get_feature_report(self, report_id: int, length: int, interface: int = -1, timeout: Time = 1) -> bytes:
        """Asks for a feature report; returns at most `length` bytes, without the id."""
        data = bytearray(length)
        count = _core.handle_get_feature_report(self._native, interface, report_id, data, to_ms(timeout))
        return bytes(data[:count])

    @naming_device
    def read_report(self, length: int, interface: int = -1, timeout: Time = 1) -> tuple[int, bytes]:
        """Waits for the next input report; returns its id, 0 if they have none, and at most `length` bytes."""
        data = bytearray(length)
        count, report_id = _core.handle_read_report(self._native, interface, data, to_ms(timeout))
        return report_id, bytes(data[:count])

    @naming_device
    def set_line_coding(self, baud: int, stop_bits: int = 1, parity: int = 0, data_bits: int = 8, interface: int = -1,
                        timeout: Time = 1) -> None:
        """Sets speed and frame of a serial port; parity: 0 none, 1 odd, 2 even, 3 mark, 4 space."""
        _core.handle_set_line_coding(self._native, interface, (baud, stop_bits, parity, data_bits), to_ms(timeout))

    @naming_device
    def set_lines(self, dtr: bool | None = None, rts: bool | None = None, interface: int = -1,
                  timeout: Time = 1) -> None:
        """Sets DTR and RTS of a serial port; None leaves a line as it is."""
        _core.handle_set_lines(self._native, interface, -1 if dtr is None else dtr, -1 if rts is None else rts,
                               to_ms(timeout))

    @naming_device
    def read_serial(self, length: int, interface: int = -1, timeout: Time = 1) -> bytes:
        """Reads from a serial port: waits for the first byte, returns what is there."""
        data = bytearray(length)
        return bytes(data[:_core.handle_read_serial(self._native, interface, data, to_ms(timeout))])

    @naming_device
    def write_serial(self, data: bytes, interface: int = -1, timeout: Time = 1) -> int:
        """Writes to a serial port; returns the number of bytes, which are all."""
        return _core.handle_write_serial(self._native, interface, data, to_ms(timeout))

    @naming_device
    def touch(self, baud: int = 1200, interface: int = -1, timeout: Time = 12) -> None:
        """Touches a serial port: sets this speed, lowers DTR and closes it. Does not wait for what the device does."""
        _core.handle_touch(self._native, interface, baud, to_ms(timeout))
