# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Virtual devices: develop and test an updater without hardware."""

from __future__ import annotations

from typing import NamedTuple

from . import _core, _default
from ._time import to_ms
from .context import Context
from .enums import FaultKind, RecordEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Union

    from ._time import Time
    from .device import Device, DeviceList

    Option = Union[str, int, bool]


class Model(NamedTuple):
    """A kind of virtual device."""

    name: str  #: as in "zephyr"
    text: str  #: one line that says what it is
    options: str  #: one line for each: "key=values: what it does"


class Record(NamedTuple):
    """A line of a virtual device's record."""

    event: RecordEvent  #: what happened
    time: float  #: when it reached the device, in seconds on the bus's clock
    request_type: int  #: CONTROL: bmRequestType
    request: int  #: CONTROL: bRequest
    value: int  #: CONTROL: wValue
    index: int  # type: ignore[assignment]  #: CONTROL: wIndex; ENDPOINT: its address
    length: int  #: CONTROL: wLength; ENDPOINT: bytes
    result: int  #: bytes moved, or the negative code that the host got, or the least number without an answer
    text: str  #: BREACH: which rule; else the state that it met


def models() -> tuple[Model, ...]:
    """The kinds of device that can be plugged in."""
    return tuple(Model._make(_core.sim_get_model(index)) for index in range(_core.sim_get_model_count()))


def _to_text(value: Option) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("\\", "\\\\").replace(",", "\\,")


def _to_spec(model: str, options: dict[str, Option]) -> str:
    words = ",".join(f"{key.replace('_', '-')}={_to_text(value)}" for key, value in options.items())
    if not words:
        return model
    return model + ("," if ":" in model else ":") + words


class VirtualDevice:
    """A device on a virtual bus, seen from its own side."""

    def __init__(self, native: _core.Object, spec: str) -> None:
        """Virtual devices come from `Virtual.plug()`."""
        self._native = native
        self._spec = spec

    def __repr__(self) -> str:
        return f"<VirtualDevice {self._spec}>"

    def unplug(self) -> None:
        """Pulls the plug: power and bus are gone at once. What is in flash stays."""
        _core.sim_device_unplug(self._native)

    def replug(self) -> None:
        """Plugs it in again at the same port."""
        _core.sim_device_replug(self._native)

    def press_reset(self) -> None:
        """Presses its reset button."""
        _core.sim_device_press_reset(self._native)

    @property
    def is_present(self) -> bool:
        """Whether it is on the bus."""
        return _core.sim_device_is_present(self._native)

    @property
    def mode(self) -> str:
        """What it is doing: "application", "bootloader", or the model's own word."""
        return _core.sim_device_get_mode_name(self._native)

    def memory(self, name: str) -> bytes:
        """A copy of one of its memories, which the bus does not see. Raises KeyError if there is no such memory."""
        data = _core.sim_device_get_memory(self._native, name)
        if data is None:
            raise KeyError(name)
        return data

    def set_memory(self, name: str, data: bytes, offset: int = 0) -> None:
        """Overwrites a part of a memory. Raises NotFoundError, or UsageError if it does not fit."""
        _core.sim_device_set_memory(self._native, name, offset, data)

    @property
    def record(self) -> tuple[Record, ...]:
        """What it was asked since it was plugged in or the record was cleared."""
        found = (_core.sim_device_get_record(self._native, index)
                 for index in range(_core.sim_device_get_record_count(self._native)))
        return tuple(Record(RecordEvent(values[0]), values[1] / 1e6, *values[2:]) for values in found if values)

    @property
    def breaches(self) -> tuple[str, ...]:
        """Which rules the host broke."""
        return tuple(record.text for record in self.record if record.event is RecordEvent.BREACH)

    @property
    def request_count(self) -> int:
        """What faults are counted in: control transfers, writes to endpoints and resets so far."""
        return _core.sim_device_get_request_count(self._native)

    def clear_record(self) -> None:
        """Forgets the record, and counts requests from 0 again."""
        _core.sim_device_clear_record(self._native)

    def add_fault(self, kind: FaultKind, request: int | None = None, times: int = 1, delay: Time = 0) -> None:
        """Makes it misbehave.

        request: which one, counted like `request_count`; None for the next.
        times: for how many requests on end.
        delay: for SLOW and LATE_REPLY, in seconds; for UNPLUG, until it is plugged in again, or 0 for never.
        """
        at = self.request_count if request is None else request
        _core.sim_device_add_fault(self._native, (kind, at, times, to_ms(delay)))

    def clear_faults(self) -> None:
        """Takes all faults away."""
        _core.sim_device_clear_faults(self._native)

    @property
    def fault_count(self) -> int:
        """How many requests have met a fault since it was plugged in or the record was cleared."""
        return _core.sim_device_get_fault_count(self._native)


