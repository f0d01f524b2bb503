# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The library's values as enumerations. Members have the names of the C header, without their prefix, and print them.

    >>> print(Mode.BOOTLOADER, Check.IDS | Check.SIZE, f"{State.DONE:>6} {State.DONE:d}")
    BOOTLOADER IDS|SIZE   DONE 15
"""

from __future__ import annotations

import enum
from typing import TypeVar

from . import _core

_Member = TypeVar("_Member", bound=enum.Enum)

# Presentation types of a format that are for numbers
_NUMERIC = "bcdeEfFgGnoxX%"


class _Named(enum.IntEnum):
    """A number that is printed as the name that it has here; `int()`, and formats for numbers, give the number."""

    def __str__(self) -> str:
        return self.name

    def __format__(self, form: str) -> str:
        return int.__format__(self, form) if form[-1:] in tuple(_NUMERIC) else format(str(self), form)


class _NamedBits(enum.IntFlag):
    """Bits that are printed as their names, as in "IDS|SIZE"."""

    def __str__(self) -> str:
        names = [member.name or "" for member in type(self) if member.value and member.value & self.value]
        rest = self.value & ~sum(member.value for member in type(self))
        return "|".join(names + [hex(rest)] * bool(rest)) or "NONE"

    def __format__(self, form: str) -> str:
        return int.__format__(self, form) if form[-1:] in tuple(_NUMERIC) else format(str(self), form)


def to_member(name: str, kind: type[_Member], value: object) -> _Member:
    """Raises TypeError for text, and for True, which is 1 and so one of them, and seldom the one that is meant."""
    if isinstance(value, int) and not isinstance(value, bool):
        return kind(value)
    names = ", ".join(f"{kind.__name__}.{member}" for member in kind.__members__)
    raise TypeError(f"{name} is one of {names}: {value!r} is none")


class Mode(_Named):
    """What a device is doing."""

    UNKNOWN = _core.MODE_UNKNOWN  #: nothing that the library knows how to update
    APPLICATION = _core.MODE_APPLICATION  #: it runs its application (DFU's "run-time")
    BOOTLOADER = _core.MODE_BOOTLOADER  #: it waits for firmware (DFU's "DFU mode")


class State(_Named):
    """Where a session is."""

    NEW = _core.SESSION_NEW  #: nothing started
    PROBING = _core.SESSION_PROBING  #: asking a device in its application about itself
    TRIGGERING = _core.SESSION_TRIGGERING  #: asking the device to enter its bootloader
    LEAVING = _core.SESSION_LEAVING  #: waiting for it to leave the bus
    RETURNING = _core.SESSION_RETURNING  #: waiting for it to come back
    MEASURING = _core.SESSION_MEASURING  #: reading to learn how much the memory holds
    DOWNLOADING = _core.SESSION_DOWNLOADING  #: writing firmware
    MANIFESTING = _core.SESSION_MANIFESTING  #: the device installs what it got
    VERIFYING = _core.SESSION_VERIFYING  #: reading back and comparing
    UPLOADING = _core.SESSION_UPLOADING  #: reading for the caller
    RESTARTING = _core.SESSION_RESTARTING  #: bringing the device back to its application
    DONE = _core.SESSION_DONE  #: ended well
    FAILED = _core.SESSION_FAILED  #: ended with an error
    CANCELLED = _core.SESSION_CANCELLED  #: ended by `Session.cancel()`
    COMMANDING = _core.SESSION_COMMANDING  #: carrying out a command of the device
    COMPARING = _core.SESSION_COMPARING  #: reading to learn which parts of the memory differ from the image
    ANNOUNCING = _core.SESSION_ANNOUNCING  #: telling the bootloader what comes, which it judges
    DIAGNOSING = _core.SESSION_DIAGNOSING  #: seeing whether the device can be opened


class Check(_NamedBits):
    """Checks that a file and a device go through before anything is written; each can be overridden on its own."""

    NONE = 0  #: no check
    FORMAT = _core.CHECK_FORMAT  #: it is firmware, of a kind that this device takes
    LENGTH = _core.CHECK_LENGTH  #: it is complete
    CHECKSUM = _core.CHECK_CHECKSUM  #: CRC of the container
    HASH = _core.CHECK_HASH  #: hash inside the image
    IDS = _core.CHECK_IDS  #: vendor, product and release that the file is made for
    SIZE = _core.CHECK_SIZE  #: it fits the memory that it goes to
    VERSION = _core.CHECK_VERSION  #: it is not older than what the device runs
    MEMORY_MAP = _core.CHECK_MEMORY_MAP  #: addresses lie in memory that can be written
    BOOTLOADER = _core.CHECK_BOOTLOADER  #: it leaves alone what the device needs to be updated again


class FormatTrait(_NamedBits):
    """What a format of firmware files holds beyond bytes, and what can be done with it."""

    ADDRESSES = _core.FORMAT_ADDRESSES  #: it says where bytes go
    PARTS = _core.FORMAT_PARTS  #: the file is not what is sent: that is taken out of it
    ALTERNATES = _core.FORMAT_ALTERNATES  #: parts are for alternate settings
    GROUPS = _core.FORMAT_GROUPS  #: it can have firmware for several chips, or boards
    SUFFIX = _core.FORMAT_SUFFIX  #: a DFU suffix has its place behind it
    FAMILIES = _core.FORMAT_FAMILIES  #: it names the family of its chip, also if that is the only one
    TEXT = _core.FORMAT_TEXT  #: it has lines, as errors count them
    WRITTEN = _core.FORMAT_WRITTEN  #: images can be put into it


class Verify(_Named):
    """When an update is verified."""

    AUTO = _core.VERIFY_AUTO  #: where it can be read back and the device then starts again by itself
    NEVER = _core.VERIFY_NEVER  #: trust the device
    ALWAYS = _core.VERIFY_ALWAYS  #: if it can't be done, the update fails


class Erase(_Named):
    """What is erased before it is written, where the bootloader has sectors."""

    AUTO = _core.ERASE_AUTO  #: as NEEDED where the memory can be read, else as ALL
    NEEDED = _core.ERASE_NEEDED  #: read first; only sectors that differ
    ALL = _core.ERASE_ALL  #: every sector that the image touches, without reading
    MASS = _core.ERASE_MASS  #: the whole memory, also what the image does not touch


class Restart(_Named):
    """Whether a device is restarted at the end of an update or upload."""

    AUTO = _core.RESTART_AUTO  #: after an update, where the device can
    NEVER = _core.RESTART_NEVER  #: it stays in its bootloader, wherever that lets it
    ALWAYS = _core.RESTART_ALWAYS  #: also after an upload, and where nothing had to be written or started anew


class Verified(_Named):
    """Whether what was written was read back and compared."""

    NO = _core.VERIFIED_NO  #: not asked for, or not yet
    YES = _core.VERIFIED_YES  #: every byte is right
    IMPOSSIBLE = _core.VERIFIED_IMPOSSIBLE  #: it can't be read back; the message says why


class Link(_Named):
    """How an interface of a device is reached."""

    USB = _core.LINK_USB  #: by USB requests
    HID = _core.LINK_HID  #: by reports, through the system's HID driver
    SERIAL = _core.LINK_SERIAL  #: as a serial port
    VOLUME = _core.LINK_VOLUME  #: by files on a mounted drive


class ReportType(_Named):
    """HID report types."""

    INPUT = _core.REPORT_INPUT  #: from the device, at any time
    OUTPUT = _core.REPORT_OUTPUT  #: to the device
    FEATURE = _core.REPORT_FEATURE  #: both ways


class DeviceEvent(_Named):
    """What happened to a device."""

    ARRIVED = _core.DEVICE_ARRIVED  #: it is new, or was there when the handler was set
    CHANGED = _core.DEVICE_CHANGED  #: same device, same mode, other facts
    LEFT = _core.DEVICE_LEFT  #: it is gone


class LogLevel(_Named):
    """How much a line of the log matters."""

    ERROR = _core.LOG_ERROR  #: an operation fails because of it
    WARNING = _core.LOG_WARNING  #: odd, but handled
    INFO = _core.LOG_INFO  #: what a person following along wants to know
    DEBUG = _core.LOG_DEBUG  #: every action and its outcome


class DfuAttribute(_NamedBits):
    """Bits of a DFU functional descriptor's bmAttributes."""

    CAN_DNLOAD = _core.DFU_CAN_DNLOAD  #: bitCanDnload
    CAN_UPLOAD = _core.DFU_CAN_UPLOAD  #: bitCanUpload
    MANIFESTATION_TOLERANT = _core.DFU_MANIFESTATION_TOLERANT  #: bitManifestationTolerant
    WILL_DETACH = _core.DFU_WILL_DETACH  #: bitWillDetach


