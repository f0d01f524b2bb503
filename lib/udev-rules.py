# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes udev's rules of the device table: udev-rules.py devices.json 70-dfutrigger.rules

Who sits at the machine (uaccess), or is in the group plugdev, may use the devices of the table and every DFU
interface. ModemManager, which opens each new serial port and talks to it, is kept away from bootloaders.
"""

import itertools
import json
import re
import sys

HEAD = """\
# Made by libdfutrigger of its device table: access to devices whose firmware it can update.
# The number is below 73, where systemd's uaccess rule looks at the tag.

ACTION=="remove", GOTO="dfutrigger_end"
SUBSYSTEM!="usb", GOTO="dfutrigger_end"
ENV{DEVTYPE}!="usb_device", GOTO="dfutrigger_end"
"""
TAIL = '\nLABEL="dfutrigger_end"\n'
ACCESS = 'TAG+="uaccess", GROUP="plugdev", MODE="0660"'
IGNORE = 'ENV{ID_MM_DEVICE_IGNORE}="1"'
# A device in DFU mode has no other function.
DFU_CLASS = f'''
# every DFU interface; in DFU mode there is no other
ENV{{ID_USB_INTERFACES}}=="*:fe01??:*", {ACCESS}
ENV{{ID_USB_INTERFACES}}=="*:fe0102:*", {IGNORE}
'''


def expand_product(text):
    """udev's patterns for a product id: one, all, or those of a range."""
    if text == '*':
        return [None]
    first, _, last = text.partition('-')
    return [f'{number:04x}' for number in range(int(first, 16), int(last or first, 16) + 1)]


def match_ids(ids):
    """Yields (vendor, patterns of products): several products of a vendor share a rule."""
    pairs = [text.split(':') for text in ids]
    for vendor, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        products = [product for _, text in group for product in expand_product(text)]
        yield vendor, None if None in products else products


def match_rows(rows):
    """
    Yields udev's conditions for the rows of a device's "application" or "bootloader" that name ids.

    Those that want a DFU interface are left out: its class has a rule.
    """
    for row in rows:
        if 'dfu' in row:
            continue
        for vendor, products in match_ids(row.get('ids', [])):
            conditions = [f'ATTR{{idVendor}}=="{vendor}"']
            if products:
                conditions.append(f'ATTR{{idProduct}}=="{"|".join(products)}"')
            if 'interface' in row:
                triple = re.sub(r'[/*]', lambda match: '' if match[0] == '/' else '??', row['interface'])
                conditions.append(f'ENV{{ID_USB_INTERFACES}}=="*:{triple}:*"')
            yield ', '.join(conditions)


def make_rules(table):
    """Yields the lines."""
    devices = table['devices']
    excluded = [device for device in devices if 'not-dfu' in device.get('quirks', [])]
    yield HEAD
    for device in excluded:
        yield f'\n# {device["title"]}\n'
        for condition in match_rows(device['application']):
            yield f'{condition}, GOTO="dfutrigger_end"\n'
    yield DFU_CLASS
    for device in devices:
        lines = [f'{condition}, {ACCESS}\n' for condition in match_rows(device.get('application', []))]
        lines += [f'{condition}, {ACCESS}, {IGNORE}\n' for condition in match_rows(device.get('bootloader', []))]
        if lines and device not in excluded:
            yield f'\n# {device["title"]}\n'
            yield from lines
    yield TAIL


def main(source, target):
    with open(source, encoding='utf-8') as file:
        table = json.load(file)
    with open(target, 'w', encoding='utf-8') as file:
        file.writelines(make_rules(table))


if __name__ == '__main__':
    main(*sys.argv[1:])
