# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Devices: what is plugged in."""

from __future__ import annotations

from typing import NamedTuple

from . import _core
from .enums import Check, DfuAttribute, Erase, Link, Mode, Restart, Verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Callable, Iterable, Union

    from ._time import Time
    from .context import Context
    from .handle import Handle
    from .image import Image
    from .session import Outcome, Progress, Session

    Firmware = Union[Image, str, os.PathLike[str], bytes, bytearray, memoryview]


class Interface(NamedTuple):
    """One alternate setting of one interface."""

    configuration: int  #: bConfigurationValue of the configuration that it is in
    number: int  #: bInterfaceNumber
    alternate: int  #: bAlternateSetting
    class_code: int  #: bInterfaceClass
    subclass: int  #: bInterfaceSubClass
    protocol: int  #: bInterfaceProtocol
    endpoint_count: int  #: bNumEndpoints
    name_index: int  #: iInterface, 0 for none
    name: str | None  #: the string of iInterface, None if there is none or it could not be read


class Node(NamedTuple):
    """What the system made of an interface: a HID node or a serial port."""

    link: Link  #: HID or SERIAL
    interface: int  #: bInterfaceNumber
    name: str  #: as in "/dev/hidraw3" or "COM5"; "" if it has none
    usage_page: int  #: HID: of the first top-level collection, 0 if not known
    usage: int  #: HID: of the first top-level collection


class Holder(NamedTuple):
    """Who has a part of a device, this process apart."""

    interface: int | None  #: bInterfaceNumber; None for the device as a whole
    driver: str  #: the kernel's driver of the interface, as in "cdc_acm", or "usbfs" for a program; "" for none
    programs: str  #: programs that have its node open, as in "ModemManager (process 311)", joined by ", "


class DfuDescriptor(NamedTuple):
    """A DFU functional descriptor (DFU 1.1, 4.1.3)."""

    attributes: DfuAttribute  #: bmAttributes
    detach_timeout_ms: int  #: wDetachTimeOut
    transfer_size: int  #: wTransferSize in bytes; 0 if unknown
    version: int  #: bcdDFUVersion

    @property
    def block_size(self) -> int:
        """The bytes of each block but the last; devices say 0, 0xffff, or more than every system can do in one request."""
        return _core.dfu_get_block_size(self.transfer_size)


