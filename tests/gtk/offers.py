# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Tests of what the configurator offers beside an update: addresses, memories, triggers, all at once, reports."""

import os
import shutil
import subprocess
import time

from desktop import Atspi, screenshot, wait
from hand import FOLDER, choose, compose_firmware, compose_raw, expect, find_dialog, keys, start, walk


def is_refused(program, port):
    return program.row(port).has_any('image', 'Not possible') or program.row(port).has_any('icon', 'Not possible')


def test_address():
    """A file without an address gets one, from the device's memories or another one, and a refusal looks like one."""
    with start('stm32f405', file=compose_raw()) as program:
        program.wait_for('1-1', 'alert', 'The image has no address')
        expect(is_refused(program, '1-1'), 'no sign')
        expect('(--' not in ' '.join(program.row('1-1').texts()), program.row('1-1').texts())
        screenshot('refusal')
        choose(lambda: program.window, 'Address', 'alt+a', '0x08000000, Internal Flash')
        program.wait_for('1-1', 'alert', 'The firmware fits')
        expect(not is_refused(program, '1-1'), 'a sign')
        choose(lambda: program.window, 'Address', 'alt+a', 'Another')
        wait('the entry', lambda: program.window.find('entry', 'Another address') if program.window.has_any('entry')
             else program.window.find('text', 'Another address'))
        time.sleep(0.3)
        subprocess.run(['xdotool', 'type', '0x08004000'], check=True)
        keys('Return')
        program.press('1-1', 'Update ')
        program.wait_for('1-1', 'push button', 'Start the update')
        keys('alt+e')
        time.sleep(0.5)
        screenshot('address')
        program.press('1-1', 'Start the update')
        expect('3000 bytes' in program.result('1-1')[1], program.result('1-1'))
        memory = program.window.find('combo box', 'Address')
        expect(memory.has_any('label', 'Another'), memory.texts())


def test_memory():
    """Which memory is written is chosen by its name, and what can't be written there is refused."""
    with start('stm32f405', file=compose_raw()) as program:
        program.wait_for('1-1', 'alert', 'The image has no address')
        choose(lambda: program.window, 'Address', 'alt+a', '0x08000000, Internal Flash')
        program.press('1-1', 'Update ')
        program.wait_for('1-1', 'label', 'Memory:')
        time.sleep(0.5)
        choose(lambda: program.row('1-1'), 'Memory', 'alt+m', 'OTP Memory, from 0x1fff7800')
        wait('the refusal', lambda: is_refused(program, '1-1'))
        screenshot('memory')
        choose(lambda: program.row('1-1'), 'Memory', 'alt+m', 'Internal Flash, from 0x08000000')
        program.wait_for('1-1', 'alert', 'The firmware fits')


def test_trigger_only():
    """A device is brought into its bootloader, and no firmware is needed for it."""
    with start('zephyr:serial=A41', 'stm32f405') as program:
        program.wait_for('1-1', 'alert', 'Ready. Open a firmware file')
        expect(not program.row('1-2').has_any('push button', 'More about'), 'it is in its bootloader')
        program.row('1-1').all('push button', 'More about USBD DFU sample')[-1].click()
        wait('the menu', lambda: program.window.find('menu item', 'Start the Bootloader Only'))
        screenshot('trigger-only')
        program.window.find('menu item', 'Start the Bootloader Only').act('click')
        expect('ootloader' in program.result('1-1')[1], program.result('1-1'))
        expect('Port 1-1 · bootloader · 2fe3:ffff' in program.row('1-1').texts()[1], program.row('1-1').texts())
        program.press('1-1', 'Done with')
        program.wait_for('1-1', 'alert', 'Ready. Open a firmware file')
        expect(not program.row('1-1').has_any('push button', 'More about'))


