# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Whoever follows README, docs/add-a-device.md and docs/json.md literally gets what they promise: documents.py COMMAND ROOT.

The commands of a document are run one after the other, in a folder that is empty but for what the document says to save. Where
a real device is asked for, a virtual board stands on the table.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND, ROOT = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
FENCED = re.compile(r'^```.*?^```$', re.DOTALL | re.MULTILINE)
JSON = re.compile(r'^```json\n(.*?)^```$', re.DOTALL | re.MULTILINE)
SAVED = re.compile(r'save this as `([\w.]+)`')
ROW = re.compile(r'^\| `([\w-]+)` \|.*\| `(--sim [^`]+)` \|$', re.MULTILINE)
LANGUAGE = re.compile(r'const struct dfut_language dfut_language_\w+ = \{\n\t\.name = "([\w-]+)"')
# What other tests run: the fresh machines, the stage install, and the kernel in an emulated machine.
ELSEWHERE = ('apt install ', 'ldconfig', 'sh examples/quickstart.sh', 'sh tests/run.sh', 'meson ', 'ninja ')
IN_KERNEL = '--attach'
# It shows what an error looks like.
FAILS = 'dfutrigger --json info no-such-file'
FIRMWARE = """head -c 5000 /dev/zero | tr '\\0' '\\2' > plain.bin
dfutrigger pack plain.bin zephyr.signed.bin --mcuboot 2.0.0
"""
# In front of the command in PATH: without a virtual device, hardware is asked for.
TABLE = """#!/bin/sh
case " $* " in
*" --sim "* | *" sim "* | *" pack "*) exec {0} "$@" ;;
esac
exec {0} --sim zephyr "$@"
"""


def commands(text):
    """The indented lines that are commands, in order."""
    for line in FENCED.sub('', text).splitlines():
        command = line[4:]
        if line.startswith('    ') and not command.startswith(ELSEWHERE) and IN_KERNEL not in command:
            yield f'! {command}' if command == FAILS else command


def run(folder, script):
    environment = {**os.environ, 'PATH': f'{folder / "bin"}:{os.environ["PATH"]}'}
    return subprocess.run(['sh', '-eu', '-c', script], cwd=folder / 'work', env=environment, capture_output=True, text=True,
                          check=False)


def prepare(folder):
    for name in ('bin', 'work'):
        (folder / name).mkdir()
    (folder / 'bin/dfutrigger').write_text(TABLE.format(COMMAND), encoding='utf-8')
    (folder / 'bin/dfutrigger').chmod(0o755)


def follow(name, least):
    """Does what the document says; returns what went wrong."""
    text = (ROOT / name).read_text(encoding='utf-8')
    found = list(commands(text))
    if len(found) < least:
        return [f'{name}: {len(found)} commands were found, {least} at least were there']
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        prepare(folder)
        # README's board has its firmware at hand.
        run(folder, FIRMWARE)
        for saved, content in zip(SAVED.findall(text), JSON.findall(text)):
            (folder / 'work' / saved).write_text(content, encoding='utf-8')
        done = run(folder, 'set -x\n' + '\n'.join(found))
        return [f'{name}: {done.returncode}\n{done.stdout}{done.stderr}'] if done.returncode else []


def try_protocol(folder, name, options):
    """None if the device speaks it, at once or when it was triggered."""
    kept = re.sub(r'--sim ([\w-]+):?(\S*)', rf'--sim \1:\2,state=../{name}.state', options).replace(':,', ':')
    for script in (f'dfutrigger {options} list --all', f'dfutrigger {kept} trigger; dfutrigger {kept} list --all'):
        done = run(folder, script)
        if re.search(rf'protocol {name}$', done.stdout, re.MULTILINE):
            return None
    return f'{name}: {options} does not show it\n{done.stdout}{done.stderr}'


def check_protocols():
    """Each language has a row, each row a language and a device that speaks it."""
    rows = dict(ROW.findall((ROOT / 'docs/add-a-device.md').read_text(encoding='utf-8')))
    languages = {match for path in (ROOT / 'lib/language').glob('*/*.c')
                 for match in LANGUAGE.findall(path.read_text(encoding='utf-8'))}
    wrong = [f'docs/add-a-device.md: {name} is in the table or in lib/language/, not in both'
             for name in sorted(languages ^ set(rows))]
    with tempfile.TemporaryDirectory() as path:
        prepare(Path(path))
        wrong += filter(None, (try_protocol(Path(path), name, options) for name, options in rows.items()))
    return wrong


def check_models():
    """The virtual devices of the tables are there."""
    text = (ROOT / 'docs/add-a-device.md').read_text(encoding='utf-8')
    section = text[text.index('| to try |'):].partition('\n\n')[0]
    listed = subprocess.run([COMMAND, 'sim', '--json'], capture_output=True, text=True, check=True).stdout
    models = json.dumps(json.loads(listed))
    named = [name for row in section.splitlines()[2:] for name in re.findall(r'`([\w-]+)`', row.split('|')[2])]
    return [f'docs/add-a-device.md: there is no virtual device {name}' for name in named if f'"{name}"' not in models]


FAULTS = follow('README.md', 8) + follow('docs/add-a-device.md', 13) + follow('docs/json.md', 3) + check_protocols() + check_models()
print('\n'.join(FAULTS) or 'the documents are right')
sys.exit(bool(FAULTS))
