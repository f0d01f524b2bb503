# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Calls go one way as includes do, whichever header declares what is called: circle.py ROOT.

What a room defines is only named by itself and by rooms that may include it (the table is in includes.py). Transports and
virtual devices may name what the public headers declare, as somebody else's would.
"""

import re
import sys
import tempfile
from pathlib import Path

from includes import PUBLIC, may_know, room_of
from tree import code, files, line_of, verdict

# At the begin of a line: a function with its body, or an object with its value
DEFINITION = re.compile(r'^(?!static\b|extern\b|typedef\b)[A-Za-z_][^;={}()]*?\b(dfut_\w+)'
                        r'(?:\([^;{}]*\)\s*\{|(?:\[[^\]]*\])?\s*=)', re.MULTILINE)
NAME = re.compile(r'(?<!\bstruct )(?<!\benum )(?<!\bunion )\bdfut_\w+')
INLINE = re.compile(r'^static inline\b.*?^\}', re.MULTILINE | re.DOTALL)
OUTSIDE = {'transport', 'sim'}
# What the rooms owe still: each line is to go, and one that is not needed any more is a fault.
OWED = set()


def body(path):
    """What a file does: a source, or the functions in a header; line numbers stay."""
    text = code(path)
    if path.suffix == '.c':
        return text
    kept, end = '', 0
    for match in INLINE.finditer(text):
        kept += '\n' * text.count('\n', end, match.start()) + match.group()
        end = match.end()
    return kept


def definitions(root):
    """The rooms that define a name; more than one have it if it is in both libraries."""
    rooms = {}
    for path in files(root / 'lib', '.c'):
        name = path.relative_to(root / 'lib').as_posix()
        for defined in DEFINITION.findall(code(path)):
            rooms.setdefault(defined, set()).add(room_of(name))
    return rooms


def library_faults(root, owed):
    rooms = definitions(root)
    public = set()
    for header in PUBLIC:
        if (root / 'include' / header).exists():
            public.update(NAME.findall(code(root / 'include' / header)))
    for path in files(root / 'lib', '.c', '.h'):
        name = path.relative_to(root / 'lib').as_posix()
        room = room_of(name)
        text = body(path)
        for match in NAME.finditer(text):
            called = match.group()
            others = rooms.get(called, {room})
            if any(may_know(name, other) for other in others) or room in OUTSIDE and called in public:
                continue
            if (room, called) in OWED:
                owed.discard((room, called))
            else:
                yield f'lib/{name}:{line_of(text, match.start())}: {called}: {room}/ does not know {min(others)}/'


def faults(root):
    owed = set(OWED)
    yield from library_faults(root, owed)
    for room, called in sorted(owed):
        yield f'circle.py: {room}/ does not name {called} any more'
    yield from planted_faults()


ABOVE = {'lib/session/above.c': 'DFUT_API int\ndfut_above(struct dfut_context *context,\n\t   int value)\n{\n\treturn 0;\n}\n',
         'lib/device/above.c': 'const struct dfut_machine_ops dfut_above_machine = {\n\t.name = "",\n};\n',
         'include/dfutrigger.h': 'int dfut_above(struct dfut_context *context, int value);\n'}
PLANTED = [
    ('lib/core/planted.c', 'static int plant(void)\n{\n\treturn dfut_above(NULL, 0);\n}\n', True),
    ('lib/core/planted.c', 'static int (*const plant)(struct dfut_context *, int) = dfut_above;\n', True),
    ('lib/base/planted.h', 'static inline int plant(void)\n{\n\treturn dfut_above(NULL, 0);\n}\n', True),
    ('lib/usb/planted.c', 'static const void *const plant = &dfut_above_machine;\n', True),
    ('lib/transport/planted.c', 'static const void *const plant = &dfut_above_machine;\n', True),
    ('lib/transport/planted.c', 'static int plant(void)\n{\n\treturn dfut_above(NULL, 0);\n}\n', False),
    ('lib/core/planted.h', 'int dfut_above(struct dfut_context *context, int value);\n', False),
    ('lib/core/planted.c', '/* dfut_above() */\nstatic struct dfut_above *plant;\n', False),
    ('lib/session/planted.c', 'static int plant(void)\n{\n\treturn dfut_above(NULL, 0);\n}\n', False),
]


def planted_faults():
    """Each breach that is planted is seen, and what is none is not."""
    for name, text, is_breach in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            for file, content in [*ABOVE.items(), (name, text)]:
                path = Path(folder) / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding='utf-8')
            found = any('planted.' in fault for fault in library_faults(Path(folder), set()))
            if found != is_breach:
                yield f'circle.py: {"does not see" if is_breach else "takes for a breach"} {text!r} in {name}'


verdict(faults(Path(sys.argv[1])))
