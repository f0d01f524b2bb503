#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Programs that were built with a release run with the libraries as they are now: by abidiff, and by the headers.

abi.py check RELEASE VERSION INCLUDE LIBRARY...    fails for a break; tells what was added
abi.py exact RELEASE VERSION INCLUDE LIBRARY...    fails for an addition that is not recorded, too
abi.py record RELEASE VERSION INCLUDE LIBRARY...   records the interface as it is
abi.py plant RELEASE VERSION INCLUDE LIBRARY...    sees that each kind of break is found

RELEASE is the folder that is named as a version and has its interface; VERSION is the project's.
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

from planted import PLANTS

HERE = Path(__file__).resolve().parent
ABIDW = ['abidw', '--no-corpus-path', '--no-comp-dir-path', '--no-show-locs', '--no-elf-needed', '--no-parameter-names',
         '--exported-interfaces-only', '--drop-private-types', '--type-id-style', 'hash']
#: Each enumerator has its value written out.
ENUMERATOR = re.compile(r'^ (DFUT_\w+) = ([^,\n]+),?$', re.MULTILINE)
SPDX = '/* SPDX-License-Identifier: MIT */\n/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */\n\n'
RECORD = '"meson compile -C BUILD abi-record" records the interface as it is'


def library_name(path):
    return Path(path).name.partition('.so')[0]


def describe(library, include, folder):
    """The interface of a library, as a file in a folder."""
    made = Path(folder) / f'{library_name(library)}.abi'
    subprocess.run([*ABIDW, '--headers-dir', include, '--out-file', made, library], check=True)
    # Where the build folder is, is no matter of the interface.
    made.write_text(re.sub(r" path='(\.\./)+", " path='", made.read_text(encoding='utf-8')), encoding='utf-8')
    return made


def bare_header(path):
    """A header without its comments."""
    text = subprocess.run(['cc', '-fpreprocessed', '-dD', '-E', '-P', path], check=True, capture_output=True, text=True).stdout
    return SPDX + re.sub(r' +$', '', text, flags=re.MULTILINE)


def symbols(path):
    """name@version of each function that a library has."""
    tree = xml.etree.ElementTree.parse(path)
    return {f'{symbol.get("name")}@{symbol.get("version")}' for symbol in tree.iter('elf-symbol')}


def type_faults(old, new):
    """What abidiff finds of functions that both have."""
    done = subprocess.run(['abidiff', '--no-added-syms', '--no-show-locs', '--suppressions', HERE / 'growth.suppr', old, new],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        yield f'{old.name}: a break:\n{done.stdout}{done.stderr}'


def enumerator_faults(release, include):
    """A name of the release's headers that is gone or has another value."""
    for header in sorted(release.glob('*.h')):
        found = ENUMERATOR.findall(header.read_text(encoding='utf-8'))
        lines = [f'#include "{header.name}"']
        lines += [f'_Static_assert(({name}) == ({value}), "{name} is not {value} any more");' for name, value in found]
        done = subprocess.run(['cc', '-std=c11', '-fsyntax-only', f'-I{include}', '-x', 'c', '-'], input='\n'.join(lines) + '\n',
                              capture_output=True, text=True, check=False)
        if done.returncode:
            yield f'{header.name}: a break:\n{done.stderr}'


def added(old, new):
    return sorted(symbols(new) - symbols(old))


def symbol_faults(old, new, is_released):
    for symbol in sorted(symbols(old) - symbols(new)):
        yield f'{symbol}: is not there any more: a break. What was released stays (docs/interface.md)'
    nodes = {symbol.partition('@')[2] for symbol in symbols(old)}
    for symbol in added(old, new):
        if is_released and symbol.partition('@')[2] in nodes:
            yield f'{symbol}: was added to a version that is released: in the .map file it needs the next one'


def faults(release, version, include, news):
    """What breaks programs that were built with a release."""
    for new in news:
        old = release / new.name
        yield from symbol_faults(old, new, release.name != version)
        yield from type_faults(old, new)
    yield from enumerator_faults(release, include)


def differences(release, include, news):
    """What the record does not have as it is now."""
    now = {new.name: new.read_text(encoding='utf-8') for new in news}
    now |= {header.name: bare_header(header) for header in Path(include).glob('*.h')}
    for name, text in sorted(now.items()):
        path = release / name
        if not path.exists() or path.read_text(encoding='utf-8') != text:
            yield f'{path.name} is not what is recorded: {RECORD}'


def check(release, version, include, news):
    found = list(faults(release, version, include, news))
    if found and release.name == version:
        found.append(f'{version} is not released yet: if this is wanted, {RECORD}')
    for new in news:
        for symbol in added(release / new.name, new):
            print(f'{symbol}: an addition since {release.name}, which is fine. {RECORD}')
    return found


def exact(release, version, include, news):
    return [*check(release, version, include, news), *differences(release, include, news)]


def record(release, version, include, news):
    if release.name != version:
        return [f'{release.name} was released: its record stays. A folder {version} is needed beside it']
    release.mkdir(exist_ok=True)
    for new in news:
        (release / new.name).write_text(new.read_text(encoding='utf-8'), encoding='utf-8')
    for header in Path(include).glob('*.h'):
        (release / header.name).write_text(bare_header(header), encoding='utf-8')
    return []


def plant(_release, version, include, news):
    """Each plant is a release that never was: made of what there is now, it differs in one thing."""
    missed = []
    for what, name, change, said in PLANTS:
        for is_released in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                release = Path(folder) / ('released' if is_released else version)
                record(release.with_name(version), version, include, news)
                release.with_name(version).rename(release)
                text = (release / name).read_text(encoding='utf-8')
                planted = change(text)
                (release / name).write_text(planted, encoding='utf-8')
                found = list(faults(release, version, include, news))
            wanted = said[is_released] if isinstance(said, tuple) else said
            if planted == text or (not any(wanted in fault for fault in found) if wanted else found):
                missed.append(f'{what}: expected "{wanted}", found {found}')
    return missed


def main():
    action, release, version, include, *libraries = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        news = [describe(library, include, folder) for library in libraries]
        actions = {'check': check, 'exact': exact, 'record': record, 'plant': plant}
        found = actions[action](Path(release), version, include, news)
    for fault in found:
        print(fault)
    sys.exit(1 if found else 0)


main()
