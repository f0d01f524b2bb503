# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes udev's rules of the device table: udev-rules.py devices.json 70-dfutrigger.rules 72-dfutrigger-lab.rules

Who sits at the machine (uaccess) may use the devices of the table and every DFU interface, as well as the HID nodes and
serial ports that their triggers need. In its bootloader a device does nothing else: the group plugdev may use it, too. An
application may be somebody's keyboard: who can open its node can read what is typed there, so that a group of people who may
be anywhere is given none, but by the second file, for machines at which nobody sits. Rules that fit other products, too
("shared"), give nobody access.

Of HID nodes, only that of the interface that the trigger needs: by its number, or by how its report descriptor begins, as
far as the table knows; and those of bootloaders that are spoken to in reports. What the boot protocol calls a keyboard or a
mouse is left alone in any case.

ModemManager, which opens each new serial port and talks to it, is kept away from bootloaders and from ports that are touched.
"""

import itertools
import json
import re
import sys

HEAD = """\
# Made by libdfutrigger of its device table: access to devices whose firmware it can update.
# The number is below 73, where systemd's uaccess rule looks at the tag. Do not put a file of this name into
# /etc/udev/rules.d: udev would take it in place of this one.

ACTION=="remove", GOTO="dfutrigger_end"
SUBSYSTEM=="hidraw", GOTO="dfutrigger_hidraw"
SUBSYSTEM=="tty", GOTO="dfutrigger_tty"
SUBSYSTEM!="usb", GOTO="dfutrigger_end"
ENV{DEVTYPE}!="usb_device", GOTO="dfutrigger_end"
"""
LAB_HEAD = """\
# Made by libdfutrigger of its device table: for machines at which nobody sits, as in a laboratory. Gives a group what
# 70-dfutrigger.rules gives to who sits there. Not active until it is copied to /etc/udev/rules.d; see docs/permissions.md.
# Who is in the group can read what is typed on these devices. Serial ports keep their group, dialout.

ACTION=="remove", GOTO="dfutrigger_lab_end"
SUBSYSTEM=="hidraw", GOTO="dfutrigger_lab_hidraw"
SUBSYSTEM!="usb", GOTO="dfutrigger_lab_end"
ENV{DEVTYPE}!="usb_device", GOTO="dfutrigger_lab_end"
"""
SECTION = '\nGOTO="{0}_end"\n\nLABEL="{0}_{1}"\n'
# One rule can't match attributes of two parents: the interface's number is imported first.
HIDRAW_HEAD = """
# What is a keyboard or a mouse to the boot protocol carries keys and clicks, and no trigger
ATTRS{{bInterfaceClass}}=="03", ATTRS{{bInterfaceProtocol}}=="01|02", GOTO="{0}_end"
IMPORT{{builtin}}="usb_id"
ENV{{ID_USB_INTERFACE_NUM}}=="", GOTO="{0}_end"
# How its report descriptor begins: usage page and usage
PROGRAM=="/usr/bin/od -An -tx1 -N5 /sys%p/../../report_descriptor", ENV{{.DFUTRIGGER_REPORTS}}="%c"
"""
TAIL = '\nLABEL="{}_end"\n'
SHIPPED = 'dfutrigger'
LAB = 'dfutrigger_lab'
SEAT = 'TAG+="uaccess"'
GROUP = 'GROUP="plugdev", MODE="0660"'
# Ports keep their group, which is dialout
PORT_ACCESS = SEAT
# Languages that are spoken on a serial port
SERIAL_PROTOCOLS = {'avr109', 'esp-serial', 'nordic-legacy-serial', 'nordic-serial', 'sam-ba'}
# Languages that are spoken in HID reports
HID_PROTOCOLS = {'halfkay', 'qmk-hid', 'sinowealth-isp', 'sonix-isp'}
# Triggers with a name that are sent to the device itself
USB_TRIGGERS = ('dfu-', 'nordic-', 'request')
IGNORE = 'ENV{ID_MM_DEVICE_IGNORE}="1"'
DFU_APPLICATION = '''
# every device with a DFU interface
ENV{{ID_USB_INTERFACES}}=="*:fe01??:*", {}
'''
# A device in DFU mode has no other function.
DFU_BOOTLOADER = f'''
# in DFU mode there is no other
ENV{{ID_USB_INTERFACES}}=="*:fe0102:*", {GROUP}, {IGNORE}
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
    access = [SEAT] if has_trigger(device, *USB_TRIGGERS) else []
    talks = [IGNORE] if has_trigger(device, 'touch', 'lines') else []
    for condition in match_rows(device.get('application', [])):
        if access or talks:
            yield ', '.join([condition, *access, *talks]) + '\n'
    for condition in match_rows(device.get('bootloader', [])):
        yield f'{condition}, {SEAT}, {GROUP}, {IGNORE}\n'


def match_usage(text):
    """udev's pattern for the beginning of a report descriptor with this top-level collection."""
    page, usage = (int(number, 16) for number in text.split('/'))
    codes = [0x06, page & 0xff, page >> 8] if page > 0xff else [0x05, page]
    codes += [0x0a, usage & 0xff] if usage > 0xff else [0x09, usage]
    return '*' + ' '.join(f'{code:02x}' for code in codes) + '*'


