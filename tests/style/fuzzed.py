# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Each machine and each parser of the library has a fuzz target: fuzzed.py [--self-test] ROOT.

A machine, or the way in that has it, is named by tests/fuzz/fuzz-NAME.c; so is a function that parses or decodes, and each
folder of lib/language. What goes another way, as what reads firmware files does, is in the table. Virtual devices are no part
of this, but for what speaks USB/IP.
"""

import re

from tree import code, files, run

# File in lib/: its targets, and the first letters of seeds that reach it.
FUZZED = {
    'handle/handle.c': 'session/',
    'image/format/cpio.c': 'image/esp-parts',
    'image/format/dfu-suffix.c': 'image/suffix',
    'image/format/dfuse.c': 'image/dfuse',
    'image/format/elf.c': 'image/elf',
    'image/format/esp-flasher-args.c': 'flasher-args/',
    'image/format/esp.c': 'image/esp',
    'image/format/foreign.c': 'image/git',
    'image/format/ihex.c': 'image/ihex',
    'image/format/lmdfu.c': 'image/lmdfu',
    'image/format/lpc.c': 'image/lpc',
    'image/format/mcuboot.c': 'image/mcuboot',
    'image/format/nordic-init.c': 'nordic/packet',
    'image/format/nordic-key.c': 'key/pem',
    'image/format/nordic-legacy.c': 'nordic/legacy',
    'image/format/nordic-package.c': 'nordic/manifest',
    'image/format/nordic.c': 'image/nordic',
    'image/format/raw.c': 'image/raw',
    'image/format/records.c': 'image/ihex image/srec',
    'image/format/srec.c': 'image/srec',
    'image/format/text.c': 'image/text',
    'image/format/uf2-families.c': 'image/uf2',
    'image/format/uf2.c': 'image/uf2',
    'image/format/zip.c': 'image/nordic',
    'language/dfu/wire.c': 'dfu/ descriptors/status',
    'language/nordic-legacy/hci.c': 'nordic-serial/legacy',
    'language/nordic/wire.c': 'nordic-serial/',
    'language/sam-ba/wire.c': 'sam-ba/',
    'language/smp/cbor.c': 'smp/',
    'language/smp/frame.c': 'smp/',
    'language/sonix-isp/wire.c': 'sonix-isp/',
    'language/uf2/fat.c': 'uf2/',
    'session/diagnose.c': 'session/',
    'sim/usbip/connection.c': 'usbip/control',
    'sim/usbip/wire.c': 'usbip/import',
    'table/reader.c': 'table/',
    'transport/mounts-linux.c': 'system/mounts',
    'transport/udev-look.c': 'system/rules',
}
# Of those that are in no build with all that it can have
LEFT_OUT = {'image/format/nordic-none.c'}

MACHINE = re.compile(r'^(static )?const struct dfut_machine_ops (\w+) = \{', re.MULTILINE)
WAY = re.compile(r'^const struct dfut_way (\w+) = \{', re.MULTILINE)
PARSER = re.compile(r'^(?!static)[\w *]*?\b(\w*(?:parse|decode)\w*)\([^;]*?\)\n\{', re.MULTILINE)


def offered(text):
    """What a target could name of a file, and whether it has machines without such a name."""
    machines = MACHINE.findall(text)
    names = [name for is_static, name in machines if not is_static] + PARSER.findall(text)
    ways = WAY.findall(text)
    return names + ways, any(is_static for is_static, _ in machines) and not ways


def row_faults(root, name, row):
    for entry in row.split():
        target, _, seed = entry.partition('/')
        if not (root / f'tests/fuzz/fuzz-{target}.c').exists():
            yield f'fuzzed.py: lib/{name}: there is no tests/fuzz/fuzz-{target}.c'
        elif not any((root / f'tests/fuzz/corpus/{target}').glob(f'{seed}*')):
            yield f'fuzzed.py: lib/{name}: there is no tests/fuzz/corpus/{target}/{seed}*'


def target_faults(root, targets):
    listed = (root / 'tests/fuzz/meson.build').read_text(encoding='utf-8')
    for name in targets:
        if f"'{name}'" not in listed:
            yield f'tests/fuzz/fuzz-{name}.c is not in meson.build'
        if not any((root / f'tests/fuzz/corpus/{name}').glob('*')):
            yield f'tests/fuzz/fuzz-{name}.c has no seeds in corpus/{name}'
    for path in files(root / 'tests/fuzz', '.dict'):
        if path.stem not in targets:
            yield f'tests/fuzz/{path.name} belongs to no target'


def read_target(path):
    """Without comments, but with what it includes."""
    return re.sub(r'/\*.*?\*/', ' ', path.read_text(encoding='utf-8'), flags=re.DOTALL)


def faults(root):
    targets = {path.stem.removeprefix('fuzz-'): read_target(path)
               for path in files(root / 'tests/fuzz', '.c') if path.stem.startswith('fuzz-')}
    all_words = set(re.findall(r'[\w/-]+', '\n'.join(targets.values())))
    known = set()
    for path in files(root / 'lib', '.c'):
        name = path.relative_to(root / 'lib').as_posix()
        known.add(name)
        if name in FUZZED:
            yield from row_faults(root, name, FUZZED[name])
            continue
        if name in LEFT_OUT or name.startswith('sim/'):
            continue
        names, has_hidden = offered(code(path))
        if name.startswith('image/format/') or has_hidden:
            yield f'lib/{name}: no fuzz target is told for it in fuzzed.py'
        for one in names:
            if one not in all_words:
                yield f'lib/{name}: no fuzz target names {one}'
    for folder in sorted(path.name for path in (root / 'lib/language').iterdir() if path.is_dir()):
        if not any(word.startswith(f'language/{folder}/') for word in all_words):
            yield f'lib/language/{folder}: no fuzz target includes anything of it'
    for name in sorted((FUZZED.keys() | LEFT_OUT) - known):
        yield f'fuzzed.py: there is no lib/{name}'
    yield from target_faults(root, targets)


run(faults, ('lib', 'tests/fuzz'), (
    ('lib/trigger/planted.c', lambda text: 'const struct dfut_machine_ops planted_machine = {\n};\n', 'names planted_machine'),
    ('lib/trigger/planted.c', lambda text: 'static const struct dfut_machine_ops machine = {\n};\n'
     'const struct dfut_way dfut_way_planted = {\n};\n', 'names dfut_way_planted'),
    ('lib/session/planted.c', lambda text: 'static const struct dfut_machine_ops machine = {\n};\n', 'no fuzz target is told'),
    ('lib/base/planted.c', lambda text: 'int dfut_planted_parse(const char *text)\n{\n}\n', 'names dfut_planted_parse'),
    ('lib/image/format/planted.c', lambda text: '/* */\n', 'no fuzz target is told'),
    ('lib/language/planted/plan.c', lambda text: '/* */\n', 'language/planted: no fuzz target includes'),
    ('tests/fuzz/fuzz-planted.c', lambda text: '/* */\n', 'has no seeds'),
    ('tests/fuzz/planted.dict', lambda text: '"a"\n', 'belongs to no target'),
))
