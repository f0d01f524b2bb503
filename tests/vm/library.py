# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The library itself, called by Python: what the command does not show."""

import ctypes
import os
import pathlib
import sys
import time

BUILD = pathlib.Path(os.environ.get("DFUTRIGGER_BUILD", "build/vm")).resolve()
LIBRARY = pathlib.Path(os.environ.get("DFUTRIGGER_LIBRARY", BUILD / "lib/libdfutrigger.so.0"))

DEVICE_LEFT = -7
ACCESS = -5
TIMEOUT = -8
REFUSED = -14
CANCELLED = -16

OUTPUT = 2
FEATURE = 3

dfut = ctypes.CDLL(str(LIBRARY))
for name in ["context_get_error", "context_get_hint", "device_get_path", "session_get_message", "session_get_hint",
             "error_get_name"]:
    getattr(dfut, f"dfut_{name}").restype = ctypes.c_char_p
for name in ["device_list_get", "session_get_device"]:
    getattr(dfut, f"dfut_{name}").restype = ctypes.c_void_p
dfut.dfut_device_get_node_count.restype = ctypes.c_size_t
dfut.dfut_device_list_get_count.restype = ctypes.c_size_t
dfut.dfut_device_list_get_unread.restype = ctypes.c_void_p
dfut.dfut_device_list_get_unread_count.restype = ctypes.c_size_t
dfut.dfut_device_list_is_complete.restype = ctypes.c_bool
dfut.dfut_device_is_complete.restype = ctypes.c_bool
dfut.dfut_session_has_ended.restype = ctypes.c_bool


LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


@LOG
def print_log(_level, text, _data):
    """For whoever looks for a fault: with DFUTRIGGER_LOG=1."""
    print(f"{time.monotonic():.3f} {text.decode()}", file=sys.stderr, flush=True)


class LineCoding(ctypes.Structure):
    """struct dfut_line_coding"""

    _fields_ = [("baud", ctypes.c_uint32), ("stop_bits", ctypes.c_uint8), ("parity", ctypes.c_uint8),
                ("data_bits", ctypes.c_uint8)]


class Error(Exception):
    """A call that failed, with its code."""

    def __init__(self, code, text):
        super().__init__(f"{dfut.dfut_error_get_name(code).decode()}: {text}")
        self.code = code


class Look:
    """What a list of all devices says, and how long it took."""

    def __init__(self, context):
        devices = ctypes.c_void_p()
        begin = time.monotonic()
        context.check(dfut.dfut_device_list_new(ctypes.byref(devices), context.pointer, None))
        self.took_s = time.monotonic() - begin
        self.is_complete = dfut.dfut_device_list_is_complete(devices)
        listed = self.take(devices, dfut.dfut_device_list_get_count, dfut.dfut_device_list_get)
        self.paths = [path for path, _ in listed]
        self.nameless = {path for path, is_complete in listed if not is_complete}
        unread = self.take(devices, dfut.dfut_device_list_get_unread_count, dfut.dfut_device_list_get_unread)
        self.unread = {path for path, _ in unread}
        dfut.dfut_device_list_free(devices)

    @staticmethod
    def take(devices, count, get):
        """Path, and whether it is complete, of each."""
        found = [ctypes.c_void_p(get(devices, ctypes.c_size_t(index))) for index in range(count(devices))]
        return [(dfut.dfut_device_get_path(device).decode(), dfut.dfut_device_is_complete(device)) for device in found]


class Context:
    """A context with the system's buses."""

    def __init__(self):
        self.pointer = ctypes.c_void_p()
        self.longest_s = 0
        dfut.dfut_context_new(ctypes.byref(self.pointer))
        if "DFUTRIGGER_LOG" in os.environ:
            dfut.dfut_context_set_log_handler(self.pointer, 4, print_log, None)
        self.check(dfut.dfut_context_add_system_buses(self.pointer))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        dfut.dfut_context_free(self.pointer)

    def look(self):
        """Lists all devices."""
        return Look(self)

    def check(self, result):
        """Raises an Error if it is one; returns it."""
        if result < 0:
            raise Error(result, f"{dfut.dfut_context_get_error(self.pointer).decode()} "
                                f"({dfut.dfut_context_get_hint(self.pointer).decode()})")
        return result

    def dispatch(self, timeout_ms):
        """Dispatches; what it takes longer than it was to wait is a stall."""
        begin = time.monotonic()
        self.check(dfut.dfut_context_dispatch(self.pointer, timeout_ms))
        self.longest_s = max(self.longest_s, time.monotonic() - begin - timeout_ms / 1000)

    def find(self, path):
        """The device at a port path, None if there is none; a pointer that keeps it."""
        devices = ctypes.c_void_p()
        self.check(dfut.dfut_device_list_new(ctypes.byref(devices), self.pointer, None))
        found = None
        for index in range(dfut.dfut_device_list_get_count(devices)):
            device = ctypes.c_void_p(dfut.dfut_device_list_get(devices, ctypes.c_size_t(index)))
            if dfut.dfut_device_get_path(device).decode() == path:
                dfut.dfut_device_ref(device)
                found = device
        dfut.dfut_device_list_free(devices)
        return found

    def wait_for(self, path):
        """Dispatches until there is a device at that path; returns it."""
        while not (device := self.find(path)):
            self.dispatch(10)
        return device


