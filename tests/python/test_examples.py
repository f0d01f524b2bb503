# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The examples do what they say, on virtual devices."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import dfutrigger

EXAMPLES = pathlib.Path(os.environ.get("DFUTRIGGER_TEST_EXAMPLES",
                                       pathlib.Path(__file__).resolve().parents[2] / "bindings/python/examples"))
QUICK = "zephyr:poll-ms=0,erase-ms=0"


def run(name, *arguments, status=0, text=None):
    done = subprocess.run([sys.executable, EXAMPLES / f"{name}.py", *map(str, arguments)], capture_output=True, text=True,
                          check=False, input=text or "", timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def file(image, tmp_path):
    path = tmp_path / "firmware.bin"
    image.save(path)
    return path


def test_list():
    out = run("list", "--sim", "zephyr")
    assert "2fe3:0005 application  USBD DFU sample" in out and "can be triggered by dfu-detach" in out and "1 devices" in out


def test_trigger():
    assert run("trigger", "--sim", "zephyr") == "in its bootloader: 2fe3:ffff at 1-1\n"
    assert "in its bootloader:" not in run("trigger", "--sim", "zephyr:leave=no", status=1)


def test_handle():
    out = run("handle", "--sim", "leonardo")
    assert out.startswith("12 01 ") and "SERIAL" in out and out.endswith("touched\n")


def test_update(file):
    out = run("update", "--sim", QUICK, file)
    assert "downloading" in out and "100%" in out and "downloaded and verified" in out
    run("update", "--sim", QUICK, EXAMPLES / "missing.bin", status=1)


def test_update_many(file):
    out = run("update-many", "--sim", QUICK, "--sim", QUICK, "--sim", "jabra", "--sim", "webcam", file)
    assert out.count("downloaded and verified") == 2
    assert run("update-many", "--sim", QUICK, "--sim", "zephyr:leave=no", file, status=1).count("verified") == 1


def test_update_poll(file):
    assert "downloaded and verified" in run("update-poll", "--sim", QUICK, file)
    assert "cancelled" in run("update-poll", "--sim", "zephyr", file, status=1, text="stop\n")


def test_errors():
    out = run("errors")
    for word in ("ImageError", "NotFoundError", "MismatchError", "force=Check.IDS", "GoneError", "all well: done",
                 "any exception of yours"):
        assert word in out, word


def test_rack(file):
    out = run("rack", "--sim", QUICK, "--sim", QUICK, "--sim", "webcam", "--sim", QUICK, file)
    assert "3 of 3 boards" in out and out.count("downloaded and verified") == 3
    assert "1 of 2 boards" in run("rack", "--sim", QUICK, "--sim", "zephyr:fault=unplug@9", file, status=1)


def test_nordic_snippet_is_the_one_of_the_document():
    out = run("nordic-snippet", "--sim", "nrf52840-keyboard:vid=05ac,pid=0256")
    assert out.startswith("DEVICE ID 1915:521f")
    data = pathlib.Path(__file__).resolve().parents[1] / "data/nordic-trigger-snippet.py"
    body = data.read_text(encoding="utf-8").partition("\n")[2].strip()
    example = (EXAMPLES / "nordic-snippet.py").read_text(encoding="utf-8")
    assert re.sub(r"^    ", "", example, flags=re.MULTILINE).count(body) == 1


def test_the_examples_of_c_are_there_in_python():
    folder = pathlib.Path(__file__).resolve().parents[2] / "examples"
    names = {path.stem for path in folder.glob("*.c")}
    # A transport of one's own is written in C.
    assert names - {"custom-transport"} <= {path.stem for path in EXAMPLES.glob("*.py")}


DOCUMENTS = pathlib.Path(__file__).resolve().parents[2]
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^python -m dfutrigger .*$", re.MULTILINE)


@pytest.fixture
def table(image, tmp_path, monkeypatch):
    """Firmware at hand, and a folder to work in."""
    monkeypatch.chdir(tmp_path)
    image.save("zephyr.signed.bin")
    (tmp_path / "firmware.bin").write_bytes(b"\1" * 4096)
    return tmp_path


def test_the_programs_of_the_documents_run(table, capsys):
    first, board, flash, *_ = PYTHON.findall((DOCUMENTS / "docs/python.md").read_text(encoding="utf-8"))
    readme, = PYTHON.findall((DOCUMENTS / "README.md").read_text(encoding="utf-8"))
    for text, model in ((readme, "zephyr"), (first, "zephyr"),
                        (board, "cdc-board:vid=1209,pid=4444,boot-vid=1209,boot-pid=4445")):
        with dfutrigger.Virtual(model) as bus:
            exec(text, {"dfutrigger": dfutrigger})
            assert bus.breaches == () and bus.virtual_device.request_count > 10
    assert "USBD DFU sample APPLICATION ('dfu-detach',)" in capsys.readouterr().out
    with dfutrigger.Virtual("zephyr") as bus:
        bus.plug("zephyr")
        names = {"dfutrigger": dfutrigger}
        exec(flash, names)
        outcomes = names["asyncio"].run(names["flash_all"]("zephyr.signed.bin"))
        assert [outcome.verified for outcome in outcomes] == [dfutrigger.Verified.YES] * 2


def test_the_commands_of_the_document_run(table):
    commands = SHELL.findall((DOCUMENTS / "docs/python.md").read_text(encoding="utf-8"))
    assert len(commands) >= 3
    for command in commands:
        words = command.split()[1:]
        # Where there is no virtual device, hardware is asked for.
        words += [] if "--sim" in words else ["--sim", QUICK]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, command + done.stdout + done.stderr
