# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""docs/formats.md's table says of each format what its row in the library says: formats.py [--self-test] ROOT."""

import re

from tree import line_of, run

DOCUMENT, CODE, HEADER = 'docs/formats.md', 'lib/image/formats.c', 'include/dfutrigger.h'
ROW = re.compile(r'^\t\{ "([\w-]+)",\s*"[^"]+",\s*\w+,\s*\w+,\s*(\w+),\s*([\w |\n\t]+?) \},$', re.MULTILINE)
COLUMNS = ('format', 'recognised by', 'parts', 'holds', 'written', 'public source')
# What the column "holds" calls a trait. The others have a column of their own.
HOLDS = {'ADDRESSES': 'addresses', 'ALTERNATES': 'memories', 'GROUPS': 'several chips', 'FAMILIES': 'families', 'SUFFIX': 'suffix',
         'TEXT': 'lines'}
WHOLE = 'the file'


def read_code(root):
    """Of each format: its place, whether it is written, and its traits."""
    text = (root / CODE).read_text(encoding='utf-8')
    return {match[1]: (f'{CODE}:{line_of(text, match.start())}', match[2] != 'NULL',
                       set(re.findall(r'DFUT_FORMAT_(\w+)', match[3]))) for match in ROW.finditer(text)}


def read_document(root):
    """Of each format: the row's cells, by column."""
    text = (root / DOCUMENT).read_text(encoding='utf-8')
    head = '| ' + ' | '.join(COLUMNS) + ' |\n'
    if head not in text:
        return {}
    lines = text.partition(head)[2].partition('\n\n')[0].splitlines()[1:]
    rows = [dict(zip(COLUMNS, (cell.strip() for cell in line.strip('|').split('|')))) for line in lines]
    return {name: row for row in rows for name in re.findall(r'`([\w-]+)`', row['format'])}


def compare(row, is_written, traits, header):
    """What is wrong with a row."""
    wanted = {HOLDS[trait] for trait in traits - {'PARTS'}}
    held = set(filter(None, row['holds'].split(', ')))
    if held != wanted:
        yield f'holds {sorted(held)}, and the library says {sorted(wanted)}'
    if (row['parts'] == WHOLE) != ('PARTS' not in traits):
        yield f'parts "{row["parts"]}", and the library says otherwise'
    made = re.fullmatch(r'`(dfut_\w+)\(\)`', row['written'])
    if (row['written'] == 'yes') != is_written or (not made and row['written'] not in ('yes', 'no')):
        yield f'written "{row["written"]}", and the library says otherwise'
    if made and f'{made[1]}(' not in header:
        yield f'there is no {made[1]}()'


def faults(root):
    code, document = read_code(root), read_document(root)
    header = (root / HEADER).read_text(encoding='utf-8')
    if len(code) < 10:
        yield f'{CODE}: its rows are not understood'
    for name in sorted(set(code) ^ set(document)):
        yield f'{code.get(name, [DOCUMENT])[0]}: {name} is in the library or in the table of {DOCUMENT}, not in both'
    for name in sorted(set(code) & set(document)):
        place, is_written, traits = code[name]
        for fault in compare(document[name], is_written, traits, header):
            yield f'{place}: {DOCUMENT}, {name}: {fault}'


def replace(old, new):
    return lambda text: text.replace(old, new, 1)


run(faults, (DOCUMENT, CODE, HEADER), (
    (CODE, replace('\t{ "raw",', '\t{ "planted", "Planted", dfut_a, dfut_b, NULL, 0 },\n\t{ "raw",'), 'planted is in'),
    (CODE, replace('dfut_srec_write,', 'NULL,'), 'written "yes"'),
    (CODE, replace('dfut_elf_inspect, NULL, DFUT_FORMAT_ADDRESSES |', 'dfut_elf_inspect, NULL,'), "the library says []"),
    (CODE, replace('dfut_nordic_inspect, NULL, DFUT_FORMAT_PARTS', 'dfut_nordic_inspect, NULL, 0'), 'parts "images"'),
    (DOCUMENT, replace('| `elf` |', '| `planted` |'), 'planted is in'),
    (DOCUMENT, replace('`dfut_image_build_esp()`', '`dfut_image_planted()`'), 'there is no dfut_image_planted()'),
))
