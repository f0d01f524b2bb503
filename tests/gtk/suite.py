# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Tests of the configurator, driven as a person would: suite.py PROGRAM COMMAND TEST, inside session.sh.

COMMAND is dfutrigger: what the library says to it is what the window must say.
"""

import json
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from desktop import Atspi, Program, screenshot, wait
from hand import COMMAND, FOLDER, PROGRAM, choose, compose_firmware, expect, keys, start
from offers import *  # noqa: F401,F403 - tests

IS_SANITIZED = os.environ.get('DFUTRIGGER_SANITIZED') == 'true'
STALL_LIMIT_MS = 100
CANCEL_LIMIT_MS = 100
ARRIVALS = 200


def check_stall(program, what='longest work'):
    """The main thread's work between two polls; "longest stall" is with what it waited for, as for the X server, which
    other tests keep busy."""
    stall_ms = program.measured(what)
    program.measured('longest stall')
    # Sanitizers make everything slower, which says nothing of the program.
    expect(IS_SANITIZED or stall_ms <= STALL_LIMIT_MS, what, stall_ms)


# What there is


def test_list():
    """Devices as they come and go, and what can be done with them."""
    with start('zephyr:serial=A41', 'stm32f405', 'leonardo:vid=2341,pid=0043', 'zephyr:access=no') as program:
        wait('four devices', lambda: program.ports() == ['1-1', '1-2', '1-3', '1-4'])
        program.wait_for('1-1', 'alert', 'Ready. Open a firmware file')
        expect('Port 1-1 · application · 2fe3:0005 · serial A41' in program.row('1-1').texts(), program.row('1-1').texts())
        expect(any('Port 1-2 · bootloader' in text for text in program.row('1-2').texts()))
        program.wait_for('1-3', 'alert', 'speaks "')
        program.wait_for('1-4', 'alert', 'No permission to open /dev/')
        for port in ('1-1', '1-2', '1-3', '1-4'):
            expect(not program.row(port).find('push button', 'Update ').is_sensitive, port)
        line = next(text for text in program.row('1-4').texts() if text.startswith('printf '))
        expect('SUBSYSTEM=="usb", ATTR{idVendor}=="2fe3"' in line and '71-dfutrigger-2fe3-' in line, line)
        screenshot('devices')
        program.press('1-4', 'Copy')
        program.open_playground()
        screenshot('playground')
        program.plug(2, False)
        wait('three devices', lambda: program.ports() == ['1-1', '1-3', '1-4'])
        program.plug(2, True)
        wait('four devices', lambda: program.ports() == ['1-1', '1-2', '1-3', '1-4'])
    check_stall(program)


def test_play():
    """With nothing plugged in, there is something to play with."""
    with start('zephyr') as program:
        wait('a device', lambda: program.ports() == ['1-1'])
        program.open_playground()
        program.plug(1, False)
        wait('nothing', lambda: program.window.has_any('label', 'No Devices'))
        program.window.all('push button', 'Virtual Devices')[-1].click()
        time.sleep(0.3)
        screenshot('nothing')
        wait('the button', lambda: program.window.find('push button', 'Try a virtual device')).click()
        program.wait_for('1-2', 'alert', 'The firmware fits')
        expect(program.ports() == ['1-2'])


# Updates


def test_update():
    """Two at the same time, with one command; the window never freezes."""
    with Program(PROGRAM, '--demo') as program:
        for port in ('1-1', '1-2'):
            program.wait_for(port, 'alert', 'The firmware fits')
        program.press('1-1', 'Update ')
        program.wait_for('1-1', 'label', 'Starts the bootloader, writes 48.5 KiB, ')
        screenshot('plan')
        program.press('1-1', 'Start the update')
        program.update('1-2')
        for port in ('1-1', '1-2'):
            program.wait_for(port, 'label', 'Writing: ')
        for port in ('1-1', '1-2'):
            text = program.wait_for(port, 'label', '/s, about ').name
            expect(re.search(r'Writing: .* of 48.5 KiB, .*KiB/s, about \d+ seconds? left', text), text)
        expect(all(program.row(port).has_any('label', 'Writing: ') for port in ('1-1', '1-2')))
        screenshot('progress')
        for port in ('1-1', '1-2'):
            expect('49704 bytes downloaded and verified' in program.result(port)[1], program.result(port))
            expect('reset button' in program.result(port)[2], program.result(port))
        screenshot('result')
        program.press('1-1', 'Done with')
        program.wait_for('1-1', 'alert', 'The firmware fits')
    check_stall(program, 'longest stall')


def test_cancel():
    """In the middle, and again; then the next update succeeds."""
    with start('zephyr:poll-ms=30,return-ms=1500', file=compose_firmware()) as program:
        for phase in ('Starting the bootloader', 'Writing: ', 'Writing: ', 'Writing: '):
            program.update('1-1')
            program.wait_for('1-1', 'label', phase)
            program.press('1-1', 'Cancel the update')
            expect(program.result('1-1')[1].startswith('Cancelled while '), program.result('1-1'))
            program.press('1-1', 'Done with')
        program.update('1-1')
        expect('downloaded and verified' in program.result('1-1')[1], program.result('1-1'))
    check_stall(program)
    # From the click to the result on the screen: GTK itself lets a quarter of a second pass when a key or a screen
    # reader clicks, so it is measured in the program.
    cancel_ms = program.measured('longest cancel')
    expect(IS_SANITIZED or 0 < cancel_ms <= CANCEL_LIMIT_MS, cancel_ms)


def choose_part(program, port, name):
    program.wait_for(port, 'label', 'Part (chip):')
    choose(lambda: program.row(port), 'Part (chip)', 'alt+p', name)


def test_part():
    """What a device can't tell is chosen: before anything is sent, or after its bootloader has been seen."""
    file = FOLDER / 'keyboard.bin'
    file.write_bytes(b'\x02\x01\x23' + bytes(range(256)) * 4)
    with start('sinowealth-keyboard:chip=sh68f881', 'zephyr', file=file) as program:
        program.wait_for('1-1', 'label', 'sh68f90, sh68f90a, sh68f881')
        program.wait_for('1-2', 'push button', 'Update ')
        expect(not program.row('1-2').has_any('label', 'Part'), program.row('1-2').texts())
        screenshot('part')
        choose_part(program, '1-1', 'sh68f881')
        program.wait_for('1-1', 'alert', 'The firmware fits')
        program.press('1-1', 'Update ')
        # The choice stays in sight.
        wait('the part', lambda: program.row('1-1').find('combo box', 'Part (chip)').has_any('label', 'sh68f881'))
        screenshot('part-chosen')
        program.press('1-1', 'Start the update')
        expect('1027 bytes downloaded and verified' in program.result('1-1')[1], program.result('1-1'))
        program.open_playground()
        program.plug(1, False)
        program.press('1-1', 'Done with')
        wait('one device', lambda: program.ports() == ['1-2'])
        program.plug(1, True)
        # It may be another one.
        program.wait_for('1-1', 'label', 'Not known')
    file.write_bytes(b'\x0c\x94\x56\x00' + bytes(range(1, 129)) * 20)
    with start('via-keyboard:bootloader=lufa-hid', file=file) as program:
        program.update('1-1')
        expect('which part' in ' '.join(program.result('1-1')).lower(), program.result('1-1'))
        choose_part(program, '1-1', 'at90usb646')
        program.update('1-1')
        expect('those of the AT90USB646' in program.result('1-1')[1], program.result('1-1'))
        screenshot('part-wrong')
        choose_part(program, '1-1', 'atmega32u4')
        program.update('1-1')
        expect('2564 bytes downloaded' in program.result('1-1')[1], program.result('1-1'))


