# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes the seeds of fuzz targets that are no files of bytes, but what a device says or the system has: make-corpus.py

Those of images are made by make-image-corpus.py.
"""

from json import loads
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / 'corpus'
SESSIONS = Path(__file__).resolve().parents[1] / 'sessions'

# A byte that lets an action end well
GOOD = b'\x40'
STALL = b'\x00'
GONE = b'\x02'
# GETSTATUS: bStatus, bwPollTimeout, bState, iString (DFU 1.1, 6.1.2)
IDLE, SYNC, BUSY, DOWNLOADING, MANIFEST, UPLOADING, ERROR = 2, 3, 4, 5, 7, 9, 10


def status(state, code=0, poll=1):
    return GOOD + bytes([code]) + poll.to_bytes(3, 'little') + bytes([state, 0])


# Opened, the alternate setting selected, dfuIDLE
BEGIN = GOOD * 2 + status(IDLE)
# A command or a block: taken, carried out, done
CARRIED_OUT = GOOD + status(BUSY) + GOOD + status(DOWNLOADING)


def dfuse():
    """Which machine, ranges and erases, two bytes of quirks, flags and leave, attributes, transfer size; then answers."""
    def wish(machine, ranges=1, quirks=0, flags=0x1c, size=1024):
        return bytes([machine, ranges]) + quirks.to_bytes(2, 'little') + bytes([flags, 0x0b]) + size.to_bytes(2, 'little')

    read_block = GOOD + bytes(1024)
    yield 'download', wish(0, 0x09) + BEGIN + CARRIED_OUT * 6
    yield 'download-2-memories', wish(0, 0x13, size=2048) + BEGIN + CARRIED_OUT * 8
    yield 'mass-erase-slow', wish(0, 0x41, quirks=1) + BEGIN + GOOD + status(BUSY, poll=30000) + GOOD * 2 + status(DOWNLOADING)
    yield 'option-bytes-reset', wish(0, 0x83) + BEGIN + CARRIED_OUT * 7 + GOOD + GONE
    yield 'write-refused', wish(0) + BEGIN + CARRIED_OUT + GOOD + status(ERROR, code=8)
    yield 'stuck-erase', wish(0, 0x09, quirks=4) + BEGIN + GOOD + status(BUSY, poll=100) * 40
    yield 'read', wish(1) + BEGIN + CARRIED_OUT + GOOD + read_block * 3
    yield 'read-protected', wish(1, quirks=0x400) + BEGIN + GOOD + status(ERROR, code=11) + GOOD + status(IDLE) + GOOD + \
        b'\x00\x21\x41\x92' + GOOD + status(IDLE)
    yield 'erase', wish(2) + BEGIN + CARRIED_OUT
    yield 'leave', wish(3) + BEGIN + CARRIED_OUT + GOOD + status(MANIFEST, poll=200) + GONE
    yield 'leave-silent', wish(3, quirks=0x60) + BEGIN + CARRIED_OUT + STALL + GONE
    yield 'leave-reset', wish(3, flags=0x2c) + BEGIN + GOOD * 3
    yield 'unprotect', wish(4) + BEGIN + GOOD + status(BUSY, poll=100) + GONE
    yield 'check-unprotect', wish(5) + BEGIN + GOOD + b'\x00\x21\x41\x92' + GOOD + status(IDLE)
    yield 'recognise', wish(6) + BEGIN + GOOD + b'\x00\x21\x41' + GOOD + status(IDLE)


def triggers():
    """Which machine, what it is told (31 bytes), then answers."""
    def wish(machine, *told):
        return bytes([machine]) + bytes(told).ljust(31, b'\0')

    info = GOOD + bytes(range(24))
    yield 'control-request', wish(0, 4, 0, 100, 0x40, 0xb0, 0, 1, 0, 0, 4) + GOOD * 8
    yield 'control-request-refused', wish(0, 0, 0, 100, 0x21, 0xb0, 0, 1) + GOOD + STALL * 4
    yield 'dfu-detach', wish(1, 0x94, 3, 0xe8) + GOOD * 2 + status(0) + GOOD * 8
    yield 'dfu-detach-forced', wish(2, 0, 3, 0xe8) + GOOD * 6 + GONE
    yield 'dfu-detach-reset', wish(3, 4, 3, 0xe8) + GOOD * 6
    yield 'hid-report', wish(4, 16, 0, 64, 0, 0, 0, 5, 8, 0, 64, 3, 0, 20) + GOOD * 4
    yield 'hid-report-reply', wish(4, 2, 3, 0xe8, 1, 5, 8, 0, 64, 3, 0, 20, 1, 1, 0, 2, 0xff, 1, 4) + \
        (GOOD * 2 + GOOD + b'\x05\0\0\xff' + bytes(60)) * 2 + GOOD * 4
    yield 'hid-report-refused', wish(4, 0, 0, 0, 0, 0, 2, 0, 0, 3, 0, 5) + GOOD + STALL * 4
    yield 'nordic-old', wish(5) + GOOD + STALL * 2 + GONE
    yield 'nordic-probe', wish(6) + GOOD + info + GOOD + b'1.2.3-rc.1+build' + bytes(240)
    yield 'serial-lines', wish(7, 0, 3, 0xe8, 2, 0, 4, 0, 50, 0, 2, 0, 0, 20, 1, 1, 1, 0, 9) + GOOD * 12
    yield 'serial-lines-in-place', wish(7, 1, 3, 0xe8, 2, 0, 4, 0, 50) + GOOD * 4 + GONE
    yield 'touch', wish(8, 8, 0, 0) + GOOD * 12
    yield 'touch-refused', wish(8, 41, 0, 0, 0, 0, 0x25, 0x80) + GOOD * 3 + STALL * 6
    yield 'command', wish(9, 0, 0, 0, 0x40, 1) + GOOD + STALL + GOOD * 2
    yield 'configure', wish(10) + GOOD * 5
    yield 'configure-busy', wish(10) + GOOD + STALL + GOOD * 3


def json():
    yield 'manifest', b'{"manifest": {"application": {"bin_file": "a.bin", "dat_file": "a.dat"}, "dfu_version": 0.5}}'
    yield 'table', b'{"format": 1, "devices": [{"name": "x", "application": [{"ids": ["1209:0001"]}], "in_place": true, "n": null}]}'
    yield 'numbers', b'[0, -1, 1.5, -0.25e+10, 1E-3, 123456789012345678, 1234567890123456789]'
    yield 'strings', b'["\\u00e9\\uD83D\\ude00", "\xc3\xa9\xf0\x9f\x98\x80", "\\"\\\\\\/\\b\\f\\n\\r\\t", ""]'
    yield 'deep', b'[' * 31 + b'{"a":\n\t[]}' + b']' * 31
    yield 'too-deep', b'[' * 33
    yield 'twice', b'{"a": 1, "a": 2}'
    yield 'half-surrogate', b'"\\ud83d"'
    yield 'zero-inside', b'"a\\u0000b"'
    yield 'more', b'{} x'


def key():
    """Whether the rest is to be wrapped in base64; a file, or the DER of a SubjectPublicKeyInfo (RFC 5480)."""
    point = bytes.fromhex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'
                          '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5')
    algorithm = bytes.fromhex('301306072a8648ce3d020106082a8648ce3d030107')
    der = b'\x30\x59' + algorithm + b'\x03\x42\x00\x04' + point
    yield 'p256', b'\1' + der
    yield 'p256-off-curve', b'\1' + der[:-1] + b'\0'
    yield 'p256-compressed', b'\1\x30\x39' + algorithm + b'\x03\x22\x00\x02' + point[:32]
    yield 'p384', b'\1' + der.replace(bytes.fromhex('06082a8648ce3d030107'), bytes.fromhex('06052b81040022'))
    yield 'rsa', b'\1' + bytes.fromhex('301a300d06092a864886f70d01010105000309003006020103020103')
    yield 'long-length', b'\1\x30\x84\xff\xff\xff\xff' + algorithm
    yield 'pem', (b'\0-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n'
                  b'6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n')
    yield 'pem-encrypted', (b'\0-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,'
                            b'00112233445566778899AABBCCDDEEFF\n\nMFkw\n-----END EC PRIVATE KEY-----\n')
    yield 'pem-cut', b'\0-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZI'


def slip():
    yield 'frames', b'\xc0\1\2\3\xc0\xc0\xdb\xdc\xdb\xdd\x7f\xc0'
    yield 'bad-escape', b'\xc0\1\xdb\2\3\xc0\4\5\xc0'
    yield 'cut-escape', b'\1\xdb\xc0\2\xc0'
    yield 'full', bytes(range(1, 129)) + b'\xc0'
    yield 'too-long', bytes(range(1, 130)) + b'\xc0\1\xc0'


def text():
    """How much room there is, then a string descriptor (USB 2.0, 9.6.7), which is a name, too."""
    def descriptor(name):
        data = name.encode('utf-16-le', 'surrogatepass')
        return bytes([len(data) + 2, 3]) + data

    yield 'name', b'\xff' + descriptor('Keyboard 2')
    yield 'languages', b'\xff\x06\x03\x07\x04\x09\x04'
    yield 'small-room', b'\x05' + descriptor('\u00e9\u20ac\U0001f600x')
    yield 'half-surrogates', b'\xff' + descriptor('a\ud83db\ude00\ud83d')
    yield 'cut', b'\xff' + descriptor('Keyboard')[:7]
    yield 'bidi', b'\xff' + descriptor('\u202egnp.exe\u2069\u0085\u001b[2J')
    yield 'utf-8', '\xffé€😀\u202e\x9b'.encode('latin-1', 'ignore') + 'é€😀\u202e\x9b'.encode()
    yield 'not-utf-8', b'\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xfe\xe2\x82'


def system():
    """Which file, and for which kind of node; the file."""
    rules, seat, mounts, number = 0, 1, 2, 3
    yield 'rules', bytes([rules]) + (b'# comment\nACTION!="add", GOTO="end"\nSUBSYSTEM=="usb", ATTR{idVendor}=="1209", '
                                     b'ATTR{idProduct}=="0001", MODE="0666"\n')
    yield 'rules-hid', bytes([rules + 4]) + (b'KERNEL=="hidraw*", SUBSYSTEM=="hidraw", ATTRS{idVendor}=="1209|0483", \\\n'
                                            b'  ATTRS{idProduct}=="df1[0-9a-f]", TAG+="uaccess"\n')
    yield 'rules-tty', bytes([rules + 8]) + b'SUBSYSTEMS=="usb", KERNEL=="ttyACM[0-9]*", GROUP="plugdev", OWNER:="alice"\n'
    yield 'rules-dfu', bytes([rules]) + b'SUBSYSTEM=="usb", ENV{ID_USB_INTERFACES}=="*:fe0102:*", ENV{x{y}}-="1", MODE="664"'
    yield 'rules-open', bytes([rules]) + b'ATTR{idVendor'
    yield 'seat', bytes([seat]) + b'IS_SEAT0=1\nACTIVE=c1\nACTIVE_UID=1000\n'
    yield 'mounts', bytes([mounts]) + (b'22 1 8:17 / / rw - ext4 /dev/sdb1 rw\n'
                                       b'40 22 8:0 / /media/my\\040board rw shared:1 - vfat /dev/sda rw\n')
    yield 'mounts-by-name', bytes([mounts]) + b'40 22 0:55 / /mnt rw - btrfs /dev/sda rw\n'
    yield 'mounts-cut-escape', bytes([mounts]) + b'40 22 8:0 / /' + b'm' * 252 + b'\\1 rw - vfat /dev/sda rw\n'
    yield 'number', bytes([number]) + b'8:1\n'


def flasher_args():
    def document(entries, more=''):
        return f'{{"flash_files": {{{entries}}}{more}}}'.encode()

    yield 'two', document('"0x1000": "boot/boot.bin", "0x10000": "app.bin"',
                          ', "flash_settings": {"flash_size": "4MB"}, "extra_esptool_args": {"chip": "esp32s2"}')
    yield 'overlap', document('"0x1000": "boot/boot.bin", "0x1010": "app.bin"')
    yield 'end', document('"0xffffffff": "app.bin"')
    yield 'outside', document('"0": "../app.bin"')
    yield 'absolute', document('"0": "/app.bin"')
    yield 'missing', document('"0": "none.bin"')
    yield 'no-entries', document('')
    yield 'no-address', document('"zero": "app.bin"')
    yield 'no-name', document('"0": 1')
    yield 'cut', document('"0x1000": "boot/boot.bin"')[:30]


def interface(number, codes, *endpoints):
    return bytes([9, 4, number, 0, len(endpoints), *codes, 2]) + b''.join(
        bytes([7, 5, address, 2, 64, 0, 1]) for address in endpoints)


def functional(version=0x0110, size=1024):
    return b'\x09\x21\x0b\xff\x00' + size.to_bytes(2, 'little') + version.to_bytes(2, 'little')


def session():
    """Job, options, sizes of faces and of the image, flags; two faces (ids, interfaces), the image, then answers."""
    update, upload, trigger, diagnose, probe, plan, command, handle = range(8)
    # The device comes back in its other mode.
    switches = b'\xf1'
    vectors = b''.join((0x20004000 if i == 0 else 0x08000200 + 4 * i + 1).to_bytes(4, 'little') for i in range(64))
    avr = (b'\x0c\x94\x40\x00' * 32).ljust(512, b'\x55')
    serial = interface(0, (2, 2, 1), 0x82) + interface(1, (10, 0, 0), 0x81, 0x01)
    disk = interface(0, (8, 6, 0x50), 0x81, 0x01)
    hid = interface(0, (3, 0, 0), 0x81, 0x01)
    runtime = interface(0, (0xfe, 1, 1)) + functional()
    dfu_mode = interface(0, (0xfe, 1, 2)) + functional()
    # Name: application, bootloader, whether it is in that one at first, image
    devices = {
        'zephyr': ('2fe3:0005', runtime, '2fe3:ffff', dfu_mode, 0, b'\1\2\3\4' * 40),
        'stm32': ('0483:0000', runtime, '0483:df11', interface(0, (0xfe, 1, 2)) + functional(0x011a, 2048), 1, vectors),
        'flip': ('03eb:0000', hid, '03eb:2ff4', interface(0, (0xfe, 1, 2)), 1, avr),
        'leonardo': ('2341:8036', serial, '2341:0036', serial, 0, avr),
        'zero': ('2341:804d', serial, '2341:004d', serial, 0, vectors),
        'pico': ('2e8a:0005', serial + interface(2, (0xff, 0, 1)), '2e8a:0003',
                 disk + interface(1, (0xff, 0, 0), 0x84, 0x03), 0, vectors),
        'uf2': ('239a:801b', serial, '239a:001b', disk, 1, vectors),
        'esp32-s3': ('303a:1001', serial + interface(2, (0xff, 0xff, 1), 0x83, 0x02), '303a:1001', serial, 0, b'\xe9\1\2\x2f' * 20),
        'nordic': ('1915:0000', interface(0, (0xff, 1, 1)) + serial.replace(b'\4\0', b'\4\1'), '1915:521f', serial, 0, vectors),
        'teensy': ('16c0:0483', serial, '16c0:0478', hid, 1, vectors),
        'lufa-hid': ('03eb:0000', hid, '03eb:2067', hid, 1, avr),
        'sonix': ('0c45:0000', hid, '0c45:7040', hid, 1, vectors),
        'sinowealth': ('258a:002a', hid, '0603:1020', hid, 0, b'\2\1\x23' + bytes(509)),
    }

    def face(ids, interfaces):
        vendor, product = (int(part, 16).to_bytes(2, 'little') for part in ids.split(':'))
        return vendor + product + interfaces

    def make(name, job, options=0, force=1, answers=b''):
        application, looks, bootloader, others, at, image = devices[name]
        faces = [face(application, looks), face(bootloader, others)]
        image = image.ljust(-(-len(image) // 8) * 8, b'\xff')
        head = bytes([job, options, len(faces[0]), len(faces[1]), len(image) // 8, force | at << 1])
        return head + b''.join(faces) + image + answers

    for name in devices:
        yield name, make(name, update, answers=GOOD * 3 + switches + GOOD * 20)
    for name in ('stm32', 'zero', 'pico'):
        yield f'{name}-upload', make(name, upload, 0x20, answers=GOOD * 3 + switches + GOOD + b'\1' * 200)
    for name in ('zephyr', 'leonardo', 'nordic', 'pico'):
        yield f'{name}-trigger', make(name, trigger, answers=GOOD * 4 + switches)
    yield 'nordic-probe', make('nordic', probe, answers=GOOD * 2 + bytes(24) + GOOD + b'1.2.3')
    yield 'stm32-diagnose', make('stm32', diagnose, answers=GOOD * 2)
    yield 'zephyr-plan', make('zephyr', plan, force=0)
    yield 'stm32-command', make('stm32', command, 0x10, answers=BEGIN + CARRIED_OUT)
    yield 'leonardo-handle', make('leonardo', handle, 1, answers=(GOOD + bytes(18)) * 10)
    yield 'teensy-handle', make('teensy', handle, answers=(GOOD + bytes(64)) * 10)


def session_file():
    """The beginning of what each device of tests/sessions was asked: short actions, of that of its lives that was asked most."""
    for path in sorted(SESSIONS.glob('*.jsonl')):
        first, *lines = path.read_text().splitlines()
        parsed = [(loads(line), line) for line in lines]
        asked = [event['device'] for event, _ in parsed if 'result' in event and 'device' in event]
        most = max(sorted(set(asked)), key=asked.count)
        kept = [line for event, line in parsed if event.get('device') == most and len(line) < 1500]
        yield f'told-{path.stem}', '\n'.join([first, *kept[:30], '']).encode()


def main():
    for make in (dfuse, flasher_args, json, key, session, session_file, slip, system, text, triggers):
        folder = CORPUS / make.__name__.replace('_', '-')
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in make():
            (folder / name).write_bytes(data)


main()