def test_update_all():
    """All that can be updated is, after one question, and no other."""
    with start('zephyr:serial=A41', 'zephyr:serial=B07', 'zephyr:access=no', file=compose_firmware()) as program:
        program.wait_for('1-3', 'alert', 'No permission')
        for port in ('1-1', '1-2'):
            program.wait_for(port, 'alert', 'The firmware fits')
        keys('ctrl+u')
        wait('the question', lambda: find_dialog(program, 'Update All'))
        screenshot('update-all')
        keys('Return')
        for port in ('1-1', '1-2'):
            expect('downloaded and verified' in program.result(port)[1], program.result(port))
        expect(program.row('1-3').has_any('alert', 'No permission'))


def test_twins():
    """Two boards of a kind have what tells them apart in their names; one alone has not."""
    with start('zephyr:serial=A41', 'zephyr:serial=B07', 'stm32f405:serial=', 'stm32f405:serial=') as program:
        wait('four devices', lambda: len(program.ports()) == 4)
        wait('names', lambda: [program.row(port).texts()[0] for port in ('1-1', '1-2')]
             == ['USBD DFU sample · A41', 'USBD DFU sample · B07'])
        print(program.row('1-3').texts(), program.row('1-4').texts())
        screenshot('twins')
        program.open_playground()
        program.plug(2, False)
        wait('its name', lambda: program.row('1-1').texts()[0] == 'USBD DFU sample')


def test_two_plans():
    """Two plans are open, and both can be read and started in the window as it opens."""
    with start('zephyr:serial=A41', 'zephyr:serial=B07', file=compose_firmware()) as program:
        for port in ('1-1', '1-2'):
            program.press(port, 'Update ')
        for port in ('1-1', '1-2'):
            text = program.wait_for(port, 'label', 'Starts the bootloader, ').name
            expect(text == 'Starts the bootloader, writes 24.5 KiB, checks what was written, and starts the new firmware. '
                           'Leave the device plugged in.', text)
        time.sleep(0.5)
        screenshot('two-plans')
        bottom = max(get_bottom(program.row(port).find('push button', 'Start the update')) for port in ('1-1', '1-2'))
        expect(0 < bottom <= 540, bottom)


def get_bottom(widget):
    extents = widget.node.get_extents(Atspi.CoordType.WINDOW)
    return extents.y + extents.height


def test_narrow():
    """As narrow as a phone, all can be read: what a file is takes the lines that it needs."""
    with start('zephyr:serial=A41', 'stm32f405', 'zephyr:access=no', file=compose_firmware()) as program:
        program.wait_for('1-3', 'alert', 'No permission')
        window = subprocess.run(['xdotool', 'search', '--onlyvisible', '--name', '^Firmware Updates$'], capture_output=True,
                                text=True, check=True).stdout.split()[-1]
        subprocess.run(['xdotool', 'windowsize', window, '360', '600'], check=True)
        program.press('1-1', 'Update ')
        time.sleep(1)
        screenshot('narrow')
        about = program.window.find('status bar', 'MCUboot image').node.get_extents(Atspi.CoordType.WINDOW)
        expect(about.height > 2 * 15 and about.x + about.width <= 360, about.width, about.height)
        program.press('1-1', 'Start the update')
        phase = program.wait_for('1-1', 'label', 's left').node
        # It becomes longer.
        wait('a second line', lambda: phase.get_extents(Atspi.CoordType.WINDOW).height > 20)
        extents = phase.get_extents(Atspi.CoordType.WINDOW)
        expect(extents.x + extents.width <= 360, extents.x, extents.width)
        screenshot('narrow-writing')
        program.press('1-1', 'Cancel')
        program.result('1-1')
        told = subprocess.run(['xdotool', 'getwindowgeometry', window], capture_output=True, text=True, check=True).stdout
        expect('Geometry: 360x600' in told, told)


def begin_report(program, path, key='F10'):
    """Saves a report by keys only: a menu, the name of a file."""
    keys(key)
    wait('the menu', lambda: program.window.find('menu item', 'Save Report'))
    walk(lambda: program.window.all('menu item', 'Save Report'), 'Down')
    keys('Return')
    time.sleep(2)
    screenshot('report')
    keys('ctrl+a')
    subprocess.run(['xdotool', 'type', str(path)], check=True)
    time.sleep(0.5)
    keys('Return')


