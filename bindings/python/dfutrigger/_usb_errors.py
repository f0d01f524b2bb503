# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Errors of `dfutrigger.core`, by the names of pyusb."""

from __future__ import annotations


class USBError(IOError):
    """A USB error. `errno` may be None; `backend_error_code` is libusb's negative code, or None."""

    __module__ = "dfutrigger.core"

    #: what the person can do; "" if nothing is known
    hint = ""

    def __init__(self, strerror: str, error_code: int | None = None, errno: int | None = None) -> None:
        super().__init__(errno, strerror)
        self.backend_error_code = error_code


class USBTimeoutError(USBError):
    """The time has passed without an answer."""

    __module__ = "dfutrigger.core"


class NoBackendError(ValueError):
    """There is no way to reach devices."""

    __module__ = "dfutrigger.core"