def test_close():
    """A window is not closed while it updates, without a question."""
    with start('zephyr', file=compose_firmware()) as program:
        program.update('1-1')
        program.wait_for('1-1', 'label', 'Writing: ')
        program.window.find('push button', 'Close').click()
        application = Atspi.get_desktop(0)

        def dialog():
            for index in range(application.get_child_count()):
                node = application.get_child_at_index(index)
                if node.get_process_id() == program.process.pid:
                    return type(program.window)(node).find('push button', 'Stop and Close')
            return None
        button = wait('the question', dialog)
        screenshot('close')
        button.click()
        wait('the end', lambda: program.process.poll() is not None)
        expect(program.process.returncode == 0, program.process.returncode)


def test_wrong_file():
    """What is not firmware, and what does not fit, is refused before anything is sent."""
    page = FOLDER / 'page.bin'
    page.write_text('<!DOCTYPE html><html><body>Not found</body></html>\n')
    with start('zephyr', file=page) as program:
        wait('the refusal', lambda: program.window.has_any('alert', 'page.bin: '))
        alert = program.window.find('alert', 'page.bin: ').name
        expect(alert == command('info', page)['message'], alert)
        expect(not program.row('1-1').find('push button', 'Update ').is_sensitive)
        screenshot('wrong-file')
    bare = FOLDER / 'bare.bin'
    bare.write_bytes(random.Random(2).randbytes(5000))
    with start('zephyr', file=bare) as program:
        alert = program.wait_for('1-1', 'alert', 'it would never be started').name
        said = command('--sim', 'zephyr', 'update', bare)
        expect(same(alert, said['message']), alert, said)
        expect(any(same(text, said['hint']) for text in program.row('1-1').texts()))
        expect(not program.row('1-1').find('push button', 'Update ').is_sensitive)
        screenshot('misfit')