class RecordEvent(_Named):
    """What is in the record of a virtual device."""

    ARRIVED = _core.SIM_EVENT_ARRIVED  #: it appeared on the bus
    LEFT = _core.SIM_EVENT_LEFT  #: it disappeared from the bus
    BUS_RESET = _core.SIM_EVENT_BUS_RESET  #: a reset of its port
    CONTROL = _core.SIM_EVENT_CONTROL  #: a control transfer
    ENDPOINT = _core.SIM_EVENT_ENDPOINT  #: the host wrote to an interrupt or bulk endpoint
    BREACH = _core.SIM_EVENT_BREACH  #: the host broke a rule


class FaultKind(_Named):
    """How a virtual device misbehaves."""

    STALL = _core.SIM_FAULT_STALL  #: the request is stalled and has no effect
    TIMEOUT = _core.SIM_FAULT_TIMEOUT  #: the request is never answered and has no effect
    LOST_ANSWER = _core.SIM_FAULT_LOST_ANSWER  #: the request takes effect, but is never answered
    SLOW = _core.SIM_FAULT_SLOW  #: the answer comes late
    SHORT = _core.SIM_FAULT_SHORT  #: half of the data is left out
    GARBAGE = _core.SIM_FAULT_GARBAGE  #: the data is pseudo-random
    UNPLUG = _core.SIM_FAULT_UNPLUG  #: the device is gone when the request comes
    LOST_BYTE = _core.SIM_FAULT_LOST_BYTE  #: what is written to an endpoint loses a byte
    DOUBLED_BYTE = _core.SIM_FAULT_DOUBLED_BYTE  #: one byte of it comes twice
    NOISE = _core.SIM_FAULT_NOISE  #: bytes that nobody sent are in front of it
    LOST_REPLY = _core.SIM_FAULT_LOST_REPLY  #: what a bootloader on a serial port says to it is lost
    SPOILT_REPLY = _core.SIM_FAULT_SPOILT_REPLY  #: a byte of that is wrong
    NOISY_REPLY = _core.SIM_FAULT_NOISY_REPLY  #: bytes that it did not send are in front of that
    LATE_REPLY = _core.SIM_FAULT_LATE_REPLY  #: that comes late