class Device:
    """One physical device as it was when it was looked at. It does not change: what comes back after a trigger is
    another object."""

    _context: Context
    _native: _core.Object

    @classmethod
    def _wrap(cls, context: Context, native: _core.Object) -> Device:
        device = cls.__new__(cls)
        device._context = context
        device._native = native
        return device

    def __init__(self) -> None:
        """Devices come from `devices()`, `find()` and sessions."""
        raise TypeError("devices come from devices() and find()")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Device):
            return NotImplemented
        return self._native == other._native

    def __hash__(self) -> int:
        return hash(self._native)

    def __repr__(self) -> str:
        return f"<Device {self.place}, {self.mode.name.lower()}>"

    @property
    def place(self) -> str:
        """Its ids and its port in one text for people, as in "2fe3:0005 at 1-2.3"."""
        return f"{self.vendor_id:04x}:{self.product_id:04x} at {self.path}"

    @property
    def id(self) -> str:
        """What stays the same while it leaves and comes back, as its bootloader and as its application again: a text to be
        compared with those of other devices of the context. It goes by the port, or where the system tells none by the
        serial number."""
        return _core.device_get_id(self._native)

    @property
    def context(self) -> Context:
        """The context that it was found with."""
        return self._context

    @property
    def vendor_id(self) -> int:
        """idVendor."""
        return _core.device_get_vendor_id(self._native)

    @property
    def product_id(self) -> int:
        """idProduct."""
        return _core.device_get_product_id(self._native)

    @property
    def release(self) -> int:
        """bcdDevice."""
        return _core.device_get_release(self._native)

    @property
    def path(self) -> str:
        """The port path, as in "1-2.3"; "" where the system does not tell."""
        return _core.device_get_path(self._native)

    @property
    def bus_number(self) -> int:
        """The number of the bus that it is on."""
        return _core.device_get_bus_number(self._native)

    @property
    def address(self) -> int:
        """The USB address; it is another one after each re-enumeration."""
        return _core.device_get_address(self._native)

    @property
    def serial_number(self) -> str:
        """The serial number; "" if it has none or it can't be read."""
        return _core.device_get_serial_number(self._native)

    @property
    def manufacturer(self) -> str:
        """The manufacturer's name; "" if none."""
        return _core.device_get_manufacturer(self._native)

    @property
    def product(self) -> str:
        """The product's name; "" if none."""
        return _core.device_get_product(self._native)

    @property
    def mode(self) -> Mode:
        """What it is doing."""
        return Mode(_core.device_get_mode(self._native))

    @property
    def configuration(self) -> int:
        """The bConfigurationValue in use, 0 if it is not configured."""
        return _core.device_get_configuration(self._native)

    @property
    def is_present(self) -> bool:
        """Whether it is plugged in as this object describes it; `Context.dispatch()` keeps it true to life."""
        return _core.device_is_present(self._native)

    @property
    def is_complete(self) -> bool:
        """Whether all its names that matter were read. Mode, serial number and names are certain only then."""
        return _core.device_is_complete(self._native)

    @property
    def missing(self) -> str:
        """What is missing and why, as in "its names are not read: it does not answer"; "" if it is complete."""
        return _core.device_get_missing(self._native)

    @property
    def is_shared(self) -> bool:
        """Whether other products show the same ids: a trigger must then be named."""
        return _core.device_is_shared(self._native)

    @property
    def is_generic(self) -> bool:
        """Whether nothing but its USB classes says what it is: `find()` takes it in its application only if it is
        named."""
        return _core.device_is_generic(self._native)

    @property
    def is_mode_guessed(self) -> bool:
        """Whether it does not say if it is in its application or its bootloader (DFU 1.0), so that `mode` is a guess.
        Ids of both, given to `find()`, overrule it."""
        return _core.device_is_mode_guessed(self._native)

    @property
    def title(self) -> str:
        """As what the device table knows it, as in "Zephyr USB DFU sample"; "" if no row of it does."""
        return _core.device_get_title(self._native)

    @property
    def protocol(self) -> str:
        """The bootloader language that it speaks, or will after a trigger, as in "dfu"; "" if unknown, if only its
        bootloader shows which, or if a job has to ask it first (what it said is told from then on)."""
        return _core.device_get_protocol(self._native)

    @property
    def triggers(self) -> tuple[str, ...]:
        """The known ways to bring it into its bootloader, the surest first."""
        names = (_core.device_get_trigger_name(self._native, index)
                 for index in range(_core.device_get_trigger_count(self._native)))
        return tuple(name for name in names if name is not None)

    @property
    def commands(self) -> dict[str, str]:
        """What it can be told besides an update, and what each command does."""
        found = ((_core.device_get_command_name(self._native, index), _core.device_get_command_text(self._native, index))
                 for index in range(_core.device_get_command_count(self._native)))
        return {name: text or "" for name, text in found if name is not None}

    @property
    def help(self) -> tuple[str, ...]:
        """What a person can do about usual trouble with devices of this kind, one sentence each."""
        found: list[str] = []
        while (text := _core.device_get_help(self._native, len(found))) is not None:
            found.append(text)
        return tuple(found)

    @property
    def descriptors(self) -> bytes:
        """The device descriptor, then each configuration descriptor with all that belongs to it."""
        return _core.device_get_descriptors(self._native)

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """All alternate settings of all interfaces, in the order of the descriptors."""
        found = (_core.device_get_interface(self._native, index)
                 for index in range(_core.device_get_interface_count(self._native)))
        return tuple(Interface._make(values) for values in found if values)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """HID nodes and serial ports; more may come shortly after the device."""
        found = (_core.device_get_node(self._native, index)
                 for index in range(_core.device_get_node_count(self._native)))
        return tuple(Node(Link(values[0]), *values[1:]) for values in found if values)

    @property
    def dfu_descriptor(self) -> DfuDescriptor | None:
        """What its first DFU interface says of itself; None if it has none."""
        from .errors import NotFoundError

        try:
            attributes, *others = _core.device_get_dfu_descriptor(self._native)
        except NotFoundError:
            return None
        return DfuDescriptor(DfuAttribute(attributes), *others)

    def dfu_descriptor_of(self, interface: Interface) -> DfuDescriptor | None:
        """What one of several DFU interfaces says of itself; None if it is no DFU interface.

        interface: one of `interfaces`.

        Raises ValueError for an interface of another device.
        """
        from .errors import NotFoundError

        index = self.interfaces.index(interface)
        try:
            attributes, *others = _core.device_get_interface_dfu_descriptor(self._native, index)
        except NotFoundError:
            return None
        return DfuDescriptor(DfuAttribute(attributes), *others)

    def diagnose(self) -> None:
        """Tries whether it can be opened; sends nothing to it.

        Raises AccessError (the hint has the command that adds udev's rules), BusyError (the hint says who holds it), GoneError.
        """
        from .errors import about

        with about(self):
            _core.device_diagnose(self._native)

    def holders(self) -> tuple[Holder, ...]:
        """Who has it: the device as a whole first, then its interfaces; those that nobody has are left out.

        Opens nothing. On Linux root is told all programs, others those of their own and those that lock the node.

        Raises GoneError.
        """
        numbers = {one.number for one in self.interfaces if one.configuration == self.configuration}
        found = [Holder(None, *_core.device_get_holder(self._native, -1))]
        found += [Holder(number, *_core.device_get_holder(self._native, number)) for number in sorted(numbers)]
        return tuple(holder for holder in found if holder.driver or holder.programs)

    def open(self) -> Handle:
        """Raw access: requests, reports, serial lines."""
        from .handle import Handle

        return Handle(self)

    def session(self) -> Session:
        """A job on this device, for asyncio, and for those who want to look on."""
        from .session import Session

        return Session(self)

    def trigger(self, name: str | None = None, *, progress: Callable[[Progress], object] | None = None,
                return_timeout: Time | None = None, bootloader_ids: tuple[int, int] | None = None) -> Device:
        """Brings it into its bootloader, and waits until it is there.

        name: which of `triggers`; None tries the surest first.
        progress: called with each change; an exception in it cancels, and comes out of here.
        return_timeout: how long it may take to leave, and then to come back, each; None is 10 s.
        bootloader_ids: which vendor and product the bootloader has; None for any that fits.

        Returns the bootloader: another device to the system. Raises DeviceError if it did not react, TimeoutError if it
        left and did not come back, MismatchError if it came back as its application, UnsupportedError if no known
        trigger fits, AmbiguousError if one must be named.
        """
        with self.session() as session:
            session.set_options(trigger=name, return_timeout=return_timeout, bootloader_ids=bootloader_ids)
            session.start_trigger(progress=progress)
            return session.run().device

    def update(self, image: Firmware, *, progress: Callable[[Progress], object] | None = None,
               alternate: str | int | None = None, trigger: str | None = None, verify: Verify = Verify.AUTO,
               erase: Erase = Erase.AUTO, force: Check = Check.NONE,
               return_timeout: Time | None = None, bootloader_ids: tuple[int, int] | None = None,
               part: str | None = None, confirm: bool = True, restart: Restart = Restart.AUTO,
               transfer_size: int = 0, volume: str | os.PathLike[str] | None = None) -> Outcome:
        """Puts firmware into it: trigger where needed, download, verify, restart where it can.

        image: an `Image`, the path of a file, or its bytes.
        progress: called with each change; an exception in it cancels, and comes out of here.
        alternate: the memory: number, name, "=name" (whatever it looks like), or "interface:" and any of these; None is
            what the image asks for, else the only one.
        force: checks whose failure does not stop the update.
        bootloader_ids: as for `trigger()`; what comes back with others is not written to.
        part: which part (chip) it has, as in "atmega32u4", where neither its bootloader nor the table tells it.
        confirm: whether new firmware that runs is confirmed (MCUmgr's SMP), or left on test.
        restart: whether it starts the new firmware in the end, or stays in its bootloader where that lets it.
        transfer_size: bytes of each block by USB DFU and DfuSe; 0 is what it says.
        volume: where its drive is mounted, if it has a UF2 bootloader and the system can't tell that.

        Nothing is sent to a device that the image does not fit. Raises ImageError, MismatchError, UnsupportedError,
        DeviceError, VerifyError, GoneError, TimeoutError and what opening can raise.
        """
        with self.session() as session:
            session.set_options(alternate=alternate, trigger=trigger, verify=verify, erase=erase, force=force,
                                return_timeout=return_timeout, bootloader_ids=bootloader_ids, part=part,
                                confirm=confirm, restart=restart, transfer_size=transfer_size, volume=volume)
            session.start_update(image, progress=progress)
            return session.run()

    def upload(self, *, size: int = 0, address: int | None = None, force: Check = Check.NONE,
               progress: Callable[[Progress], object] | None = None, alternate: str | int | None = None, trigger: str | None = None,
               return_timeout: Time | None = None, bootloader_ids: tuple[int, int] | None = None,
               part: str | None = None, restart: Restart = Restart.AUTO, transfer_size: int = 0,
               volume: str | os.PathLike[str] | None = None) -> bytes:
        """Reads a memory of it.

        size: the most bytes; 0 reads until the device ends, or its memory as far as that is known.
        address: where to begin, of bootloaders whose memories have addresses (DfuSe); None is where the memory can be written.
        force: `Check.MEMORY_MAP` reads what no memory of the device is said to be.
        part: as for `update()`.
        restart: ALWAYS starts the application when all was read.
        transfer_size: as for `update()`.
        volume: as for `update()`.

        What was read before an error is its `partial`. Raises UnsupportedError if it can't be read, or has no addresses,
        MismatchError if there is no memory at the address, DeviceError if there was nothing to read, ProtocolError if the
        device does not end, and what `trigger()` can raise.
        """
        from .errors import keeping

        with self.session() as session:
            session.set_options(alternate=alternate, trigger=trigger, return_timeout=return_timeout, upload_size=size,
                                address=address, force=force, bootloader_ids=bootloader_ids, part=part,
                                restart=restart, transfer_size=transfer_size, volume=volume)
            data = bytearray()
            with keeping(data):
                session.start_upload(data.extend, progress=progress)
                session.run()
        return bytes(data)

    def command(self, name: str, *, progress: Callable[[Progress], object] | None = None,
                return_timeout: Time | None = None, address: int | None = None, force: Check = Check.NONE) -> Outcome:
        """Tells it to do something else than an update; triggers it first if that needs its bootloader.

        name: one of `commands`.
        address: where the application is that "start" starts, as for `upload()`.
        force: checks that a command asks for which can't be undone, as "erase" of DfuSe does for BOOTLOADER.

        Raises NotFoundError if it has no such command, DeviceError if its firmware refuses it, and what `trigger()` can
        raise.
        """
        with self.session() as session:
            session.set_options(return_timeout=return_timeout, address=address, force=force)
            session.start_command(name, progress=progress)
            return session.run()

    def probe(self, *, progress: Callable[[Progress], object] | None = None) -> dict[str, str]:
        """Asks a device in its application what its trigger interface knows, without triggering it.

        Raises UnsupportedError if there is nothing to ask.
        """
        with self.session() as session:
            session.start_probe(progress=progress)
            return session.run().facts


class DeviceList(list[Device]):
    """Devices by bus and port path, and whether they are all."""

    unread: list[Device]  #: those that fit, or may fit once that is known, and are not complete
    is_complete: bool  #: whether all devices were looked at, and none is unread

    def __init__(self, devices: Iterable[Device] = (), unread: Iterable[Device] = (), is_complete: bool = True) -> None:
        super().__init__(devices)
        self.unread = list(unread)
        self.is_complete = is_complete
