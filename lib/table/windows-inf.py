# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes a driver's .inf for Windows of the device table: windows-inf.py VERSION devices.json dfutrigger.inf

It gives WinUSB, through which programs reach a device, to bootloaders that are spoken to in USB requests. Windows has WinUSB
itself; devices that ask for it by their own descriptors need no file. What is not a bootloader alone keeps its driver: ids
that an application has, too, are left out, as are rows for all products of a vendor, and those of plain DFU that go by the
DFU mode where no other ids of the application are known: they may be a camera's.
"""

import json
import sys

# Languages that are spoken in USB requests: the function that is to have the driver, None for the device as a whole. An
# RP2040 in its bootloader is a drive, too (RP2040 datasheet, 2.8.3).
FUNCTIONS = {'dfu': None, 'dfuse': None, 'atmel-flip': None, 'picoboot': 1}
# The interface by which programs find what the file has bound
INTERFACE = '{7a1c3e0d-5b1f-4a52-9d0e-3c4c6f0a7d21}'
ARCHITECTURES = ('amd64', 'x86', 'arm64')
HEAD = """\
; Made by libdfutrigger of its device table: gives WinUSB to bootloaders.
; Windows installs it once it is signed: see docs/windows.md.

[Version]
Signature = "$Windows NT$"
Class = USBDevice
ClassGuid = {{88bae032-5a81-49f0-bc3d-a4ff138216d6}}
Provider = %Provider%
CatalogFile = dfutrigger.cat
DriverVer = 01/01/2026,{version}.0
PnpLockdown = 1

[Manufacturer]
%Provider% = Devices,{architectures}
"""
TAIL = """
[Install]
Include = winusb.inf
Needs = WINUSB.NT

[Install.Services]
Include = winusb.inf
Needs = WINUSB.NT.Services

[Install.HW]
AddReg = Interfaces

[Interfaces]
HKR,,DeviceInterfaceGUIDs,0x10000,"{interface}"

[Strings]
Provider = "libdfutrigger"
"""


def expand(text):
    """The (vendor, product) pairs that an entry of "ids" stands for; none of one for all products of a vendor."""
    vendor, product = text.split(':')
    if product == '*':
        return []
    first, _, last = product.partition('-')
    return [(int(vendor, 16), number) for number in range(int(first, 16), int(last or first, 16) + 1)]


def ids_of(device, mode):
    """The pairs that the rows of a device's "application" or "bootloader" name."""
    return [pair for row in device.get(mode, []) for text in row.get('ids') or [] for pair in expand(text)]


def tells_its_application(device):
    """Whether the table knows which ids its application has, or its bootloader's ids say what it is by themselves."""
    return (device['protocol'] != 'dfu' or ids_of(device, 'application') or
            not any(row.get('dfu') for row in device.get('bootloader', [])))


def list_bootloaders(table):
    """Yields (title, vendor, product, function), each pair once."""
    taken = {pair for device in table['devices'] for pair in ids_of(device, 'application')}
    for device in table['devices']:
        if device.get('protocol') not in FUNCTIONS or 'dfu-in-application' in device.get('quirks', []):
            continue
        if not tells_its_application(device):
            continue
        for pair in ids_of(device, 'bootloader'):
            if pair not in taken:
                taken.add(pair)
                yield device['title'], *pair, FUNCTIONS[device['protocol']]


def get_hardware_id(vendor, product, function):
    """What Windows calls the device, or one of its functions."""
    interface = '' if function is None else f'&MI_{function:02X}'
    return f'USB\\VID_{vendor:04X}&PID_{product:04X}{interface}'


def make_inf(table, version):
    """Yields the lines of the file."""
    bootloaders = list(list_bootloaders(table))
    titles = {title: f'Device{number}' for number, title in enumerate(dict.fromkeys(row[0] for row in bootloaders))}
    yield HEAD.format(version=version, architectures=','.join(f'NT{name}' for name in ARCHITECTURES))
    for name in ARCHITECTURES:
        yield f'\n[Devices.NT{name}]\n'
        for title, *ids in bootloaders:
            yield f'%{titles[title]}% = Install,{get_hardware_id(*ids)}\n'
    yield TAIL.format(interface=INTERFACE)
    for title, key in titles.items():
        text = title.replace('"', "'")
        yield f'{key} = "{text} (bootloader)"\n'


def main(version, source, target):
    with open(source, encoding='utf-8') as file:
        table = json.load(file)
    # With its mark in front: Windows takes a file without for one in its own code page.
    with open(target, 'w', encoding='utf-16', newline='\r\n') as file:
        file.writelines(make_inf(table, version))


if __name__ == '__main__':
    main(*sys.argv[1:])
