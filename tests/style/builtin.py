# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""A mistake in the device table fails the build, with the device and the key: builtin.py ROOT.

The mistakes are those that the reader of users' tables is tested with (tests/test-device-table.c), and some of our own.
"""

import importlib.util
import json
import re
import sys
from pathlib import Path

from tree import verdict

MISTAKE = re.compile(r'\{ (IN_\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*"(\w+)",\s*"[^"]+" \}')
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
AROUND = {
    'IN_ENTRY': '%s',
    'IN_RULE': '"bootloader": [{"ids": ["1209:0002"], %s}]',
    'IN_TRIGGER': '"triggers": [{"name": "way", %s}]',
}
# Only the built-in table is held to these.
OWN = [
    ('"protocol": "smtp"', 'protocol'),
    ('"protocols": ["dfu", "smtp"]', 'protocols'),
    ('"other_files": "smtp"', 'other_files'),
    ('"quirks": ["no-upload", "poll-6-ms"]', 'quirks'),
    ('"quirks": ["blocks-1024"], "protocol": "dfu"', 'quirks'),
    ('"triggers": []', 'triggers'),
    ('"title": "a\\u001b"', 'title'),
    ('"slots": {"format": "a\\nb"}', 'format'),
    ('"sources": "here"', 'sources'),
]
# What the table has may be in a test's
GOOD = [
    '"protocol": "dfuse", "quirks": ["no-upload", "poll-5-ms", "blocks-1024"]',
    '"protocols": ["dfuse", "dfu"], "quirks": ["blocks-1024"]',
    '"protocol": ""',
]


def load(root):
    spec = importlib.util.spec_from_file_location('builtin', root / 'lib/table/builtin.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mistakes(root):
    """(what stands in an entry, the key that is named)"""
    text = (root / 'tests/test-device-table.c').read_text(encoding='utf-8')
    for place, strings, key in MISTAKE.findall(text):
        yield AROUND[place] % json.loads('"' + ''.join(STRING.findall(strings)) + '"'), key
    yield from OWN


def judge(module, words, inside):
    """What the generator says of an entry; None if it takes it."""
    text = f'{{"name": "bad", "application": [{{"ids": ["1209:0001"]}}], {inside}}}'
    try:
        ''.join(module.make({'devices': [json.loads(text, object_pairs_hook=module.refuse_twice)]}, words))
    except module.Wrong as wrong:
        return str(wrong)
    return None


def faults(root):
    module = load(root)
    words = module.Words(root / 'lib')
    listed = list(mistakes(root))
    if len(listed) < 100:
        yield f'builtin.py: sees only {len(listed)} mistakes in tests/test-device-table.c'
    for inside, key in listed:
        said = judge(module, words, inside)
        if said is None:
            yield f'lib/table/builtin.py: takes {inside}'
        elif not said.startswith(f'device "bad": "{key}": '):
            yield f'lib/table/builtin.py: {inside}: says {said}, not that it is "{key}"'
    for inside in GOOD:
        if judge(module, words, inside):
            yield f'lib/table/builtin.py: {inside}: says {judge(module, words, inside)}'


verdict(faults(Path(sys.argv[1])))