def test_names_of_files():
    """What would turn a name around, or drive a terminal, is not shown: also in what the library says of it."""
    nasty = FOLDER / 'a\u202eb\u009bc\nd\u2066.bin'
    compose_firmware().rename(nasty)
    with start('zephyr', file=nasty) as program:
        program.wait_for('1-1', 'alert', 'The firmware fits')
        expect(program.window.has_any('label', 'a?b?c?d?.bin'))
    nasty.write_text('<!DOCTYPE html><html><body>Not found</body></html>\n')
    with start('zephyr', file=nasty) as program:
        wait('the refusal', lambda: program.window.has_any('alert', 'a?b?c?d?.bin: '))
        for text in program.window.texts():
            expect(not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]', text), text)


def test_unplug():
    """A device that is pulled in the middle says so, and can be updated when it is back."""
    # Slow: its plug is two clicks away, which takes seconds where others are at work.
    with start('zephyr:poll-ms=150', 'zephyr:poll-ms=30,serial=B', file=compose_firmware()) as program:
        program.open_playground()
        program.update('1-1')
        program.update('1-2')
        program.wait_for('1-1', 'label', 'Writing: ')
        program.plug(1, False)
        words = program.result('1-1')
        expect('not plugged in' in program.row('1-1').texts()[1], program.row('1-1').texts())
        expect('left' in words[1] or 'no longer' in words[1] or 'gone' in words[1], words)
        expect('downloaded and verified' in program.result('1-2')[1])
        screenshot('unplugged')
        program.plug(1, True)
        wait('it is back', lambda: 'not plugged in' not in program.row('1-1').texts()[1])
        program.press('1-1', 'Done with')
        program.update('1-1')
        expect('downloaded and verified' in program.result('1-1')[1], program.result('1-1'))
        program.plug(2, False)
        program.press('1-2', 'Done with')
        wait('one device', lambda: program.ports() == ['1-1'])
    check_stall(program)


