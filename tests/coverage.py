# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Which lines of the library the tests have reached: coverage.py ROOT BUILD [DATA...].

BUILD was configured with -Db_coverage=true and its tests have run. Each DATA is a folder laid out as BUILD with more of
gcov's files, of programs that ran elsewhere. Prints the lines that were not reached, file by file, and a table of folders;
fails if less than LIMIT per cent of the lines of a folder were reached. Virtual devices are not the library.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

LIMIT = 90


def read_gcov(notes):
    """What gcov knows of one object: its files with their lines. Without data beside the notes nothing was reached."""
    done = subprocess.run(['gcov', '--json-format', '--stdout', notes], stdout=subprocess.PIPE, check=True)
    return [file for line in done.stdout.splitlines() for file in json.loads(line)['files']]


def find_notes(build, data, scratch):
    """The notes of the library's objects: those of the build, and copies of them beside the data from elsewhere.

    What is in both libraries is reached in either.
    """
    both = [*build.glob('lib/libdfutrigger.so.*.p/*.gcno'), *build.glob('lib/sim/libdfutrigger-sim.so.*.p/base_*.gcno'),
            *build.glob('lib/sim/libdfutrigger-sim.so.*.p/*_base_*.gcno')]
    for notes in sorted(set(both)):
        yield notes
        for number, folder in enumerate(data):
            found = folder / notes.relative_to(build).with_suffix('.gcda')
            # One that was made beforehand and never written to is empty.
            if found.is_file() and found.stat().st_size:
                place = scratch / str(number)
                place.mkdir(exist_ok=True)
                shutil.copy(found, place)
                yield shutil.copy(notes, place)


def count_lines(root, build, data):
    """File, from lib/ on -> line -> how often it was reached."""
    counts = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for files in pool.map(read_gcov, find_notes(build, data, pathlib.Path(scratch))):
            for file in files:
                path = pathlib.Path(os.path.normpath(build / file['file']))
                if path.is_relative_to(root / 'lib') and not path.is_relative_to(root / 'lib/sim'):
                    for line in file['lines']:
                        counts[path.relative_to(root / 'lib')][line['line_number']] += line['count']
    return counts


def format_lines(lines):
    """Numbers in order, as in "3, 7-9"."""
    ranges = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    return ', '.join(str(first) if first == last else f'{first}-{last}' for first, last in ranges)


def print_table(folders):
    """Returns the folders that are below the limit."""
    print('| folder | lines | reached | % |\n|---|---|---|---|')
    for folder, (lines, reached) in folders.items():
        print(f'| `{folder}` | {lines} | {reached} | {100 * reached / lines:.1f} |')
    lines, reached = (sum(column) for column in zip(*folders.values()))
    print(f'| all | {lines} | {reached} | {100 * reached / lines:.1f} |')
    return [str(folder) for folder, (lines, reached) in folders.items() if 100 * reached < LIMIT * lines]


def main(root, build, *data):
    root, build = pathlib.Path(root).resolve(), pathlib.Path(build).resolve()
    counts = count_lines(root, build, [pathlib.Path(folder) for folder in data])
    if not counts:
        sys.exit(f'{build}: not built with -Db_coverage=true')
    folders = {}
    for path, lines in sorted(counts.items(), key=lambda item: (item[0].parent, item[0])):
        missed = sorted(line for line, count in lines.items() if count == 0)
        if missed:
            print(f'lib/{path}: {format_lines(missed)}')
        before = folders.get(path.parent, (0, 0))
        folders[path.parent] = before[0] + len(lines), before[1] + len(lines) - len(missed)
    low = print_table(folders)
    if low:
        sys.exit(f'below {LIMIT} %: {", ".join(low)}')


main(*sys.argv[1:])