class Trigger:
    """A session that triggers a device."""

    def __init__(self, device, timeout_ms=10000):
        self.pointer = ctypes.c_void_p()
        dfut.dfut_session_new(ctypes.byref(self.pointer), device)
        dfut.dfut_session_set_return_timeout_ms(self.pointer, timeout_ms)
        self.started = time.monotonic()
        self.start_result = dfut.dfut_session_start_trigger(self.pointer)

    def has_ended(self):
        """Whether it is over, well or not."""
        return self.start_result < 0 or dfut.dfut_session_has_ended(self.pointer)

    def run(self, context):
        """Dispatches until it is over; returns its result."""
        while not self.has_ended():
            context.dispatch(10)
        return self.result()

    def cancel(self):
        """Asks it to end."""
        dfut.dfut_session_cancel(self.pointer)

    def result(self):
        """0 or the error's code."""
        return self.start_result or dfut.dfut_session_get_result(self.pointer)

    def text(self):
        """What it says at the end."""
        return (dfut.dfut_session_get_message(self.pointer) + b" " + dfut.dfut_session_get_hint(self.pointer)).decode()


class Handle:
    """Raw access to a device."""

    def __init__(self, context, device):
        self.context = context
        self.pointer = ctypes.c_void_p()
        context.check(dfut.dfut_handle_new(ctypes.byref(self.pointer), device))

    def close(self):
        """Closes what was opened."""
        dfut.dfut_handle_free(self.pointer)

    def control_in(self, request_type, request, value, index, length, timeout_ms=1000):
        """A control request that reads."""
        data = ctypes.create_string_buffer(length)
        size = self.context.check(dfut.dfut_handle_control(self.pointer, request_type, request, value, index, data, length,
                                                           timeout_ms))
        return data.raw[:size]

    def send_report(self, kind, number, data, interface=-1, timeout_ms=1000):
        """An output or feature report."""
        self.context.check(dfut.dfut_handle_send_report(self.pointer, interface, kind, number, data, len(data), timeout_ms))

    def get_feature_report(self, number, length, interface=-1, timeout_ms=1000):
        """A feature report, without its id."""
        data = ctypes.create_string_buffer(length)
        size = self.context.check(dfut.dfut_handle_get_feature_report(self.pointer, interface, number, data, length,
                                                                      timeout_ms))
        return data.raw[:size]

    def read_report(self, length, interface=-1, timeout_ms=1000):
        """The next input report: its id, its data."""
        number = ctypes.c_uint8()
        data = ctypes.create_string_buffer(length)
        size = self.context.check(dfut.dfut_handle_read_report(self.pointer, interface, ctypes.byref(number), data, length,
                                                               timeout_ms))
        return number.value, data.raw[:size]

    def set_line_coding(self, baud, stop_bits=1, parity=0, data_bits=8, interface=-1, timeout_ms=1000):
        """Speed and frame."""
        coding = LineCoding(baud, stop_bits, parity, data_bits)
        self.context.check(dfut.dfut_handle_set_line_coding(self.pointer, interface, ctypes.byref(coding), timeout_ms))

    def set_lines(self, dtr, rts, interface=-1, timeout_ms=1000):
        """1 on, 0 off, -1 as it is."""
        self.context.check(dfut.dfut_handle_set_lines(self.pointer, interface, dtr, rts, timeout_ms))

    def read(self, length, interface=-1, timeout_ms=1000):
        """What comes from a port."""
        data = ctypes.create_string_buffer(length)
        size = self.context.check(dfut.dfut_handle_read_serial(self.pointer, interface, data, length, timeout_ms))
        return data.raw[:size]

    def write(self, data, interface=-1, timeout_ms=1000):
        """To a port."""
        return self.context.check(dfut.dfut_handle_write_serial(self.pointer, interface, data, len(data), timeout_ms))

    def touch(self, baud, interface=-1, timeout_ms=2000):
        """Speed, DTR off, closed."""
        self.context.check(dfut.dfut_handle_touch(self.pointer, interface, baud, timeout_ms))
