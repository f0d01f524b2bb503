# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Includes go one way, room by room: includes.py ROOT.

ROOMS says for each room of lib/ which others it may include. A room may only name rooms above it in the table, so that there
is no circle. Virtual devices and transports know the public headers and base/, as somebody else's would.
"""

import re
import sys
import tempfile
from pathlib import Path

from tree import files, verdict

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
STANDARD = {
    'assert.h', 'ctype.h', 'errno.h', 'inttypes.h', 'limits.h', 'stdalign.h', 'stdarg.h', 'stdbool.h', 'stddef.h',
    'stdint.h', 'stdio.h', 'stdlib.h', 'string.h',
}
PUBLIC = {'dfutrigger.h', 'dfutrigger-transport.h'}

ROOMS = {
    'base': [],
    'usb': ['base'],
    'core': ['base'],
    'record': ['base', 'usb', 'core'],
    'trigger': ['base', 'usb', 'core'],
    'image': ['base'],
    'language': ['base', 'core', 'trigger'],
    'table': ['base', 'usb', 'core', 'trigger', 'language'],
    'device': ['base', 'usb', 'core', 'trigger', 'table'],
    'session': ['base', 'usb', 'core', 'trigger', 'image', 'table', 'device', 'language'],
    'language/*': ['base', 'usb', 'core', 'trigger', 'image', 'device', 'language', 'session'],
    'explain': ['base', 'usb', 'core', 'trigger', 'table', 'device', 'language'],
    'handle': ['base', 'usb', 'core', 'trigger', 'device'],
    'transport': ['base'],
    'report': ['base', 'core', 'record', 'table', 'device', 'session', 'explain', 'transport'],
    'sim': ['base'],
}
# One language may build on another.
BESIDE = {
    'language/atmel-flip': {'language/dfu'},
    'language/avr109': {'language/atmel-flip'},
    'language/dfuse': {'language/dfu'},
    'language/nordic-legacy': {'language/nordic'},
    'language/qmk-hid': {'language/halfkay'},
}
# Where a context is put together, and where an image is made with the words of one
PARTS = {'device/registry.c': {'transport'}, 'image/images.c': {'core'}}
# Pure rooms: machines and parsers, which know only the C library and what they parse.
PURE = {
    'base': set(),
    'usb': set(),
    'trigger': set(),
    'table': set(),
    'language': {'cbor.h', 'zlib.h'},
    'image': {'zlib.h'},
}
# Made of lib/image/format/*.proto
GENERATED = {'nordic.pb-c.h'}
TRANSPORT_LIBRARIES = {'libusb.h', 'libusb-1.0/libusb.h', 'hidapi.h', 'hidapi/hidapi.h', 'libserialport.h'}
# Digests and signatures are made in one place.
CRYPTOGRAPHY = ('mbedtls/', 'nettle/', 'openssl/')
CRYPTOGRAPHERS = {'base/digest.c', 'base/signature.c'}
# One file replaces files, another reads them.
SYSTEM = {
    'base/file.c': {'fcntl.h', 'io.h', 'process.h', 'sys/stat.h', 'sys/types.h', 'unistd.h', 'windows.h'},
    'base/read.c': {'sys/stat.h', 'sys/types.h'},
    # Another reads the clock.
    'base/time.c': {'windows.h'},
    'base/time.h': {'time.h'},
}
# What the rooms owe still: each line is to go, and one that is not needed any more is a fault.
OWED = {
}


def room_of(name):
    """The room of a file, by its path in lib/."""
    parts = name.split('/')
    return '/'.join(parts[:2]) if parts[0] == 'language' and len(parts) > 2 else parts[0]


def row_of(room):
    return 'language/*' if room.startswith('language/') else room


def may_know(name, other):
    """Whether a file may know what is in another room."""
    room = room_of(name)
    return (other == room or other in ROOMS.get(row_of(room), ()) or other in BESIDE.get(room, ()) or
            other in PARTS.get(name, ()))


def judge_system(room, name, header):
    """Why a file may not include a header that is not ours, None if it may."""
    if header.startswith(CRYPTOGRAPHY):
        return None if name in CRYPTOGRAPHERS else 'belongs to base/digest.c and base/signature.c'
    if header in TRANSPORT_LIBRARIES:
        return None if room == 'transport' else 'belongs to lib/transport'
    known = PURE.get(row_of(room).partition('/')[0])
    if known is None or header in STANDARD or header in known or header in SYSTEM.get(name, ()):
        return None
    return 'machines and parsers know only the C library and what they parse'


def judge(name, kind, header):
    """Why lib/NAME may not include the header, None if it may."""
    room = room_of(name)
    if kind == '<':
        return judge_system(room, name, header)
    if header in PUBLIC or header in GENERATED and room == 'image':
        return None
    if header == 'dfutrigger-sim.h':
        return None if room == 'sim' else 'the library does not know its virtual devices'
    if '/' not in header:
        return 'is written as ROOM/HEADER'
    other = room_of(header)
    return None if may_know(name, other) else f'{room}/ does not know {other}/'


def table_faults():
    above = []
    for room, known in ROOMS.items():
        for other in known:
            if other not in above:
                yield f'includes.py: {room} may not know {other}, which is not above it'
        above.append(room)


def library_faults(root):
    owed = set(OWED)
    for path in files(root / 'lib', '.c', '.h'):
        name = path.relative_to(root / 'lib').as_posix()
        if '/' not in name:
            yield f'lib/{name}: is in no room'
        elif row_of(room_of(name)) not in ROOMS:
            yield f'lib/{name}: includes.py has no row for this room'
        for kind, header in INCLUDE.findall(path.read_text(encoding='utf-8')):
            reason = judge(name, kind, header)
            if reason and (name, header) in OWED:
                owed.discard((name, header))
            elif reason:
                yield f'lib/{name}: includes {header}: {reason}'
    for name, header in sorted(owed):
        yield f'includes.py: lib/{name} does not include {header} any more'


def example_faults(root):
    for path in files(root / 'examples', '.c', '.h'):
        for _, header in INCLUDE.findall(path.read_text(encoding='utf-8')):
            if header.startswith(('../', 'lib/')) or header.split('/')[0] in {room.split('/')[0] for room in ROOMS}:
                yield f'{path.relative_to(root)}: includes {header}: examples know only what is installed'


PLANTED = [
    ('lib/core/planted.c', '#include "session/session.h"'),
    ('lib/transport/planted.c', '#include "core/context.h"'),
    ('lib/sim/bus/planted.c', '#include "transport/usb.h"'),
    ('lib/language/dfu/planted.c', '#include "language/nordic/wire.h"'),
    ('lib/trigger/planted.c', '#include <unistd.h>'),
    ('lib/session/planted.c', '#include "session.h"'),
    ('lib/handle/planted.c', '#include <libusb.h>'),
    ('lib/sim/parts/planted.c', '#include <openssl/evp.h>'),
    ('lib/image/planted.c', '#include <mbedtls/md.h>'),
    ('lib/nowhere/planted.c', '#include "base/base.h"'),
    ('lib/device/planted.c', '#include "dfutrigger-sim.h"'),
    ('examples/planted.c', '#include "base/base.h"'),
]


def planted_faults():
    """Each breach that is planted is seen."""
    for name, line in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text(line + '\n', encoding='utf-8')
            found = [*library_faults(Path(folder)), *example_faults(Path(folder))]
            if not any('planted.c' in fault for fault in found):
                yield f'includes.py: does not see {line} in {name}'


def faults(root):
    yield from table_faults()
    yield from library_faults(root)
    yield from example_faults(root)
    yield from planted_faults()


if __name__ == '__main__':
    verdict(faults(Path(sys.argv[1])))
