# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Versions of the module and of the library that it was linked with."""

from __future__ import annotations

from . import _core

#: Version of this package, as in "0.1.0": that of the header that it was made from.
__version__ = f"{_core.VERSION_MAJOR}.{_core.VERSION_MINOR}.{_core.VERSION_PATCH}"

#: Version of the C library, as in "0.1.0".
library_version = _core.get_version()
