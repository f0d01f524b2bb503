# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Bindings are safe: each exported function has one row in bindings/, which fits its declaration, and neutral files
know no language: bindings.py ROOT.

The test plants a breach of each rule in a copy, and fails if it is not seen.
"""

import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from declarations import functions
from tree import verdict

HEADERS = ('include/dfutrigger.h', 'include/dfutrigger-sim.h', 'include/dfutrigger-transport.h')
NEUTRAL = {
    'bindings/calls.i': {'CALL': 2, 'COUNT': 2, 'CALL_BOTH': 3, 'CALL_INSIDE': 3, 'VALUE': 2, 'NUMBER': 2, 'QUICK': 2, 'FACT': 1,
                         'ANYTIME': 1, 'STATIC': 1, 'ALONE': 1, 'JOIN': 3, 'UNBOUND': 2},
    'bindings/objects.i': {'OBJECT': 3, 'PART': 2, 'COUNTED': 2, 'CARRIER': 2, 'WORDS': 5, 'TEXT': 2, 'LAST': 3},
    'bindings/lists.i': {'LIST': 2, 'LIST_TO_NULL': 1, 'LIST_OBJECT': 8},
}
COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
ROW = re.compile(r'([A-Z_]+)\((.*)\)')
PYTHON = re.compile(r'\b_?Py(?:[A-Z]\w*|_\w+)')
# Rows whose function returns an int, those that tell of an error first
RETURN_INT = {'CALL', 'COUNT', 'CALL_BOTH', 'CALL_INSIDE', 'QUICK', 'ALONE', 'JOIN', 'NUMBER'}
ONE_OWNER = {'CALL', 'COUNT', 'VALUE', 'NUMBER', 'QUICK'}
TWO_OWNERS = {'CALL_BOTH', 'CALL_INSIDE', 'JOIN'}
RELEASER = re.compile(r'_(free|unref|close)$')


def read_rows(root, name):
    """The rows of a neutral file, and what is wrong with it as a whole."""
    text = (root / name).read_text(encoding='utf-8')
    rows, faults = [], []
    for match in PYTHON.finditer(text):
        faults.append(f'{name}: {match.group()} in a neutral file')
    for line in COMMENT.sub('', text).splitlines():
        match = ROW.fullmatch(line)
        if not line:
            continue
        if not match or match[1] not in NEUTRAL[name]:
            faults.append(f'{name}: no row: {line}')
            continue
        arguments = [argument.strip() for argument in match[2].split(',', NEUTRAL[name][match[1]] - 1)]
        if len(arguments) != NEUTRAL[name][match[1]]:
            faults.append(f'{name}: {match[1]} has {NEUTRAL[name][match[1]]} arguments: {line}')
            continue
        rows.append((match[1], *arguments))
    return rows, faults


class Table:
    """All rows of the neutral files."""

    def __init__(self, root):
        found = {name: read_rows(root, name) for name in NEUTRAL}
        self.faults = [fault for _, faults in found.values() for fault in faults]
        self.calls = found['bindings/calls.i'][0]
        self.objects = found['bindings/objects.i'][0]
        self.lists = found['bindings/lists.i'][0]
        self.owners = {row[1]: row[2] for row in self.objects if row[0] in ('OBJECT', 'PART')}
        # What has neither owner nor words has a turn of its own, inside of which nobody waits for another
        self.inner = {name for name, owner in self.owners.items() if owner == 'nobody'}
        # A turn that others' objects share is never waited for inside another.
        self.inner -= {'context'} | {row[2] for row in self.objects if row[0] == 'PART'}
        self.carried = {row[1]: row[2] for row in self.objects if row[0] == 'CARRIER'}
        self.counted = {row[1] for row in self.objects if row[0] == 'COUNTED'}
        self.released = {row[3]: row[1] for row in self.objects if row[0] == 'OBJECT'}
        self.released |= {row[5]: row[1] for row in self.lists if row[0] == 'LIST_OBJECT'}
        self.made = set(self.owners) | {row[1] for row in self.lists if row[0] == 'LIST_OBJECT'}
        self.items = {row[2] for row in self.lists if row[0] == 'LIST'}
        self.items |= {row[1] for row in self.lists if row[0] == 'LIST_TO_NULL'}
        self.items |= {row[number] for row in self.lists if row[0] == 'LIST_OBJECT' for number in (4, 8)}

    def inside(self):
        """Functions that are called through a row of an object or a list: (function, the kind that it takes)."""
        for kind, name, *others in self.objects:
            yield from ((function, name) for function in others if function.startswith('dfut_'))
        for kind, *others in self.lists:
            if kind == 'LIST_OBJECT':
                yield from ((function, others[0]) for function in others[2:])


def objects_of(function, table):
    """The kinds of the arguments that are objects, or carry one, by their numbers."""
    carried = ((number, table.carried.get(kind, kind)) for number, kind in function.pointers(1))
    return {number: kind for number, kind in carried if kind in table.owners}


def judge_owner(row, function, table):
    kind, name, *numbers = row
    kinds = objects_of(function, table)
    owners = list(kinds)
    if kind in ONE_OWNER and len(owners) > 1:
        yield f'{name}: the turn of each of its objects is to be waited for: CALL_BOTH'
    elif kind in ONE_OWNER and numbers != list(map(str, owners)):
        yield f'{name}: its object is argument {owners}, not {numbers[0]}'
    elif kind in TWO_OWNERS and sorted(numbers) != list(map(str, owners)):
        yield f'{name}: its objects are arguments {owners}, not {numbers}'
    elif kind in ('CALL_BOTH', 'CALL_INSIDE') and kinds[int(numbers[1])] not in table.inner:
        yield f'{name}: the turn of argument {numbers[1]} is waited for inside another: only {sorted(table.inner)}'
    elif kind in ('STATIC', 'ALONE') and owners:
        yield f'{name}: {kind}, but argument {owners[0]} is an object, whose turn is to be waited for'


def judge_exception(row, function, table):
    """Each way to be less safe than CALL has its condition."""
    kind, name = row[:2]
    constant = [kind for _, kind in function.pointers(1, constant=True)]
    if kind == 'FACT' and not set(constant) & table.counted:
        yield f'{name}: FACT, but what does not change are const objects that are counted: {sorted(table.counted)}'
    elif kind == 'ANYTIME' and 'any thread' not in function.text:
        yield f'{name}: ANYTIME, but the header does not say that any thread may call it'
    elif kind == 'QUICK' and not ('_get_' in name and constant):
        yield f'{name}: QUICK, but only _get_ functions of const objects are sure to be done at once'
    elif kind == 'UNBOUND' and not re.fullmatch(r'"[^"]{8,}"', row[2]):
        yield f'{name}: UNBOUND without a reason'


def judge_result(row, function):
    kind, name = row[:2]
    returned = re.search(r'@return\s+(.*)', function.text)
    if kind == 'UNBOUND':
        return
    if (function.result == 'int') != (kind in RETURN_INT):
        yield f'{name}: {kind} does not fit what it returns: {function.result}'
    elif kind == 'COUNT' and returned and returned[1].startswith('0'):
        yield f'{name}: COUNT, but the header says that it returns 0'
    elif kind in ('CALL', 'CALL_BOTH', 'CALL_INSIDE', 'QUICK', 'JOIN') and returned and not re.match(r'0\b|as dfut_', returned[1]):
        yield f'{name}: {kind}, but the header says that it returns {returned[1]}'


def judge_making(row, function, table):
    """What is made must have somebody who gives it back, and what it needs must stay."""
    kind, name = row[:2]
    if kind == 'UNBOUND':
        return
    made = {kind for _, kind in function.pointers(2)}
    if RELEASER.search(name):
        yield f'{name}: gives something back, which objects.i or lists.i should do'
    for thing in made - table.made:
        yield f'{name}: makes a {thing}, which neither objects.i nor lists.i knows'
    if name.endswith('_new') and not made:
        yield f'{name}: makes nothing'
    for thing in made & set(table.owners):
        if kind == 'ALONE' and table.owners[thing] != 'nobody':
            yield f'{name}: {thing} keeps its {table.owners[thing]} alive, but is made of nothing'


def judge_inside(table, declared):
    for name, thing in table.inside():
        function = declared.get(name)
        if not function:
            yield f'{name}: is named for {thing}, but no header declares it'
        elif thing not in [kind for _, kind in function.pointers(1)]:
            yield f'{name}: is named for {thing}, but takes none'
    for thing, carried in table.carried.items():
        if carried not in table.owners:
            yield f'objects.i: {thing} carries a {carried}, whatever that is'
    for thing, owner in table.owners.items():
        if owner not in ('nobody', 'context', 'maker', *table.owners):
            yield f'objects.i: {thing} keeps {owner}, whoever that is'


def judge_lists(table, declared):
    bound = {row[1] for row in table.calls if row[0] != 'UNBOUND'}
    for name, function in declared.items():
        is_item = any(re.search(r'\bsize_t index$', parameter) for parameter in function.parameters)
        if is_item and name in bound and name not in table.items:
            yield f'{name}: has an index, but lists.i does not name it'
        if not is_item and name in table.items:
            yield f'{name}: an item in lists.i, but has no index'
    for kind, *names in table.lists:
        for name in names if kind != 'LIST_OBJECT' else names[2:]:
            if name not in declared:
                yield f'{name}: in lists.i, but no header declares it'
        if kind == 'LIST' and names[0] in declared and declared[names[0]].result != 'size_t':
            yield f'{names[0]}: counts in lists.i, but returns no size_t'
        if kind == 'LIST_TO_NULL' and names[0] in declared and '*' not in declared[names[0]].result:
            yield f'{names[0]}: ends with NULL in lists.i, but returns no pointer'


def faults(root):
    declared = {function.name: function for header in HEADERS for function in functions(root / header)}
    table = Table(root)
    rows = Counter(row[1] for row in table.calls)
    inside = {name for name, _ in table.inside()}

    yield from table.faults
    if len(declared) < 100:
        yield f'only {len(declared)} functions found in the headers'
    for name in declared:
        if name not in rows and name not in inside:
            yield f'{name}: no row in bindings/calls.i'
    for name, count in rows.items():
        if name not in declared:
            yield f'{name}: a row in bindings/calls.i, but no header declares it'
        if count > 1:
            yield f'{name}: {count} rows in bindings/calls.i'
    for row in table.calls:
        function = declared.get(row[1])
        if function:
            yield from judge_owner(row, function, table)
            yield from judge_exception(row, function, table)
            yield from judge_result(row, function)
            yield from judge_making(row, function, table)
    yield from judge_inside(table, declared)
    yield from judge_lists(table, declared)


# File, what is there, what is put in its place, and words of the fault that must be told
BREACHES = [
    ('include/dfutrigger.h', 'void dfut_session_set_progress_handler(',
     'int dfut_session_set_new(struct dfut_session *session);\nvoid dfut_session_set_progress_handler(',
     'dfut_session_set_new: no row'),
    ('include/dfutrigger.h', 'int dfut_session_new(struct dfut_session **session, ', 'int dfut_session_new(',
     'dfut_session_new: makes nothing'),
    ('bindings/calls.i', 'VALUE(dfut_session_set_progress_handler, 1)\n', '', 'dfut_session_set_progress_handler: no row'),
    ('bindings/calls.i', 'STATIC(dfut_get_version)', 'STATIC(dfut_get_version)\nSTATIC(dfut_get_nothing)',
     'dfut_get_nothing: a row in bindings/calls.i, but'),
    ('bindings/calls.i', 'STATIC(dfut_get_version)', 'STATIC(dfut_get_version)\nSTATIC(dfut_get_version)', '2 rows'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'CALL(dfut_session_run)', 'CALL has 2 arguments'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'COLL(dfut_session_run, 1)', 'no row: COLL'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'CALL(dfut_session_run, 2)',
     'dfut_session_run: its object is argument'),
    ('bindings/calls.i', 'CALL_BOTH(dfut_device_find, 2, 3)', 'CALL(dfut_device_find, 2)',
     'dfut_device_find: the turn of each'),
    ('bindings/objects.i', 'CARRIER(match, image)', 'CARRIER(match, file)', 'carries a file, whatever that is'),
    ('bindings/calls.i', 'CALL_INSIDE(dfut_image_check, 2, 1)', 'CALL(dfut_image_check, 1)',
     'dfut_image_check: the turn of each'),
    ('bindings/calls.i', 'CALL_INSIDE(dfut_image_check, 2, 1)', 'CALL_INSIDE(dfut_image_check, 1, 3)',
     'dfut_image_check: its objects'),
    ('bindings/calls.i', 'CALL_INSIDE(dfut_image_check, 2, 1)', 'CALL_INSIDE(dfut_image_check, 1, 2)',
     'dfut_image_check: the turn of argument 2'),
    ('bindings/calls.i', 'VALUE(dfut_session_has_ended, 1)', 'STATIC(dfut_session_has_ended)',
     'STATIC, but argument 1'),
    ('bindings/calls.i', 'VALUE(dfut_session_get_state, 1)', 'FACT(dfut_session_get_state)', 'FACT, but'),
    ('bindings/calls.i', 'VALUE(dfut_session_get_state, 1)', 'ANYTIME(dfut_session_get_state)', 'ANYTIME, but'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'QUICK(dfut_session_run, 1)', 'QUICK, but'),
    ('bindings/calls.i', '"clocks are written in C"', '""', 'UNBOUND without a reason'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'VALUE(dfut_session_run, 1)', 'VALUE does not fit'),
    ('bindings/calls.i', 'VALUE(dfut_session_set_progress_handler, 1)', 'CALL(dfut_session_set_progress_handler, 1)', 'CALL does not fit'),
    ('bindings/calls.i', 'COUNT(dfut_handle_control, 1)', 'CALL(dfut_handle_control, 1)', 'CALL, but the header says'),
    ('bindings/calls.i', 'CALL(dfut_handle_reset, 1)', 'COUNT(dfut_handle_reset, 1)', 'COUNT, but the header says'),
    ('bindings/calls.i', 'CALL(dfut_session_run, 1)', 'CALL(dfut_session_run, 1)\nVALUE(dfut_session_free, 1)',
     'gives something back'),
    ('bindings/calls.i', 'UNBOUND(dfut_sim_usbip_new, "the command dfutrigger-sim does it")',
     'CALL(dfut_sim_usbip_new, 2)',
     'dfut_sim_usbip_new: makes a sim_usbip'),
    ('bindings/objects.i', 'OBJECT(sim, nobody,', 'OBJECT(sim, context,', 'sim keeps its context alive'),
    ('bindings/objects.i', 'OBJECT(sim, nobody,', 'OBJECT(sim, somebody,', 'sim keeps somebody'),
    ('bindings/objects.i', 'dfut_handle_free', 'dfut_session_free', 'dfut_session_free: is named for handle'),
    ('bindings/objects.i', 'dfut_handle_free', 'dfut_handle_close',
     'dfut_handle_close: is named for handle, but no header'),
    ('bindings/objects.i', 'COUNTED(', '/* PyObject */\nCOUNTED(', 'PyObject in a neutral file'),
    ('bindings/lists.i', '\nLIST_TO_NULL(', '\n%typemap(out) char * { }\nLIST_TO_NULL(', 'no row: %typemap'),
    ('bindings/lists.i', 'LIST_TO_NULL(dfut_context_get_help)\n', '', 'dfut_context_get_help: has an index'),
    ('bindings/lists.i', 'LIST_TO_NULL(dfut_context_get_help)', 'LIST_TO_NULL(dfut_context_get_error)',
     'dfut_context_get_error: an item'),
    ('bindings/lists.i', 'dfut_image_get_fact_count,', 'dfut_image_get_format,', 'dfut_image_get_format: counts'),
    ('bindings/lists.i', 'dfut_image_get_fact_count,', 'dfut_image_get_facts,',
     'dfut_image_get_facts: in lists.i, but'),
    ('bindings/lists.i', 'LIST(dfut_image_get_fact_count, dfut_image_get_fact)', 'LIST_TO_NULL(dfut_image_get_fact)',
     'dfut_image_get_fact: ends with NULL'),
]


def planted(root):
    """Which breaches are not seen."""
    for name, old, new, told in BREACHES:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            for file in (*HEADERS, *NEUTRAL):
                (copy / file).parent.mkdir(exist_ok=True)
                shutil.copyfile(root / file, copy / file)
            text = (copy / name).read_text(encoding='utf-8')
            (copy / name).write_text(text.replace(old, new, 1), encoding='utf-8')
            if old not in text:
                yield f'a breach can\'t be planted, as {name} lacks: {old}'
            elif not any(told in fault for fault in faults(copy)):
                yield f'a breach is not seen: {new or "nothing"} in place of {old.strip()}: no fault with "{told}"'


root = Path(sys.argv[1])
verdict([*faults(root), *planted(root)])
