# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Runs the fuzzers of a build with -Dfuzz=enabled: run.py BUILD SECONDS [--part PART] [--results FILE] [NAME...]

Each has so many seconds of a processor, as many run at once as there are processors. What they find is in BUILD/found, and inputs
that reach more of the library are kept there for the next time. A table of what was run goes to the output, with the runs in a
second of a processor, and a line for each ("PART-NAME PASSED FAILED SECONDS", as tests/run.sh has them) to FILE.
"""

import argparse
import concurrent.futures
import dataclasses
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NUMBER = re.compile(rb'^stat::(\w+):\s*(\d+)$', re.MULTILINE)


@dataclasses.dataclass
class Result:
    name: str
    is_good: bool = True
    runs: int = 0
    busy: float = 0.0
    took: float = 0.0


def command(program, name, out, seconds):
    kept = out / name
    kept.mkdir(parents=True, exist_ok=True)
    dictionary = FOLDER / f'{name}.dict'
    # The weighing of inputs by rare features takes most of the time where a run reaches many places.
    options = [f'-max_total_time={seconds}', '-timeout=30', '-entropic=0', '-print_final_stats=1',
               f'-artifact_prefix={out}/{name}-']
    if dictionary.exists():
        options.append(f'-dict={dictionary}')
    return [program, *options, kept, FOLDER / 'corpus' / name]


def run_once(arguments, log):
    """Exit code, runs, seconds of a processor."""
    environment = {**os.environ, 'LSAN_OPTIONS': f'suppressions={FOLDER.parent / "lsan.supp"}'}
    with open(log, 'wb') as output, subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output,
                                                     stderr=subprocess.STDOUT, env=environment) as fuzzer:
        _, status, usage = os.wait4(fuzzer.pid, 0)
        fuzzer.returncode = os.waitstatus_to_exitcode(status)
    numbers = dict(NUMBER.findall(log.read_bytes()))
    return fuzzer.returncode, int(numbers.get(b'number_of_executed_units', b'0')), usage.ru_utime + usage.ru_stime


def fuzz(program, out, seconds):
    """Until it had its seconds: others may want the processors, too."""
    result = Result(program.name.removeprefix('fuzz-'))
    began = time.monotonic()
    while result.is_good and result.busy < seconds:
        left = math.ceil(seconds - result.busy)
        code, runs, busy = run_once(command(program, result.name, out, left), out / f'{result.name}.log')
        result.runs += runs
        result.busy += busy
        result.is_good = code == 0 and runs > 0
    result.took = time.monotonic() - began
    return result


def report(result, out, arguments):
    print(f'{result.name:16} {result.runs:10} runs {result.runs / result.busy:10.0f} /s{"" if result.is_good else "  FAILED"}',
          flush=True)
    if not result.is_good:
        sys.stdout.write((out / f'{result.name}.log').read_bytes()[-20000:].decode(errors='replace'))
    if arguments.results:
        with open(arguments.results, 'a', encoding='utf-8') as results:
            results.write(f'{arguments.part}-{result.name} {int(result.is_good)} {int(not result.is_good)} {result.took:.0f}\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build', type=Path)
    parser.add_argument('seconds', type=int)
    parser.add_argument('--part', default='fuzz')
    parser.add_argument('--results', type=Path)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_intermixed_args()
    out = arguments.build.resolve() / 'found'
    programs = [path for path in sorted((arguments.build.resolve() / 'tests/fuzz').glob('fuzz-*'))
                if path.is_file() and (not arguments.names or path.name.removeprefix('fuzz-') in arguments.names)]
    good = bool(programs)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for result in pool.map(lambda program: fuzz(program, out, arguments.seconds), programs):
            report(result, out, arguments)
            good &= result.is_good
    sys.exit(0 if good else 1)


main()