def test_menus():
    """By keys only: a device's menu, what is in it, and a report, which has what was done and nobody's serial number."""
    path = FOLDER / 'report.txt'
    path.write_text('an older one')
    with start('stm32f405', 'zephyr:serial=E66058388374A72C', file=compose_firmware()) as program:
        program.wait_for('1-2', 'alert', 'The firmware fits')
        walk(lambda: program.row('1-2').all('push button', 'Update '), 'Tab')
        keys('shift+F10')
        wait('the menu', lambda: program.window.find('menu item', 'Start the Bootloader Only'))
        screenshot('device-menu')
        keys('Escape')
        wait('no menu', lambda: not program.window.has_any('menu item', 'Start the Bootloader Only'))
        keys('Menu')
        wait('the menu', lambda: program.window.find('menu item', 'Start the Bootloader Only'))
        keys('Return')
        expect('ootloader' in program.result('1-2')[1], program.result('1-2'))
        begin_report(program, path)
        # It is there: whether it may be replaced is asked.
        wait('the question', lambda: find_dialog(program, 'Replace'))
        keys('Return')
        wait('the report', lambda: 'an older one' not in path.read_text())
        wait('that it is told', lambda: not program.window.has_any('filler', 'Saving the report'))
        text = path.read_text()
    expect('== Versions and system ==' in text and '{"dfutrigger-session"' in text, text)
    expect('plan: trigger 2fe3:0005' in text and 'the end: ok: bootloader: 2fe3:ffff at 1-2' in text, text)
    expect('E66058388374A72C' not in text)
    expect(path.stat().st_mode & 0o777 == 0o600)
    expect(not path.with_name(path.name + '.new').exists())


def test_report():
    """A report that takes its time, as devices may, holds up nobody: an update is done meanwhile. One that can't be written
    says so."""
    path = FOLDER / 'report.txt'
    folder = FOLDER / 'temporary'
    folder.mkdir()
    with start('zephyr:serial=A41', file=compose_firmware(), env={'TMPDIR': str(folder)}) as program:
        program.wait_for('1-1', 'alert', 'The firmware fits')
        feed = hold_up(next(folder.glob('dfutrigger-*/session.jsonl')))
        walk(lambda: program.row('1-1').all('push button', 'Update '), 'Tab')
        begin_report(program, path, 'shift+F10')
        wait('that it is told', lambda: program.window.find('filler', 'Saving the report'))
        program.update('1-1')
        expect('downloaded and verified' in program.result('1-1')[1], program.result('1-1'))
        screenshot('report-saving')
        expect(not path.exists())
        feed()
        wait('the report', path.exists)
        wait('the end', lambda: not program.window.has_any('filler', 'Saving the report'))
        expect('downloaded and verified' in path.read_text())
        begin_report(program, '/proc/report.txt')
        wait('the reason', lambda: find_dialog(program, 'Close'))
        screenshot('report-failed')
        keys('Escape')
        feed = hold_up(next(folder.glob('dfutrigger-*/session.jsonl')))
        path.unlink()
        begin_report(program, path)
        wait('that it is told', lambda: program.window.find('filler', 'Saving the report'))
        # Who closes the window gets his report all the same.
        keys('ctrl+w')
        feed()
        expect('units left: 0' in program.process.communicate(timeout=20)[0])
    expect(path.exists() and not list(folder.iterdir()), list(folder.iterdir()))


def hold_up(recording):
    """Whoever reads this file waits, until what is returned is called: then it has what was written until then."""
    pipe, kept = recording.with_name('pipe'), recording.with_name('kept')
    os.mkfifo(pipe)
    os.link(recording, kept)
    pipe.rename(recording)

    def feed():
        with recording.open('w') as file:
            # Others read the file.
            shutil.copy(kept, recording.with_name('copy'))
            recording.with_name('copy').rename(recording)
            file.write(kept.read_text())
        kept.unlink()
    return feed
