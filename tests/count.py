# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Counts the results of a run of meson test: count.py LOG.junit.xml EXIT-STATUS prints "PASSED FAILED".

What was skipped has failed, and so has a run that left no log or ended badly for another reason.
"""

import sys
import xml.etree.ElementTree as ET


def count(log):
    passed = failed = 0
    for case in ET.parse(log).getroot().iter('testcase'):
        if any(case.find(kind) is not None for kind in ('failure', 'error', 'skipped')):
            failed += 1
        else:
            passed += 1
    return passed, failed


def main(log, status):
    try:
        passed, failed = count(log)
    except (OSError, ET.ParseError) as error:
        print(error, file=sys.stderr)
        passed, failed = 0, 0
    if failed == 0 and (status != '0' or passed == 0):
        failed = 1
    print(passed, failed)


main(*sys.argv[1:])