def test_come_and_go():
    """The list is right through many arrivals and departures."""
    models = ['zephyr', 'stm32f405', 'leonardo', 'pico', 'sonix-keyboard', 'zephyr:access=no']
    chance = random.Random(3)
    plugged = [True] * len(models)
    with start(*models) as program:
        program.open_playground()
        for _ in range(ARRIVALS // 4):
            # Several at once, as when a hub is plugged in.
            for index in chance.sample(range(len(models)), 4):
                plugged[index] = not plugged[index]
                program.plug(index + 1, plugged[index])
            expected = [f'1-{index + 1}' for index in range(len(models)) if plugged[index]]
            wait(f'{expected}', lambda: program.ports() == expected)
        for index, is_plugged in enumerate(plugged):
            if is_plugged:
                program.plug(index + 1, False)
        wait('nothing', lambda: program.ports() == [])
    check_stall(program)


# Other ways to work it


def test_keyboard():
    """The whole of an update without a mouse."""
    with start('zephyr:poll-ms=1', file=compose_firmware(6000)) as program:
        program.wait_for('1-1', 'alert', 'The firmware fits')
        keys('alt+u')
        program.wait_for('1-1', 'label', 'Starts the bootloader, ')
        keys('alt+b')
        program.wait_for('1-1', 'push button', 'Update ')
        keys('alt+u')
        program.wait_for('1-1', 'label', 'Starts the bootloader, ')
        # What is next is what has the focus.
        time.sleep(0.5)
        keys('Return')
        expect('downloaded and verified' in program.result('1-1')[1], program.result('1-1'))
        keys('alt+d')
        program.wait_for('1-1', 'alert', 'The firmware fits')
        keys('ctrl+d')
        wait('the virtual devices', lambda: program.window.find('list', 'Virtual devices'))
        keys('Escape')
    with start('zephyr') as program:
        wait('a device', lambda: program.ports() == ['1-1'])
        keys('ctrl+w')
        wait('the end', lambda: program.process.poll() is not None)


def test_open():
    """A file by the dialog."""
    file = compose_firmware()
    with start('zephyr') as program:
        program.window.find('push button', 'Open firmware').click()
        time.sleep(2)
        screenshot('open')
        keys('ctrl+l')
        time.sleep(0.3)
        subprocess.run(['xdotool', 'type', str(file)], check=True)
        time.sleep(0.5)
        keys('Return')
        program.wait_for('1-1', 'alert', 'The firmware fits')
        expect(program.window.has_any('label', 'firmware.bin') and program.window.has_any('status bar', 'version 1.2.3'))


def helper(name, *arguments):
    return subprocess.Popen([sys.executable, '-W', 'ignore', Path(__file__).with_name(name), *map(str, arguments)])


def test_drop():
    """A file by drag and drop, from another program."""
    with start('zephyr') as program:
        wait('a device', lambda: program.ports() == ['1-1'])
        source = helper('drag_source.py', compose_firmware())
        wait('where to drag from', lambda: subprocess.run(['xdotool', 'search', '--name', '^Source$', 'windowmove', '730',
                                                           '545'], check=False).returncode == 0)
        time.sleep(1)
        for step in ('mousemove 750 565', 'mousedown 1', 'mousemove 740 550', 'mousemove 600 400', 'mousemove 400 420',
                     'mousemove 402 422', 'mouseup 1'):
            subprocess.run(['xdotool', *step.split()], check=True)
            time.sleep(0.3)
        screenshot('drop')
        program.wait_for('1-1', 'alert', 'The firmware fits')
        source.terminate()
        source.wait()


def brightness(name):
    folder = Path(os.environ.get('DFUTRIGGER_SCREENSHOTS', '.'))
    run = subprocess.run(['convert', folder / f'{name}.png', '-crop', '600x400+60+60', '-colorspace', 'gray', '-format',
                          '%[fx:mean]', 'info:'], capture_output=True, text=True, check=True)
    return float(run.stdout)


def show_all_kinds(name):
    specs = ['zephyr:serial=A41', 'zephyr:serial=B07', 'zephyr:access=no']
    with start(*specs, file=compose_firmware(48 * 1024)) as program:
        program.wait_for('1-3', 'alert', 'No permission')
        program.update('1-1')
        program.press('1-2', 'Update ')
        program.wait_for('1-1', 'label', 's left')
        time.sleep(1)
        screenshot(name)
        program.press('1-1', 'Cancel')
        program.result('1-1')


def test_looks():
    """Light, and dark if the desktop is set to dark."""
    show_all_kinds('light')
    portal = helper('dark_portal.py')
    time.sleep(1)
    show_all_kinds('dark')
    portal.terminate()
    portal.wait()
    expect(brightness('light') > 0.7 and brightness('dark') < 0.4, brightness('light'), brightness('dark'))


# What is said


def begin(*arguments):
    return subprocess.Popen([COMMAND, '--json', *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def end(process):
    """What the command said in the end: how its job ended, or why it failed."""
    return json.loads(process.communicate(timeout=120)[0].splitlines()[-1])


def command(*arguments):
    """What the command says of the same."""
    return end(begin(*arguments))


def plain(text):
    """Ports and addresses may differ, and whether a letter begins a sentence; options are for who types."""
    text = re.sub(r' \(--[^)]*\)', '', text)
    return re.sub(r'\b1-\d+\b|/\d{3}\b', 'N', text.replace('\xa0', ' ').strip()).casefold()


def same(shown, said):
    return plain(shown) == plain(said)


FAILURES = [
    'zephyr:poll-ms=1,fault=unplug@12',
    'zephyr:poll-ms=1,fault=stall@12x40',
    'zephyr:poll-ms=1,fault=garbage@3x60',
    'zephyr:poll-ms=1,fault=short@20x30',
    'zephyr:return=no',
    'zephyr:leave=no',
    'zephyr:return-as=application',
    'zephyr:slot-size=8K',
    'zephyr:access=no',
    'zephyr:poll-ms=1,fault=timeout@15',
    'zephyr:poll-ms=1,fault=lost-answer@18x3',
    'dfu:download=no',
]


def test_words():
    """Every text of a failed update is the library's message and hint, and none is a bare code."""
    file = compose_firmware(12000)
    commands = [begin('--sim', spec, '-p', '1-1', 'update', file) for spec in FAILURES]
    with start(*FAILURES, file=file) as program:
        ports = [f'1-{index + 1}' for index in range(len(FAILURES))]
        wait('all devices', lambda: len(program.ports()) == len(ports))
        time.sleep(3)
        started = []
        for port in ports:
            if program.row(port).find('push button', 'Update ').is_sensitive:
                program.update(port)
                started.append(port)
        expect(len(started) >= 7, started)
        for port, spec, process in zip(ports, FAILURES, commands):
            if port in started:
                program.result(port, 60)
            texts = [text for text in program.row(port).texts()[2:] if text not in ('Done', 'Update…', 'Copy')]
            print(spec, '->', texts)
            check_words(texts, end(process))
        screenshot('failures')
    check_stall(program)


def check_words(texts, said):
    expect(same(' '.join(texts), f'{said["message"]} {said["hint"] or ""}'), texts, said)
    for text in texts:
        expect(not re.fullmatch(r'[\w ]*:? ?\(?(-?\d+|0x[0-9a-fA-F]+|[A-Z_]+)\)?', text), 'a bare code', text)
        expect(len(text.split()) >= 3, 'no sentence', text)


def main():
    test = globals()['test_' + sys.argv[3]]
    try:
        test()
    except BaseException:
        screenshot(f'failed-{sys.argv[3]}')
        raise


main()
