# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A window to drag a file from: drag_source.py FILE."""

import sys

import gi

gi.require_version('Gtk', '4.0')
from gi.repository import Gdk, Gio, GObject, Gtk  # noqa: E402


def activate(application):
    value = GObject.Value(Gdk.FileList, Gdk.FileList.new_from_array([Gio.File.new_for_path(sys.argv[1])]))
    label = Gtk.Label(label='file', hexpand=True, vexpand=True)
    label.add_controller(Gtk.DragSource(content=Gdk.ContentProvider.new_for_value(value)))
    Gtk.ApplicationWindow(application=application, title='Source', default_width=60, default_height=50, decorated=False,
                          child=label).present()


def main():
    application = Gtk.Application(flags=Gio.ApplicationFlags.NON_UNIQUE)
    application.connect('activate', activate)
    application.run([])


main()
