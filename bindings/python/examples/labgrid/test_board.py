# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""Tests of a board with new firmware: pytest --lg-env environment.yaml test_board.py."""

import pytest


@pytest.fixture(scope="module")
def board(target):
    """The board of the environment, with the firmware that is to be tested."""
    driver = target.get_driver("DfuTriggerDriver")
    print(driver.load())
    return driver


def test_new_firmware_is_there(board):
    assert board.progress.state.name == "DONE"


def test_board_can_be_updated_again(board):
    assert "bootloader" in board.trigger()
