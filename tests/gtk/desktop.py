# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A program on a desktop, driven as a person with a screen reader would: by what it says of its widgets (AT-SPI)."""

import os
import subprocess
import time
from pathlib import Path

import gi

gi.require_version('Atspi', '2.0')
from gi.repository import Atspi, GLib  # noqa: E402


class Missing(AssertionError):
    """Something is not on the screen."""


def wait(what, condition, seconds=20.0):
    """Waits until the condition is true, and returns its value."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except (GLib.Error, Missing):
            pass
        if time.monotonic() > end:
            raise Missing(f'not within {seconds} s: {what}')
        time.sleep(0.005)


class Widget:
    """What a screen reader knows of a widget."""

    def __init__(self, node):
        self.node = node

    @property
    def role(self):
        try:
            return self.node.get_role_name()
        except GLib.Error:
            return 'gone'

    @property
    def name(self):
        try:
            return (self.node.get_name() or '').replace('\xa0', ' ')
        except GLib.Error:
            return ''

    def has(self, state):
        return self.node.get_state_set().contains(state)

    @property
    def is_sensitive(self):
        return self.has(Atspi.StateType.SENSITIVE)

    def walk(self):
        """This widget and all in it. One that goes meanwhile is left out."""
        yield self
        try:
            children = [self.node.get_child_at_index(index) for index in range(self.node.get_child_count())]
        except GLib.Error:
            return
        for child in filter(None, children):
            yield from Widget(child).walk()

    def all(self, role, text=''):
        return [widget for widget in self.walk() if widget.role == role and text in widget.name]

    def find(self, role, text=''):
        for widget in self.walk():
            if widget.role == role and text in widget.name:
                return widget
        raise Missing(f'{role} "{text}" in {self.role} "{self.name}"')

    def has_any(self, role, text=''):
        return bool(self.all(role, text))

    def act(self, name):
        """Does one of the things that the widget says can be done with it."""
        for index in range(Atspi.Action.get_n_actions(self.node)):
            if Atspi.Action.get_action_name(self.node, index) == name:
                Atspi.Action.do_action(self.node, index)
                return
        raise Missing(f'action {name} of {self.role} "{self.name}"')

    def click(self):
        if not self.is_sensitive:
            raise Missing(f'{self.role} "{self.name}" can\'t be clicked')
        self.act('click')

    def texts(self):
        """All that can be read in it, line by line."""
        roles = {'label', 'alert', 'status bar', 'notification'}
        return [widget.name for widget in self.walk() if widget.role in roles and widget.name]


class Program:
    """The program, its window, and what it prints."""

    def __init__(self, program, *arguments, env=None):
        self.process = subprocess.Popen([program, '--measure', *map(str, arguments)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=dict(os.environ, **(env or {})))
        self.output = self.errors = ''
        self.list = None
        self.switches = {}
        try:
            self.window = wait('the window', self._find_window)
        except Missing:
            self.process.kill()
            print(*self.process.communicate())
            raise

    def _find_window(self):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(index)
            if application and application.get_process_id() == self.process.pid:
                # What is kept for the caller is old.
                application.set_cache_mask(Atspi.Cache.NONE)
                return Widget(application).find('frame', 'Firmware Updates')
        return None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            screenshot(f'failed-{self.process.pid}')
            self.process.kill()
            print(*self.process.communicate())
        elif self.process.poll() is None:
            self.close()

    def close(self):
        """Closes the window as a person does, and waits for the end."""
        self.window.find('push button', 'Close').click()
        self.output, self.errors = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, (self.process.returncode, self.output, self.errors)
        complaints = [line for line in self.errors.splitlines() if '-CRITICAL' in line or '-WARNING' in line]
        assert not complaints, complaints
        # A sanitizer sees all other leaks.
        assert 'units left: 0' in self.output.splitlines(), self.output

    # What is in the window

    def rows(self):
        """The rows of the list, without a walk through all that is in them."""
        if not self.list and self.window.has_any('label', 'No Devices'):
            return []
        self.list = self.list or self.window.find('list', 'Devices')
        node = self.list.node
        try:
            rows = [Widget(node.get_child_at_index(index)) for index in range(node.get_child_count())]
            if rows and all(row.role == 'list item' for row in rows):
                return rows
        except (GLib.Error, AttributeError):
            pass
        # It is hidden when it is empty.
        self.list = None
        raise Missing('the list changes')

    def ports(self):
        return sorted(row.name.rpartition(' port ')[2] for row in self.rows())

    def row(self, port):
        for row in self.rows():
            if row.name.endswith(' port ' + port):
                return row
        raise Missing(f'a device at port {port}')

    def wait_for(self, port, role, text='', seconds=20.0):
        return wait(f'{role} "{text}" in the row of {port}', lambda: self.row(port).find(role, text), seconds)

    def press(self, port, text, seconds=20.0):
        """Presses a button of a row as soon as it can be pressed."""
        def press():
            button = self.row(port).find('push button', text)
            if not button.is_sensitive:
                return False
            button.click()
            return True
        wait(f'the button "{text}" of {port}', press, seconds)

    def update(self, port):
        self.press(port, 'Update ')
        self.press(port, 'Start the update')

    def result(self, port, seconds=60.0):
        """What the row says when its update has ended."""
        self.wait_for(port, 'push button', 'Done with', seconds)
        return self.row(port).texts()[2:]

    def open_playground(self):
        self.window.all('push button', 'Virtual Devices')[-1].click()
        return wait('the virtual devices', lambda: self.window.find('list', 'Virtual devices'))

    def plug(self, index, plugged):
        """Plugs a virtual device in, or pulls it; they are counted from 1."""
        def toggle():
            try:
                switch = self.switches.setdefault(index, None) or self.window.find('check box', f'Plugged in, {index}:')
                if switch.has(Atspi.StateType.CHECKED) != plugged:
                    switch.act('toggle')
            except (GLib.Error, Missing):
                # The popover was closed, which forgets what was in it.
                self.switches.clear()
                if not self.window.has_any('list', 'Virtual devices'):
                    self.open_playground()
                return False
            self.switches[index] = switch
            return True
        wait(f'the plug of {index}', toggle)

    def measured(self, what):
        """What it has printed at its end, in ms."""
        line = next(line for line in self.output.splitlines() if line.startswith(what + ': '))
        print(line)
        return float(line.split()[2])


def screenshot(name):
    """Keeps a picture of the screen."""
    folder = Path(os.environ.get('DFUTRIGGER_SCREENSHOTS', '.'))
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(['import', '-window', 'root', str(folder / f'{name}.png')], check=True)
