# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Calls go one way, and includes show it: includes.py ROOT.

application -> session -> engine -> transport; session asks trigger/, protocol/ and image/, which call nobody.
"""

import re
import sys
from pathlib import Path

from tree import files, verdict

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
STANDARD = {
    'assert.h', 'ctype.h', 'errno.h', 'inttypes.h', 'limits.h', 'stdalign.h', 'stdarg.h', 'stdbool.h', 'stddef.h',
    'stdint.h', 'stdio.h', 'stdlib.h', 'string.h',
}
PARSERS = {'gelf.h', 'jansson.h', 'zlib.h'}
PUBLIC = {'dfutrigger.h', 'dfutrigger-transport.h'}
# What a machine or a parser may know of the rest of the library
PURE_FOLDERS = ('trigger', 'protocol', 'image')
PURE_HEADERS = PUBLIC | {'command.h', 'descriptors.h', 'facts.h', 'machine.h', 'private.h', 'trigger.h'}
ASKED_FOLDERS = {
    'trigger': {'trigger', 'protocol'},
    'protocol': {'protocol'},
    'image': {'image'},
}
TRANSPORT_LIBRARIES = {'libusb.h', 'libusb-1.0/libusb.h', 'hidapi.h', 'hidapi/hidapi.h', 'libserialport.h'}


# One file reads and writes firmware files
FILE_HEADERS = {'fcntl.h', 'io.h', 'process.h', 'sys/stat.h', 'sys/types.h', 'unistd.h', 'windows.h'}


def pure(folder, kind, header):
    if kind == '<':
        return header in STANDARD or header in PARSERS or header.startswith('openssl/')
    return header in PURE_HEADERS or header.split('/')[0] in ASKED_FOLDERS[folder] and '/' in header


def judge(folder, kind, header):
    """Why a file in lib/FOLDER may not include the header, None if it may."""
    if folder in PURE_FOLDERS and not pure(folder, kind, header):
        return 'machines and parsers know only the C library, what they parse and lib/machine.h'
    if header in TRANSPORT_LIBRARIES and folder != 'transport':
        return 'belongs to lib/transport'
    if folder == 'sim':
        known = PUBLIC | {'dfutrigger-sim.h', 'private.h'}
        if kind == '"' and header not in known and header.partition('/')[0] != 'sim':
            return 'virtual devices know only the public headers and lib/private.h'
    elif header == 'dfutrigger-sim.h' or header.startswith('sim/'):
        return 'the library does not know its virtual devices'
    return None


def faults(root):
    for path in files(root / 'lib', '.c', '.h'):
        name = path.relative_to(root / 'lib').as_posix()
        folder = name.partition('/')[0] if '/' in name else ''
        for kind, header in INCLUDE.findall(path.read_text(encoding='utf-8')):
            beside = kind == '"' and folder and '/' not in header and (path.parent / header).is_file()
            if name == 'image/file.c' and header in FILE_HEADERS:
                continue
            reason = judge(folder, kind, f'{folder}/{header}' if beside else header)
            if reason:
                yield f'lib/{name}: includes {header}: {reason}'
    for path in files(root / 'examples', '.c', '.h'):
        for kind, header in INCLUDE.findall(path.read_text(encoding='utf-8')):
            if header == 'private.h' or header.startswith(('../', 'lib/')):
                yield f'{path.relative_to(root)}: includes {header}: examples know only what is installed'


verdict(faults(Path(sys.argv[1])))
