#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Does what was installed have what makes a fault harder to use? hardened.py FILE..., by readelf."""

import pathlib
import re
import subprocess
import sys


def read(path):
    words = ["readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--notes", "--dyn-syms", str(path)]
    return subprocess.run(words, check=True, capture_output=True, text=True, env={"LC_ALL": "C"}).stdout


def find_faults(text):
    """What is missing, in words."""
    # -fcf-protection is not seen here: a program has its note only if the C library's start files have it, too.
    expected = (
        (r"Type:\s+DYN", "not position independent"),
        (r"GNU_RELRO", "no RELRO"),
        (r"\bBIND_NOW\b|Flags:.*\bNOW\b", "not bound at its start (-z now)"),
        (r"GNU_STACK(\s+0x[0-9a-f]+){5}\s+RW\s", "its stack can be executed"),
        (r"__stack_chk_fail", "no stack protector"),
        (r"__\w+_chk\b(?<!__stack_chk_fail)", "no _FORTIFY_SOURCE"),
    )
    for pattern, fault in expected:
        if not re.search(pattern, text):
            yield fault


def main():
    faults = []
    for name in sys.argv[1:]:
        found = list(find_faults(read(pathlib.Path(name).resolve())))
        faults += [f"{name}: {fault}" for fault in found]
        print(f"{name}: {', '.join(found) or 'hardened'}")
    # Each check must be able to fail.
    assert len(list(find_faults("Machine: Advanced Micro Devices X86-64"))) == 6
    sys.exit(1 if faults or not sys.argv[1:] else 0)


main()