class Virtual:
    """A virtual USB bus with a context of its own, and devices plugged into it.

        >>> bus = Virtual("zephyr", stack="new")
        >>> bus.find().trigger().mode.name, bus.virtual_device.mode
        ('BOOTLOADER', 'bootloader')

    On its virtual clock, time passes only while somebody waits: a 30 s erase takes microseconds. Inside a `with`
    statement its context is the default one, so that `devices()` and `dfutrigger.core.find()` see its devices.
    """

    def __init__(self, model: str | None = None, *, real_time: bool = False, **options: Option) -> None:
        """Makes a bus, and plugs a device in if a model is named: see `plug()`.

        real_time: the system's clock in place of the virtual one.
        """
        self._native = _core.sim_new(_core.SIM_CLOCK_REAL if real_time else _core.SIM_CLOCK_VIRTUAL)
        self._plugged: list[VirtualDevice] = []
        #: the context that sees the devices
        self.context = Context()
        self.context._add_sim(self._native, not real_time)
        if model is not None:
            self._plug(model, None, options)

    def __repr__(self) -> str:
        return f"<Virtual {self._plugged}>"

    def __enter__(self) -> Virtual:
        _default.entered.append(self.context)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        _default.entered.remove(self.context)

    def plug(self, model: str, *, port: str | None = None, **options: Option) -> VirtualDevice:
        """Plugs a device in.

        model: as in `models()`; options may follow as in "zephyr:stack=new".
        port: port path, as in "1-2"; None for the next free one.
        options: as in `models()`, with _ for -.

        Raises NotFoundError (no such model), UsageError (no such option or value), BusyError (port taken).
        """
        return self._plug(model, port, options)

    def _plug(self, model: str, port: str | None, options: dict[str, Option]) -> VirtualDevice:
        spec = _to_spec(model, options)
        device = VirtualDevice(_core.sim_plug(self._native, spec, port), spec)
        self._plugged.append(device)
        return device

    def save(self) -> None:
        """Writes the state files of the devices (option `state`), after they have done what they were about to do.

        They are also written when the bus is no longer used, but an error is only a warning then.

        Raises TransferError if one can't be written.
        """
        _core.sim_save(self._native)

    @property
    def plugged(self) -> tuple[VirtualDevice, ...]:
        """The virtual devices, in the order in which they were plugged in."""
        return tuple(self._plugged)

    @property
    def virtual_device(self) -> VirtualDevice:
        """The first virtual device. Raises IndexError if there is none."""
        return self._plugged[0]

    @property
    def time(self) -> float:
        """Seconds on the bus's clock."""
        return _core.sim_get_time_us(self._native) / 1e6

    @property
    def breaches(self) -> tuple[str, ...]:
        """Which rules the host broke, of all devices."""
        return tuple(text for device in self._plugged for text in device.breaches)

    def devices(self) -> DeviceList:
        """What a host sees on this bus now."""
        return self.context.devices()

    def find(self) -> Device:
        """The one device that a host sees on this bus; one that only its USB class describes must be named, as in
        `context.find(path="1-1")`. Raises NotFoundError or AmbiguousError."""
        return self.context.find()