def get_reports(device):
    """The triggers of a device that are reports."""
    return [trigger for trigger in device.get('triggers', []) if isinstance(trigger, dict) and 'report' in trigger]


def make_hidraw_lines(device, access=SEAT):
    """Rules for the HID nodes of its application, and of a bootloader that is spoken to in reports."""
    for trigger, row in itertools.product(get_reports(device), device.get('application', [])):
        usage = row.get('usage', trigger.get('usage'))
        number = trigger.get('number', trigger.get('usual_number'))
        known = [] if number is None else [f'ENV{{ID_USB_INTERFACE_NUM}}=="{number:02x}"']
        known += [f'ENV{{.DFUTRIGGER_REPORTS}}=="{match_usage(usage)}"'] if usage else []
        conditions = match_rows([row], 'S') if 'ids' in row else [] if row.get('shared') or not usage else ['']
        for condition in conditions:
            yield ', '.join([*filter(None, [condition]), *known, access]) + '\n'


def make_bootloader_hidraw_lines(device, access=SEAT):
    """Rules for the HID nodes of its bootloader, which does nothing else."""
    if device.get('protocol') in HID_PROTOCOLS:
        for condition in match_rows(device.get('bootloader', []), 'S'):
            yield f'{condition}, {access}\n'


def make_all_hidraw_lines(device):
    """Rules for the HID nodes of both."""
    yield from make_hidraw_lines(device)
    yield from make_bootloader_hidraw_lines(device)


def make_tty_lines(device):
    """Rules for its serial ports."""
    if has_trigger(device, 'touch', 'lines'):
        for condition in match_rows(device.get('application', []), 'S'):
            yield f'{condition}, {PORT_ACCESS}\n'
    if device.get('protocol') in SERIAL_PROTOCOLS:
        for condition in match_rows(device.get('bootloader', []), 'S'):
            yield f'{condition}, {PORT_ACCESS}, {IGNORE}\n'


def make_lab_usb_lines(device):
    """Rules that give a group the device itself."""
    rows = device.get('application', []) if has_trigger(device, *USB_TRIGGERS) else []
    for condition in match_rows(rows + device.get('bootloader', [])):
        yield f'{condition}, {GROUP}\n'


def make_lab_hidraw_lines(device):
    """The same for its HID nodes; those that carry keys are for who takes the # away."""
    mark = '#' if carries_keys(device) else ''
    for line in make_hidraw_lines(device, GROUP):
        yield mark + line
    yield from make_bootloader_hidraw_lines(device, GROUP)


def carries_keys(device):
    """Whether what is typed comes through the node that a trigger needs."""
    return any(trigger.get('keys') for trigger in get_reports(device))


def make_section(devices, make_lines):
    """Yields the lines of all devices that have some."""
    for device in devices:
        lines = list(dict.fromkeys(make_lines(device)))
        if lines:
            yield f'\n# {device["title"]}\n'
            yield from lines


def split_devices(table):
    """Those that only look like devices that can be updated, and the others."""
    excluded = [device for device in table['devices'] if 'not-dfu' in device.get('quirks', [])]
    return excluded, [device for device in table['devices'] if device not in excluded]


def make_exclusions(excluded, name):
    """Yields the lines of those that get nothing."""
    for device in excluded:
        yield f'\n# {device["title"]}\n'
        for condition in match_rows(device['application']):
            yield f'{condition}, GOTO="{name}_end"\n'


def make_rules(table):
    """Yields the lines of the file that is installed."""
    excluded, devices = split_devices(table)
    yield HEAD
    yield from make_exclusions(excluded, SHIPPED)
    yield DFU_APPLICATION.format(SEAT)
    yield DFU_BOOTLOADER
    yield from make_section(devices, make_usb_lines)
    yield SECTION.format(SHIPPED, 'hidraw')
    yield HIDRAW_HEAD.format(SHIPPED)
    yield from make_section(devices, make_all_hidraw_lines)
    yield SECTION.format(SHIPPED, 'tty')
    yield from make_section(devices, make_tty_lines)
    yield TAIL.format(SHIPPED)


def make_lab_rules(table):
    """Yields the lines of the file that a person may copy."""
    excluded, devices = split_devices(table)
    yield LAB_HEAD
    yield from make_exclusions(excluded, LAB)
    yield DFU_APPLICATION.format(GROUP)
    yield from make_section(devices, make_lab_usb_lines)
    yield SECTION.format(LAB, 'hidraw')
    yield HIDRAW_HEAD.format(LAB)
    yield from make_section(devices, make_lab_hidraw_lines)
    yield TAIL.format(LAB)


def main(source, target, lab_target):
    with open(source, encoding='utf-8') as file:
        table = json.load(file)
    with open(target, 'w', encoding='utf-8') as file:
        file.writelines(make_rules(table))
    with open(lab_target, 'w', encoding='utf-8') as file:
        file.writelines(make_lab_rules(table))


if __name__ == '__main__':
    main(*sys.argv[1:])
