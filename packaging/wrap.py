#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Prints the Meson wrap file of a released source archive: wrap.py ARCHIVE [URL], as in

    python3 packaging/wrap.py libdfutrigger-0.1.0.tar.xz https://example.org/libdfutrigger-0.1.0.tar.xz

Without the URL the archive has to be in subprojects/packagefiles/ of who uses the wrap file.
"""

import hashlib
import sys
import tarfile
from pathlib import Path


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(f'usage: {sys.argv[0]} ARCHIVE [URL]')
    archive = Path(sys.argv[1])
    with tarfile.open(archive) as tar:
        directory = tar.next().name.partition('/')[0]
    print('[wrap-file]')
    print(f'directory = {directory}')
    if len(sys.argv) == 3:
        print(f'source_url = {sys.argv[2]}')
    print(f'source_filename = {archive.name}')
    print(f'source_hash = {hashlib.sha256(archive.read_bytes()).hexdigest()}')
    print('\n[provide]')
    print('dependency_names = libdfutrigger, libdfutrigger-sim')


main()
