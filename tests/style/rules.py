# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""udev's rules, as made of the device table, give what docs/permissions.md says and no more: rules.py ROOT.

Nobody's keyboard is for a group; only the interface that a trigger needs; nodes that carry keys are named in the page; files
that people add never have the name of the one that is installed.
"""

import copy
import importlib.util
import json
import re
import sys
from pathlib import Path

from tree import verdict

LABEL = re.compile(r'\bLABEL="([^"]+)"')
GOTO = re.compile(r'\bGOTO="([^"]+)"')
PAIR = re.compile(r'([A-Z]+)(?:\{([^}]*)\})?(==|!=|\+=|=)"([^"]*)"')
SHIPPED = '70-dfutrigger.rules'
ACCESS = ('TAG', 'GROUP', 'MODE', 'OWNER')


def load(root):
    """The program that makes the rules, and the device table."""
    path = root / 'lib/table/udev-rules.py'
    spec = importlib.util.spec_from_file_location('udev_rules', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, json.loads((root / 'lib/table/devices.json').read_text(encoding='utf-8'))


def lines_of(text):
    """The rules, each as a list of (key, argument, operator, value), by section."""
    section = 'usb'
    for line in text.splitlines():
        if not line or line.startswith('#'):
            continue
        pairs = PAIR.findall(line)
        rest = PAIR.sub('', line).replace(',', '').strip()
        if rest:
            yield section, [('', '', '', f'"{rest}" is no part of a rule')]
        for label in LABEL.findall(line):
            section = label.rpartition('_')[2]
        yield section, pairs


def assigned(pairs):
    """What a rule gives: {"TAG": "uaccess"}"""
    return {key: value for key, _, operator, value in pairs if key in ACCESS and operator != '=='}


def conditions(pairs):
    return {argument or key: value for key, argument, operator, value in pairs if operator == '=='}


def check_flow(name, text):
    """Each jump has its target, further down."""
    for match in GOTO.finditer(text):
        if f'LABEL="{match[1]}"' not in text[match.end():]:
            yield f'{name}: no label {match[1]} after its jump'
    if not text.endswith('_end"\n'):
        yield f'{name}: what follows in other files would be jumped over'


def check_hidraw(name, text, wanted):
    """Nodes: nothing before the boot protocol's are out, and no access without a condition."""
    guarded = imported = False
    for section, pairs in lines_of(text):
        if section != 'hidraw':
            continue
        had = conditions(pairs)
        if ('bInterfaceProtocol', '01|02') in had.items() and any(key == 'GOTO' for key, *_ in pairs):
            guarded = True
        imported = imported or ('IMPORT', 'builtin', '=', 'usb_id') in pairs
        given = assigned(pairs)
        if not given:
            continue
        if not guarded or not imported:
            yield f'{name}: a HID node gets {given} before boot keyboards are left out'
        if given != wanted:
            yield f'{name}: a HID node gets {given}, not {wanted}'
        if not {'idVendor', '.DFUTRIGGER_REPORTS'} & had.keys():
            yield f'{name}: every HID node gets {given}'
        if 'ID_USB_INTERFACE_NUM' in had and not imported:
            yield f'{name}: an interface number is asked for that nobody has imported'


def check_applications(module, devices, text):
    """What is no bootloader is given to no group."""
    bootloaders = {condition for device in devices for condition in module.match_rows(device.get('bootloader', []))}
    for line in text.splitlines():
        if 'GROUP=' not in line and 'MODE=' not in line:
            continue
        condition = line.partition(', TAG')[0]
        if condition not in bootloaders and ':fe0102:' not in line:
            yield f'{SHIPPED}: a group gets what is no bootloader: {line}'


def check_keyboards(module, devices, text):
    """Whose triggers are reports only needs nothing of the device itself: by that, drivers can be detached."""
    for device in devices:
        triggers = device.get('triggers', [])
        if not triggers or any(not isinstance(trigger, dict) or 'report' not in trigger for trigger in triggers):
            continue
        for condition in module.match_rows(device.get('application', [])):
            if any(line.startswith(condition + ',') for line in text.splitlines()):
                yield f'{SHIPPED}: {device["name"]}: the device itself is given, too'


