# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""``python -m dfutrigger``: what it prints, and its exit status."""

import os
import shutil
import subprocess
import sys

import pytest

from dfutrigger import __main__

QUICK = "zephyr:poll-ms=0,erase-ms=0"


@pytest.fixture
def file(image, tmp_path):
    path = tmp_path / "firmware.bin"
    image.save(path)
    return str(path)


@pytest.fixture
def main(capsys):
    """Runs it with words; returns status, output and errors."""
    def run(*words):
        try:
            status = __main__.main([str(word) for word in words])
        except SystemExit as error:
            status = error.code
        return (status, *capsys.readouterr())

    return run


def test_it_is_run_as_a_module():
    done = subprocess.run([sys.executable, "-m", "dfutrigger", "--help"], capture_output=True, text=True, check=True)
    for word in ("python -m dfutrigger", "list", "update", "upload", "trigger", "info", "models"):
        assert word in done.stdout
    assert subprocess.run([sys.executable, "-m", "dfutrigger"], capture_output=True, check=False).returncode == 2


def test_list(main):
    status, out, _ = main("list", "--sim", QUICK, "--sim", "stm32f072")
    assert status == 0
    assert "2fe3:0005 at 1-1: application, USBD DFU sample, serial number" in out and "triggers: dfu-detach" in out
    assert "0483:df11 at 1-2: bootloader" in out and "memory 0:0: @Internal Flash" in out
    assert "at 1-2" not in main("list", "--sim", QUICK, "--sim", "stm32f072", "-d", "2fe3:")[1]
    assert main("list", "--sim", "cdc-board") == (0, "", "no device that can be updated is plugged in\n")
    assert "1209:0005" in main("list", "--sim", "cdc-board", "-p", "1-1")[1]


def test_ids(main):
    for ids in ("2fe3:zz", "12fe3:", "-1:", "0x:5"):
        status, _, err = main("list", "--sim", QUICK, f"--device={ids}")
        assert (status, err.splitlines()[-1]) == (
            2, f'python -m dfutrigger list: error: argument -d/--device: "{ids}" is not a valid VID:PID[,VID:PID]')
    for ids in ("*:0005,:ffff", "0x2fe3:5"):
        assert "2fe3:0005" in main("list", "--sim", QUICK, "-d", ids)[1]


def test_update_and_upload(main, file, tmp_path):
    board = f"{QUICK},state={tmp_path}/board.bin"
    status, out, err = main("update", "--sim", board, "-a", "slot1_image", file)
    assert status == 0 and "downloaded and verified" in out
    assert err.split().index("triggering") < err.split().index("downloading") < err.split().index("verifying")
    copy = tmp_path / "copy.bin"
    status, out, _ = main("upload", "--sim", board, "-d", "2fe3:0005,2fe3:ffff", "-a", "slot1_image", copy)
    with open(file, "rb") as firmware:
        written = firmware.read()
    assert status == 0 and out == f"{copy.stat().st_size} bytes read\n" and copy.read_bytes().startswith(written)
    # What is there is not overwritten.
    status, _, err = main("upload", "--sim", board, "-a", "slot1_image", copy)
    assert status == 19 and str(copy) in err


def test_trigger(main):
    status, out, _ = main("trigger", "--sim", QUICK)
    assert (status, out) == (0, "in its bootloader: <Device 2fe3:ffff at 1-1, bootloader>\n")


def test_info_and_models(main, file):
    status, out, _ = main("info", file)
    assert status == 0 and out.startswith("mcuboot, ") and "version: 1.2.3" in out
    assert "zephyr: a board with MCUboot" in main("models")[1]


@pytest.mark.parametrize("words, wanted", [
    (["update", "missing.bin", "--sim", QUICK], 13),
    (["list", "--devices", "missing.json", "--sim", QUICK], 13),
    (["trigger", "--sim", QUICK, "--sim", QUICK], 14),
    (["trigger", "--sim", "zephyr:access=no"], 15),
    (["trigger", "--sim", "zephyr:leave=no"], 24),
    (["trigger", "--sim", "nothing-like-that"], 13),
    (["trigger", "--sim", "zephyr:no-such=option"], 2),
    (["trigger", "-d", "wrong:ids"], 2),
    (["update", "firmware.bin", "--force", "everything"], 2),
    (["update", "page.bin", "--sim", QUICK], 31),
    (["no-such-command"], 2),
])
def test_status(main, monkeypatch, tmp_path, words, wanted):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.bin").write_text("<html></html>")
    status, _, err = main(*words)
    assert status == wanted, err
    assert err.strip() and "Traceback" not in err


@pytest.mark.parametrize("words", [["trigger", "--sim", "zephyr:leave=no"], ["trigger", "--sim", QUICK, "--sim", QUICK],
                                   ["info", "page.bin"], ["info", "missing.bin"], ["trigger", "--sim", QUICK]])
def test_status_is_that_of_the_command(main, monkeypatch, tmp_path, words):
    command = os.environ.get("DFUTRIGGER_COMMAND") or shutil.which("dfutrigger")
    if not command:
        pytest.skip("the command is not built")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.bin").write_text("<html></html>")
    assert main(*words)[0] == subprocess.run([command, *words], capture_output=True, check=False).returncode
