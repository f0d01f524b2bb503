# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Counts the results of a run of meson test: count.py LOG.junit.xml EXIT-STATUS [DIFFERENT] prints "PASSED FAILED".

What was skipped has failed, and so has a run that left no log or ended badly for another reason. Those that the file DIFFERENT
names, each with the reason behind it, are skipped, and count as neither; one that is not has failed.
"""

import sys
import xml.etree.ElementTree as ET


def read_names(path):
    """The first word of each line that is no comment."""
    with open(path, encoding='utf-8') as file:
        return {line.split()[0] for line in file if line.strip() and not line.startswith('#')}


def count(log, different):
    passed = failed = 0
    for case in ET.parse(log).getroot().iter('testcase'):
        is_skipped = case.find('skipped') is not None
        # In front of a name of TAP is its number.
        is_different = case.get('name', '').rpartition(' - ')[2] in different
        if is_skipped and is_different:
            continue
        if is_skipped or is_different or any(case.find(kind) is not None for kind in ('failure', 'error')):
            failed += 1
        else:
            passed += 1
    return passed, failed


def main(log, status, different=None):
    try:
        passed, failed = count(log, read_names(different) if different else set())
    except (OSError, ET.ParseError) as error:
        print(error, file=sys.stderr)
        passed, failed = 0, 0
    if failed == 0 and (status != '0' or passed == 0):
        failed = 1
    print(passed, failed)


main(*sys.argv[1:])
