#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Wireshark reads what `dfutrigger export` makes of each session here: tshark.py COMMAND. For a release, as tshark is large."""

import json
import pathlib
import subprocess
import sys
import tempfile

import cases

CLASS_REQUESTS = "usb.urb_type == 'S' and usb.bmRequestType.type == 1 and usb.device_address != 1"


def count(capture, what):
    """Packets that tshark shows with this filter."""
    done = subprocess.run(["tshark", "-r", capture, "-Y", what], capture_output=True, text=True, check=True)
    return len(done.stdout.splitlines())


def main():
    """All sessions; returns the exit status."""
    command = pathlib.Path(sys.argv[1]).resolve()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        capture = pathlib.Path(folder, "session.pcapng")
        for session in cases.SESSIONS:
            subprocess.run([command, "export", session.path, capture, "--overwrite"], check=True)
            lines = [json.loads(line) for line in session.path.read_text().splitlines()]
            requests = [line for line in lines if line.get("setup", "")[:2] in ("21", "a1")
                        or line.get("event") in ("lines", "line_coding")]
            seen = count(capture, CLASS_REQUESTS)
            print(f"{session.name}: {count(capture, 'usb')} packets, {seen} class requests", flush=True)
            if count(capture, "_ws.malformed"):
                wrong.append(f"{session.name}: malformed packets")
            # Reports are requests as well, where there is no endpoint for them.
            if seen < len(requests) or (seen != len(requests) and not any(line.get("link") == "hid" for line in lines)):
                wrong.append(f"{session.name}: {seen} class requests instead of {len(requests)}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
