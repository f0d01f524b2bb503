# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The .inf for Windows, as made of the device table, binds bootloaders and nothing else: inf.py [--self-test] ROOT."""

import importlib.util
import json
import re
import sys
from pathlib import Path

from tree import verdict

HARDWARE_ID = re.compile(r'^USB\\VID_([0-9A-F]{4})&PID_([0-9A-F]{4})(?:&MI_([0-9A-F]{2}))?$')
# Bootloaders that need a driver, and what must keep its own: a camera whose bootloader has its ids, an XMOS audio device
BOUND = {(0x0483, 0xdf11): None, (0x2e8a, 0x0003): '01', (0x03eb, 0x2ff4): None}
KEPT = [(0x20b1, 0x4001), (0x2341, 0x0070), (0x25b5, 0x0004)]


def load(root):
    """The program that makes the file, and the device table."""
    path = root / 'lib/table/windows-inf.py'
    spec = importlib.util.spec_from_file_location('windows_inf', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, json.loads((root / 'lib/table/devices.json').read_text(encoding='utf-8'))


def read_sections(text):
    """{section: its lines}"""
    sections, name = {}, None
    for line in text.splitlines():
        if line.startswith('['):
            name = line.strip('[]')
            sections[name] = []
        elif line and not line.startswith(';'):
            sections[name].append(line)
    return sections


def names_of(table, mode):
    """The pairs as the table writes them: of ranges the ends, which is enough to find a row."""
    return [text for device in table['devices'] for row in device.get(mode, []) for text in row.get('ids') or []]


def is_named(pair, names):
    for name in names:
        vendor, product = name.split(':')
        first, _, last = product.partition('-')
        if int(vendor, 16) == pair[0] and product != '*' and int(first, 16) <= pair[1] <= int(last or first, 16):
            return True
    return False


def faults(text, table):
    sections = read_sections(text)
    strings = {line.partition(' = ')[0] for line in sections.get('Strings', [])}
    models = [name for name in sections if name.startswith('Devices.')]
    applications, bootloaders = names_of(table, 'application'), names_of(table, 'bootloader')
    for used in re.findall(r'%(\w+)%', text):
        if used not in strings:
            yield f'%{used}% has no text'
    for needed in ('Version', 'Manufacturer', 'Install', 'Install.Services', 'Install.HW', 'Interfaces'):
        if needed not in sections:
            yield f'section {needed} is missing'
    if len({tuple(sections[name]) for name in models}) != 1 or len(models) != 3:
        yield 'the processors do not have the same devices'
    bound = {}
    for line in sections.get(models[0], []) if models else []:
        match = HARDWARE_ID.match(line.partition('= Install,')[2])
        if not match:
            yield f'"{line}" names no device'
            continue
        pair = int(match[1], 16), int(match[2], 16)
        if pair in bound:
            yield f'{line}: is there twice'
        bound[pair] = match[3]
        if is_named(pair, applications) or not is_named(pair, bootloaders):
            yield f'{line}: is not a bootloader alone'
    for pair, function in BOUND.items():
        if pair not in bound or bound[pair] != function:
            yield f'{pair[0]:04x}:{pair[1]:04x} is not bound'
    for pair in KEPT:
        if pair in bound:
            yield f'{pair[0]:04x}:{pair[1]:04x} loses its driver'


PLANTED = [
    ('Install,USB\\VID_0483&PID_DF11', 'Install,USB\\VID_0483&PID_DF12'),
    ('Install,USB\\VID_2E8A&PID_0003&MI_01', 'Install,USB\\VID_2E8A&PID_0003'),
    ('Install,USB\\VID_0483&PID_DF11', 'Install,USB\\VID_20B1&PID_4001'),
    ('[Install.Services]', '[Install.Service]'),
    ('Provider = "libdfutrigger"', ''),
]


def main(*words):
    module, table = load(Path(words[-1]))
    text = ''.join(module.make_inf(table, '0.1.0'))
    if words[0] != '--self-test':
        return verdict(faults(text, table))
    return verdict(f'"{old}" becomes "{new}", and is not found' for old, new in PLANTED
                   if old not in text or not list(faults(text.replace(old, new), table)))


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
