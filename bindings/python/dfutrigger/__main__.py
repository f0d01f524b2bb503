# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""``python -m dfutrigger``: the most used commands of the program dfutrigger, where only the package is installed.

Commands, options and exit status are those of the program; it has more of them (``man dfutrigger``).
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys

from .context import ANY, Context, get_default_context
from .enums import Check, Mode
from .errors import CancelledError, Error, TransferError, UsageError
from .image import Image
from .version import __version__
from .virtual import Virtual, models

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    from .device import Device
    from .session import Progress

_USAGE_STATUS = 2
_CODE_STATUS = 10  # and the code without its sign
_CHECK_STATUS = 31  # and the number of the check's bit
_ID = re.compile(r"(?:0[xX](?=.))?[0-9a-fA-F]{0,4}|\*")


def _parse_ids(text: str) -> dict[str, int]:
    """vid:pid[,vid:pid], hexadecimal, where each number may be left out or be *."""
    found: dict[str, int] = {}
    for prefix, pair in zip(("", "bootloader_"), text.split(",")):
        vendor, _, product = pair.partition(":")
        for name, word in (("vendor_id", vendor), ("product_id", product)):
            if not _ID.fullmatch(word):
                raise argparse.ArgumentTypeError(f'"{text}" is not a valid VID:PID[,VID:PID]')
            found[prefix + name] = ANY if word in ("", "*") else int(word, 16)
    return found


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m dfutrigger", allow_abbrev=False,
                                     description="Brings a USB device from running its application to new firmware.")
    parser.add_argument("-V", "--version", action="version", version=f"dfutrigger {__version__}")
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("-d", "--device", type=_parse_ids, default={}, metavar="vid:pid[,vid:pid]",
                        help="the ids, hexadecimal, of the application and of the bootloader")
    common.add_argument("-p", "--path", help="the port path, as in 1-2.3")
    common.add_argument("-S", "--serial", dest="serial_number", help="the serial number")
    common.add_argument("--devices", action="append", default=[], metavar="FILE", help="adds a table of devices")
    common.add_argument("--sim", action="append", default=[], metavar="NAME[:key=value,...]",
                        help="uses a virtual device; \"models\" lists them")
    job = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    job.add_argument("-a", "--alt", dest="alternate", help="the memory: number, name or interface:alternate")
    job.add_argument("--force", default="", metavar="CHECK,...", help="goes on although this check fails")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    parents = {"list": [common], "trigger": [common], "update": [common, job], "upload": [common, job]}
    for name, text in (("list", "shows the devices that are plugged in"),
                       ("trigger", "brings a device into its bootloader"),
                       ("update", "puts firmware into a device"),
                       ("upload", "reads a device's memory into a file"),
                       ("info", "shows what a firmware file is"),
                       ("models", "shows the virtual devices")):
        command = commands.add_parser(name, parents=parents.get(name, []), help=text, description=text,
                                      allow_abbrev=False)
        if name in ("update", "upload", "info"):
            command.add_argument("file")
    return parser


def _parse_checks(text: str) -> Check:
    force = Check.NONE
    for name in filter(None, text.split(",")):
        try:
            force |= Check[name.upper().replace("-", "_")]
        except KeyError:
            names = ", ".join(str(check).lower().replace("_", "-") for check in Check if check)
            raise UsageError(f"there is no check {name}", f"the checks are {names} (--force)") from None
    return force


class _Shown:
    """Progress: one line that is written over at a terminal, else a line for each phase."""

    def __init__(self) -> None:
        self._last = ""
        self._is_terminal = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> None:
        text = progress.state.name.lower()
        if self._is_terminal:
            line = f"{text} {progress.fraction:4.0%}" if progress.total else text
            print(f"\r{line:<40}", end="", file=sys.stderr, flush=True)
        elif text != self._last:
            print(text, file=sys.stderr)
        self._last = text

    def end(self) -> None:
        """Leaves the line to what comes next."""
        if self._last and self._is_terminal:
            print(file=sys.stderr)


@contextlib.contextmanager
def _enter(options: argparse.Namespace) -> Iterator[Context]:
    """The context with the devices that are meant."""
    with contextlib.ExitStack() as stack:
        if options.sim:
            bus = stack.enter_context(Virtual())
            for spec in options.sim:
                bus.plug(spec)
        context = get_default_context()
        for path in options.devices:
            context.load_devices(path)
        yield context
        if options.sim:
            bus.save()


def _show_device(device: Device) -> None:
    name = device.product or device.title
    print(f"{device.place}: {device.mode.name.lower()}, {name or 'without a name'}"
          + (f", serial number {device.serial_number}" if device.serial_number else ""))
    for what, words in (("triggers", device.triggers), ("commands", tuple(device.commands))):
        if words:
            print(f"    {what}: {', '.join(words)}")
    if device.protocol:
        print(f"    protocol: {device.protocol}")
    for number, one in enumerate(device.interfaces):
        if device.mode is Mode.BOOTLOADER and device.dfu_descriptor_of(one):
            print(f"    memory {one.number}:{one.alternate}: {one.name or 'without a name'}")


def _list(context: Context, match: dict[str, Any]) -> None:
    found = [device for device in context.devices(**match) if device.mode is not Mode.UNKNOWN or match["path"]]
    for device in found:
        _show_device(device)
    if not found:
        print("no device that can be updated is plugged in", file=sys.stderr)


def _run_job(context: Context, options: argparse.Namespace, match: dict[str, Any], shown: _Shown) -> None:
    if options.command == "trigger":
        print(f"in its bootloader: {context.find(**match).trigger(progress=shown)}")
        return
    force = _parse_checks(options.force)
    if options.command == "upload":
        device = context.find(alternate=options.alternate, **match)
        data = device.upload(alternate=options.alternate, force=force, progress=shown)
        with open(options.file, "xb") as file:
            file.write(data)
        print(f"{len(data)} bytes read")
        return
    image = Image.load(options.file, force=force, context=context)
    device = context.find(alternate=options.alternate, image=image, force=force, **match)
    outcome = device.update(image, alternate=options.alternate, force=force, progress=shown)
    shown.end()
    print("\n".join(filter(None, (outcome.message, outcome.hint))))


def _run(options: argparse.Namespace, shown: _Shown) -> None:
    if options.command == "models":
        for model in models():
            print(f"{model.name}: {model.text}")
    elif options.command == "info":
        image = Image.load(options.file)
        print(f"{image.format}, {image.size} bytes")
        for fact in image.info:
            print(f"    {fact.layer}: {fact.key}: {fact.value}")
    else:
        match = {**options.device, "path": options.path, "serial_number": options.serial_number}
        with _enter(options) as context:
            if options.command == "list":
                _list(context, match)
            else:
                _run_job(context, options, match, shown)


def _get_status(error: Error) -> int:
    if isinstance(error, UsageError) and not error.failed_check:
        return _USAGE_STATUS
    return _CHECK_STATUS + int(error.failed_check).bit_length() - 1 if error.failed_check else _CODE_STATUS - error.code


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line; returns the exit status."""
    options = _make_parser().parse_args(arguments)
    shown = _Shown()
    try:
        _run(options, shown)
    except (Error, OSError) as error:
        shown.end()
        print(f"dfutrigger: {error}", file=sys.stderr)
        if isinstance(error, Error) and error.hint:
            print(error.hint, file=sys.stderr)
        return _get_status(error) if isinstance(error, Error) else _CODE_STATUS - TransferError.code
    except KeyboardInterrupt:
        shown.end()
        print("dfutrigger: interrupted", file=sys.stderr)
        return _CODE_STATUS - CancelledError.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
