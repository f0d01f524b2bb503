# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""A thousand lists of a busy machine with devices that hang: soak_looking.py COUNTS."""

import os
import sys

os.environ["LOOKING_LISTS"] = os.environ.get("SOAK_SIZE") or "1000"

# What it tests reads that
import suite  # noqa: E402

if __name__ == "__main__":
    sys.argv.append("test_lists_of_a_busy_machine")
    sys.exit(suite.main())
