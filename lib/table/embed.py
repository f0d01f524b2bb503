# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Compiles the device table in: embed.py devices.json devices.c

The JSON text becomes an array. Text that is no JSON, or has a key twice in an object, fails the build.
"""

import json
import sys

PER_LINE = 16


def refuse_twice(pairs):
    keys = set()
    for key, _ in pairs:
        if key in keys:
            raise ValueError(f'key "{key}" twice in an object')
        keys.add(key)
    return dict(pairs)


def embed(text):
    yield '/* Made by embed.py. */\n\n'
    yield '#include <stddef.h>\n\n'
    yield 'extern const char dfut_builtin_devices[];\n'
    yield 'extern const size_t dfut_builtin_devices_size;\n\n'
    yield '/* Ends with a zero that is not counted. */\n'
    yield 'const char dfut_builtin_devices[] = {\n'
    for start in range(0, len(text), PER_LINE):
        yield '\t' + ' '.join(f"'\\{byte:03o}'," for byte in text[start:start + PER_LINE]) + '\n'
    yield "\t'\\0',\n};\n"
    yield f'const size_t dfut_builtin_devices_size = {len(text)};\n'


def main(source, target):
    with open(source, 'rb') as file:
        text = file.read()
    try:
        json.loads(text.decode('utf-8'), object_pairs_hook=refuse_twice)
    except ValueError as error:
        sys.exit(f'{source}: {error}')
    with open(target, 'w', encoding='ascii') as file:
        file.writelines(embed(text))


main(*sys.argv[1:])
