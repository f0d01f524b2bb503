# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Errors of the library. Each class is something that a caller can act on; most are a built-in kind of error, too."""

from __future__ import annotations

import builtins
import errno as _errno
import functools
from contextlib import contextmanager

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any, Callable, Iterator, TypeVar, Union

    from .device import Device
    from .enums import Check

    Function = TypeVar("Function", bound=Callable[..., Any])


def _fill(error: OSError, number: int | None, text: str) -> None:
    error.errno = number  # type: ignore[assignment]
    error.strerror = text


class Error(Exception):
    """What every error of the library is.

    `str()` of it is one line: place, fact, number.
    """

    code = 0  #: a negative value of the C library's enum dfut_error
    hint: str  #: what the person can do; "" if nothing is known
    #: the device that the session or handle was made for, that was diagnosed, or that an image was held against; None if it is
    #: about none. A pickled error forgets it
    device: Device | None = None
    #: what was read before it, of an upload that returns its bytes; a pickled error forgets it
    partial: bytes = b""
    _errno: int | None = None

    def __init__(self, text: str, hint: str = "", check: int = 0) -> None:
        super().__init__(text)
        self.hint = hint
        self._check = check
        if isinstance(self, OSError):
            _fill(self, self._errno, text)

    @property
    def name(self) -> str:
        """The code's name, as in "not-found"."""
        return _core.error_get_name(self.code)

    @property
    def failed_check(self) -> Check:
        """The check that the error comes from: what `force` would have to name. `Check.NONE` if from none."""
        from .enums import Check

        return Check(self._check)

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, int], dict[str, Any]]:
        filename = getattr(self, "filename", None)
        return type(self), (str(self), self.hint, self._check), {"filename": filename} if filename else {}


class UsageError(Error, ValueError):
    """The call itself is wrong: an argument, or its order."""

    code = _core.ERROR_USAGE


class NoMemoryError(Error, MemoryError):
    """Out of memory or of another resource of the process."""

    code = _core.ERROR_NO_MEMORY


class NotFoundError(Error, FileNotFoundError):
    """No such device, interface, alternate setting, file or name."""

    code = _core.ERROR_NOT_FOUND
    _errno = _errno.ENOENT


class AmbiguousError(Error, LookupError):
    """More than one fits; the text lists them."""

    code = _core.ERROR_AMBIGUOUS


class AccessError(Error, PermissionError):
    """No permission; the hint has the rule to add."""

    code = _core.ERROR_ACCESS
    _errno = _errno.EACCES


class BusyError(Error, OSError):
    """Another program or driver holds it."""

    code = _core.ERROR_BUSY
    _errno = _errno.EBUSY


class GoneError(Error, OSError):
    """The device left the bus while it was needed."""

    code = _core.ERROR_GONE
    _errno = _errno.ENODEV


class TimeoutError(Error, builtins.TimeoutError):
    """No answer, or no return, before the deadline."""

    code = _core.ERROR_TIMEOUT
    _errno = _errno.ETIMEDOUT


class TransferError(Error, OSError):
    """A transfer or a file operation broke."""

    code = _core.ERROR_IO
    _errno = _errno.EIO


class UnsupportedError(Error, NotImplementedError):
    """Not possible with this device, system or build."""

    code = _core.ERROR_UNSUPPORTED


class ImageError(Error, ValueError):
    """The file is not firmware, or is damaged; `failed_check` says which check."""

    code = _core.ERROR_IMAGE


class MismatchError(Error, ValueError):
    """Good by itself, but does not fit the other: file and device, or what came back and what was expected."""

    code = _core.ERROR_MISMATCH


class ProtocolError(Error):
    """The device broke its protocol."""

    code = _core.ERROR_PROTOCOL


class DeviceError(Error):
    """The device refused, or reports an error of its own."""

    code = _core.ERROR_DEVICE


class VerifyError(Error):
    """What was read back is not what was written."""

    code = _core.ERROR_VERIFY


class CancelledError(Error):
    """`Session.cancel()` was called."""

    code = _core.ERROR_CANCELLED


_CLASSES: dict[int, type[Error]] = {
    kind.code: kind
    for kind in (UsageError, NoMemoryError, NotFoundError, AmbiguousError, AccessError, BusyError, GoneError, TimeoutError,
                 TransferError, UnsupportedError, ImageError, MismatchError, ProtocolError, DeviceError, VerifyError,
                 CancelledError)
}


def make_error(code: int, text: str, hint: str = "", check: int = 0) -> Error:
    """The error for a code of the C library."""
    return _CLASSES.get(code, Error)(text or _core.error_get_text(code), hint, check)


@contextmanager
def about(device: Device) -> Iterator[None]:
    """Errors in here are about this device, if not about another one."""
    try:
        yield
    except Error as error:
        if error.device is None:
            error.device = device
        raise


@contextmanager
def about_file(path: Union[str, os.PathLike[str]]) -> Iterator[None]:
    """Errors of the system in here are about this file."""
    try:
        yield
    except Error as error:
        if isinstance(error, OSError):
            error.filename = path
        raise


@contextmanager
def keeping(data: bytearray) -> Iterator[None]:
    """Errors in here have what was read before them."""
    try:
        yield
    except Error as error:
        error.partial = bytes(data)
        raise


def naming_device(function: Function) -> Function:
    """A method whose errors name the device that its object was made for."""

    @functools.wraps(function)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        with about(self._for_device):
            return function(self, *args, **kwargs)

    return wrapper  # type: ignore[return-value]


_core.set_error_maker(make_error)