def check_ports(devices, text):
    """ModemManager keeps away from serial bootloaders."""
    vendors = {identity.partition(':')[0] for device in devices if device.get('protocol', '').endswith('serial')
               for row in device.get('bootloader', []) for identity in row.get('ids', [])}
    for section, pairs in lines_of(text):
        if section == 'tty':
            vendors -= {conditions(pairs).get('idVendor')} if ('ENV', 'ID_MM_DEVICE_IGNORE', '=', '1') in pairs else set()
    for vendor in sorted(vendors):
        yield f'{SHIPPED}: ModemManager is let at the serial bootloaders of {vendor}'


def check_page(module, devices, page):
    """The page names whose nodes carry keys, and nobody else's."""
    part = page.partition('## Nodes that carry keys')[2].partition('\n## ')[0]
    named = set(re.findall(r'^\| ([^|]+?) \|', part, re.MULTILINE)) - {'device', '---'}
    wanted = {device['title'] for device in devices if module.carries_keys(device)}
    for title in sorted(wanted - named):
        yield f'docs/permissions.md: the node of "{title}" carries keys, which is not said'
    for title in sorted(named - wanted):
        yield f'docs/permissions.md: "{title}" is named, but not marked in the device table'


def check_names(root):
    """No word of ours makes people write a file that takes the place of the installed one."""
    for path in sorted([*root.glob('lib/**/*.c'), *root.glob('docs/**/*.md'), root / 'README.md', root / 'docs/dfutrigger.1']):
        if f'/etc/udev/rules.d/{SHIPPED}' in path.read_text(encoding='utf-8'):
            yield f'{path}: names /etc/udev/rules.d/{SHIPPED}, which would take the place of the installed file'


def faults(root, table=None, page=None):
    module, own = load(root)
    table = table or own
    page = page or (root / 'docs/permissions.md').read_text(encoding='utf-8')
    devices = module.split_devices(table)[1]
    shipped, lab = ''.join(module.make_rules(table)), ''.join(module.make_lab_rules(table))
    for name, text in (SHIPPED, shipped), ('72-dfutrigger-lab.rules', lab):
        yield from check_flow(name, text)
        yield from (f'{name}: {pairs[0][3]}' for _, pairs in lines_of(text) if pairs and not pairs[0][0])
    yield from check_hidraw(SHIPPED, shipped, {'TAG': 'uaccess'})
    yield from check_hidraw('72-dfutrigger-lab.rules', lab, {'GROUP': 'plugdev', 'MODE': '0660'})
    yield from check_applications(module, devices, shipped)
    yield from check_keyboards(module, devices, shipped)
    yield from check_ports(devices, shipped)
    yield from check_page(module, devices, page)
    yield from check_names(root)


def self_test(root):
    """What is wrong is found."""
    module, table = load(root)
    page = (root / 'docs/permissions.md').read_text(encoding='utf-8')
    changed = copy.deepcopy(table)
    device = next(device for device in changed['devices'] if module.carries_keys(device))
    for trigger in device['triggers']:
        trigger.pop('keys', None)
    if not any(device['title'] in fault for fault in faults(root, table=changed)):
        yield 'a name that is not marked any more is not found'
    if not list(faults(root, page=page.replace(device['title'], 'nothing'))):
        yield 'a node that is not named is not found'
    text = ''.join(module.make_rules(table))
    planted = [
        ('TAG+="uaccess"\n', 'TAG+="uaccess", GROUP="plugdev", MODE="0660"\n'),
        ('bInterfaceProtocol}=="01|02"', 'bInterfaceProtocol}=="02"'),
        ('IMPORT{builtin}="usb_id"\n', ''),
    ]
    for old, new in planted:
        if old not in text or not list(check_hidraw('planted', text.replace(old, new), {'TAG': 'uaccess'})):
            yield f'{new!r} in place of {old!r} is not found'
    keyboard = 'ATTR{idVendor}=="258a", TAG+="uaccess", GROUP="plugdev", MODE="0660"\n'
    if not list(check_applications(module, table['devices'], text + keyboard)):
        yield 'a group that gets an application is not found'
    if not list(check_ports(table['devices'], text.replace('ID_MM_DEVICE_IGNORE', 'ID'))):
        yield 'a port that ModemManager opens is not found'


verdict((self_test if sys.argv[1] == '--self-test' else faults)(Path(sys.argv[-1])))
