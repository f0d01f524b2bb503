# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Images: firmware files, parsed and judged before any device is opened."""

from __future__ import annotations

import os
from typing import NamedTuple

from . import _core
from ._default import get_native
from ._ids import check_numbers
from .enums import Check, FormatTrait, to_member
from .errors import about, about_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    from .context import Context
    from .device import Device

    Source = Union[str, os.PathLike[str], bytes, bytearray, memoryview]


class Fact(NamedTuple):
    """Something that is known of an image."""

    layer: str  #: the format that it comes from, as in "dfu-suffix"
    key: str  #: lower case with underscores, as in "vendor_id"
    value: str  #: text


class Segment(NamedTuple):
    """A run of bytes that belongs together."""

    address: int | None  #: of the first byte; None if the device decides where it goes
    alternate: int | None  #: alternate setting that the file asks for, None for none
    data: bytes | None  #: a copy; None if the image is too large to be held in memory: `Image.read()` gives its bytes
    size: int  #: how many

    def __repr__(self) -> str:
        place = "" if self.address is None else f" at {self.address:#010x}"
        memory = "" if self.alternate is None else f" for alternate setting {self.alternate}"
        return f"<Segment {self.size} bytes{place}{memory}>"


class Format(NamedTuple):
    """A kind of firmware files."""

    name: str  #: as `Image.format` and `Image.convert()` have it
    text: str  #: what it is called by people
    traits: FormatTrait  #: what it holds, and what can be done with it


def formats() -> tuple[Format, ...]:
    """The kinds of firmware files that there are."""
    found: list[Format] = []
    while (name := _core.format_get_name(len(found))) is not None:
        found.append(Format(name, _core.format_get_text(name) or "", FormatTrait(_core.format_get_traits(name))))
    return tuple(found)


def families() -> tuple[str, ...]:
    """Names of families of chips that a UF2 file is for, and of boards in a Universal Hex."""
    found: list[str] = []
    while (name := _core.family_get_name(len(found))) is not None:
        found.append(name)
    return tuple(found)


class Image:
    """Parsed firmware.

        >>> image = Image.load(bytes(range(64)), force=Check.FORMAT)
        >>> image.format, image.size
        ('raw', 64)
    """

    _native: _core.Object

    def __init__(self) -> None:
        """Images come from `Image.load()`."""
        raise TypeError("images come from Image.load()")

    @classmethod
    def load(cls, source: Source, *, force: Check = Check.NONE, context: Context | None = None) -> Image:
        """Reads and judges firmware; its kind is recognised by its content.

        source: the path of a file, or its bytes, which are copied.
        force: checks whose failure does not matter.
        context: None for the default one.

        Raises ImageError if it is not firmware or is damaged; NotFoundError, AccessError or TransferError with the
        `filename` if it can't be read; TypeError for a source that is neither.
        """
        if source is None:
            raise TypeError("firmware is the path of a file, or bytes: None is neither")
        native = get_native(context)
        force = to_member("force", Check, force)
        image = cls.__new__(cls)
        if isinstance(source, (str, os.PathLike)):
            with about_file(source):
                image._native = _core.image_load_file(native, source, force)
        else:
            image._native = _core.image_load_buffer(native, source, force)
        return image

    def __repr__(self) -> str:
        return f"<Image {self.format}, {self.size} bytes>"

    def __len__(self) -> int:
        return self.size

    @property
    def format(self) -> str:
        """What the payload is: "raw", "mcuboot", ..."""
        return _core.image_get_format(self._native)

    @property
    def size(self) -> int:
        """Bytes that go to the device: all segments together."""
        return _core.image_get_size(self._native)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Its bytes and where they go; at least one."""
        found = (_core.image_get_segment(self._native, index)
                 for index in range(_core.image_get_segment_count(self._native)))
        return tuple(Segment(address if has_address else None, alternate if alternate >= 0 else None, data, size)
                     for has_address, address, alternate, data, size in found)

    def read(self, size: int | None = None, offset: int = 0, segment: int = 0) -> bytes:
        """Bytes of one of its segments, also of an image that is read from its file when they are needed.

        size: how many; None for all that follow.
        offset: of the first, from the beginning of the segment.

        Raises UsageError if the segment ends before, NotFoundError if there is none, TransferError if the file was changed.
        """
        if size is None:
            size = max(_core.image_get_segment(self._native, segment)[4] - offset, 0)
        data = bytearray(size)
        _core.image_read_segment(self._native, segment, offset, data)
        return bytes(data)

    @property
    def info(self) -> tuple[Fact, ...]:
        """What is known of it: container by container from the outside, then the payload."""
        return tuple(Fact._make(_core.image_get_fact(self._native, index))
                     for index in range(_core.image_get_fact_count(self._native)))

    @property
    def ids(self) -> tuple[int | None, int | None, int | None] | None:
        """Vendor, product and release that the file is made for, None where it does not say; None if no container of it
        names ids."""
        has_ids, *ids = _core.image_get_ids(self._native)
        vendor, product, release = (None if number == _core.ID_ANY else number for number in ids)
        return (vendor, product, release) if has_ids else None

    def set_address(self, address: int) -> None:
        """Puts a raw image at an address. Raises UsageError if its format brings its own."""
        _core.image_set_address(self._native, address)

    def convert(self, format: str) -> None:
        """Makes it a file of another format: one of `formats()` that is WRITTEN, as in "ihex".

        Raises UsageError for an unknown format, UnsupportedError if the format can't hold it.
        """
        _core.image_convert(self._native, format)

    def set_suffix(self, vendor_id: int = _core.ID_ANY, product_id: int = _core.ID_ANY,
                   release: int = _core.ID_ANY) -> None:
        """Gives it a DFU suffix with these ids, instead of one that it may have."""
        check_numbers(vendor_id=vendor_id, product_id=product_id, release=release)
        _core.image_set_suffix(self._native, vendor_id, product_id, release)

    def remove_suffix(self) -> None:
        """Takes the DFU suffix away."""
        _core.image_remove_suffix(self._native)

    def verify_signature(self, public_key: str | os.PathLike[str]) -> None:
        """Checks that all images of a Nordic DFU package are signed with a key, a PEM file.

        Raises MismatchError if they are not, UnsupportedError if it is no such package, UsageError if the file is no such key.
        """
        with about_file(public_key):
            _core.image_verify_signature(self._native, public_key)

    def wrap_mcuboot(self, version: str, header_size: int = 0x200) -> None:
        """Wraps the payload as an unsigned MCUboot image.

        version: "MAJOR.MINOR.REVISION[+BUILD]".
        header_size: bytes, 32 to 65535.

        Raises UsageError for a wrong version or size, or if it is one already.
        """
        _core.image_wrap_mcuboot(self._native, version, header_size)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes it, with its containers, to a file, which is replaced only when the new one is complete.

        Raises AccessError or TransferError.
        """
        with about_file(path):
            _core.image_save_file(self._native, path)

    def check(self, device: Device, alternate: str | int | None = None, force: Check = Check.NONE) -> None:
        """Judges whether it fits a device; opens nothing. Raises MismatchError or ImageError."""
        with about(device):
            _core.image_check(self._native, device._native, None if alternate is None else str(alternate), force)
