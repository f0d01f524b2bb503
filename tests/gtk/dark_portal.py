# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A desktop's settings portal that says: dark."""

from gi.repository import Gio, GLib

NAME = 'org.freedesktop.portal.Desktop'
PATH = '/org/freedesktop/portal/desktop'
XML = """
<node>
  <interface name="org.freedesktop.portal.Settings">
    <method name="Read">
      <arg type="s" direction="in"/>
      <arg type="s" direction="in"/>
      <arg type="v" direction="out"/>
    </method>
  </interface>
</node>
"""
PREFER_DARK = GLib.Variant('(v)', (GLib.Variant('v', GLib.Variant('u', 1)),))


def answer(_bus, _sender, _path, _interface, _method, parameters, invocation):
    if parameters.unpack() == ('org.freedesktop.appearance', 'color-scheme'):
        invocation.return_value(PREFER_DARK)
    else:
        invocation.return_dbus_error('org.freedesktop.portal.Error.NotFound', 'no such setting')


def begin(bus, _name):
    bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], answer, None, None)


Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, begin, None, None)
GLib.MainLoop().run()
