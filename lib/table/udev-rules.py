# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes udev's rules of the device table: udev-rules.py devices.json 70-dfutrigger.rules

Who sits at the machine (uaccess), or is in the group plugdev, may use the devices of the table and every DFU
interface, as well as the HID nodes and serial ports that their triggers need. ModemManager, which opens each new serial
port and talks to it, is kept away from bootloaders and from ports that are touched. Rules that fit other products, too
("shared"), give nobody access to what may be somebody's keyboard.
"""

import itertools
import json
import re
import sys

HEAD = """\
# Made by libdfutrigger of its device table: access to devices whose firmware it can update.
# The number is below 73, where systemd's uaccess rule looks at the tag.

ACTION=="remove", GOTO="dfutrigger_end"
SUBSYSTEM=="hidraw", GOTO="dfutrigger_hidraw"
SUBSYSTEM=="tty", GOTO="dfutrigger_tty"
SUBSYSTEM!="usb", GOTO="dfutrigger_end"
ENV{DEVTYPE}!="usb_device", GOTO="dfutrigger_end"
"""
SECTION = '\nGOTO="dfutrigger_end"\n\nLABEL="dfutrigger_{}"\n'
TAIL = '\nLABEL="dfutrigger_end"\n'
ACCESS = 'TAG+="uaccess", GROUP="plugdev", MODE="0660"'
# Ports keep their group, which is dialout
PORT_ACCESS = 'TAG+="uaccess"'
# Languages that are spoken on a serial port
SERIAL_PROTOCOLS = {'avr109', 'esp-rom', 'esp-serial', 'nordic-legacy-serial', 'nordic-serial', 'sam-ba'}
IGNORE = 'ENV{ID_MM_DEVICE_IGNORE}="1"'
# A device in DFU mode has no other function.
DFU_CLASS = f'''
# every DFU interface; in DFU mode there is no other
ENV{{ID_USB_INTERFACES}}=="*:fe01??:*", {ACCESS}
ENV{{ID_USB_INTERFACES}}=="*:fe0102:*", {IGNORE}
'''


def cover(first, last, digits):
    """udev's patterns for the numbers from first to last, each with so many hexadecimal digits."""
    size = 16 ** digits
    if first == 0 and last == size - 1:
        return ['?' * digits]
    if digits == 0:
        return ['']
    part = size // 16
    patterns = {}
    for digit in range(first // part, last // part + 1):
        low = max(first - digit * part, 0)
        high = min(last - digit * part, part - 1)
        for rest in cover(low, high, digits - 1):
            patterns.setdefault(rest, []).append(f'{digit:x}')
    return [('[' + ''.join(heads) + ']' if len(heads) > 1 else heads[0]) + rest for rest, heads in patterns.items()]


def expand_product(text):
    """udev's patterns for a product id: one, all, or those of a range."""
    if text == '*':
        return [None]
    first, _, last = text.partition('-')
    return cover(int(first, 16), int(last or first, 16), 4)


def match_ids(ids):
    """Yields (vendor, patterns of products): several products of a vendor share a rule."""
    pairs = [text.split(':') for text in ids]
    for vendor, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        products = [product for _, text in group for product in expand_product(text)]
        yield vendor, None if None in products else products


def match_rows(rows, parent=''):
    """
    Yields udev's conditions for the rows of a device's "application" or "bootloader" that name ids.

    Those that want a DFU interface are left out: its class has a rule. parent is 'S' for what is below the device.
    """
    for row in rows:
        if 'dfu' in row or row.get('shared'):
            continue
        for vendor, products in match_ids(row.get('ids', [])):
            conditions = [f'ATTR{parent}{{idVendor}}=="{vendor}"']
            if products:
                conditions.append(f'ATTR{parent}{{idProduct}}=="{"|".join(products)}"')
            if 'interface' in row and not parent:
                triple = re.sub(r'[/*]', lambda match: '' if match[0] == '/' else '??', row['interface'])
                conditions.append(f'ENV{{ID_USB_INTERFACES}}=="*:{triple}:*"')
            yield ', '.join(conditions)


def has_trigger(device, *keys):
    """Whether one of the device's triggers is of one of these kinds."""
    triggers = device.get('triggers', [])
    return any(key in trigger if isinstance(trigger, dict) else trigger.startswith(key)
               for trigger in triggers for key in keys)


def make_usb_lines(device):
    """Rules for the device itself."""
    talks = f', {IGNORE}' if has_trigger(device, 'touch', 'lines') else ''
    for condition in match_rows(device.get('application', [])):
        yield f'{condition}, {ACCESS}{talks}\n'
    for condition in match_rows(device.get('bootloader', [])):
        yield f'{condition}, {ACCESS}, {IGNORE}\n'


def make_hidraw_lines(device):
    """Rules for its HID nodes."""
    if has_trigger(device, 'report'):
        for condition in match_rows(device.get('application', []), 'S'):
            yield f'{condition}, {ACCESS}\n'


def make_tty_lines(device):
    """Rules for its serial ports."""
    if has_trigger(device, 'touch', 'lines'):
        for condition in match_rows(device.get('application', []), 'S'):
            yield f'{condition}, {PORT_ACCESS}\n'
    if device.get('protocol') in SERIAL_PROTOCOLS:
        for condition in match_rows(device.get('bootloader', []), 'S'):
            yield f'{condition}, {PORT_ACCESS}\n'


def make_section(devices, make_lines):
    """Yields the lines of all devices that have some."""
    for device in devices:
        lines = list(dict.fromkeys(make_lines(device)))
        if lines:
            yield f'\n# {device["title"]}\n'
            yield from lines


def make_rules(table):
    """Yields the lines."""
    excluded = [device for device in table['devices'] if 'not-dfu' in device.get('quirks', [])]
    devices = [device for device in table['devices'] if device not in excluded]
    yield HEAD
    for device in excluded:
        yield f'\n# {device["title"]}\n'
        for condition in match_rows(device['application']):
            yield f'{condition}, GOTO="dfutrigger_end"\n'
    yield DFU_CLASS
    yield from make_section(devices, make_usb_lines)
    yield SECTION.format('hidraw')
    yield from make_section(devices, make_hidraw_lines)
    yield SECTION.format('tty')
    yield from make_section(devices, make_tty_lines)
    yield TAIL


def main(source, target):
    with open(source, encoding='utf-8') as file:
        table = json.load(file)
    with open(target, 'w', encoding='utf-8') as file:
        file.writelines(make_rules(table))


if __name__ == '__main__':
    main(*sys.argv[1:])
