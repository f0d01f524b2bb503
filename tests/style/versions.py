# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""The version stands in meson.build, and files that need it written out say the same: versions.py [--self-test] ROOT.

What is built gets it from there; tests/style/headers.py looks at the header.
"""

import re

from tree import run

PROJECT = re.compile(r"^project\(.*?^    version: '(\d+\.\d+\.\d+)',$", re.DOTALL | re.MULTILINE)
#: The first match of each is the version that the file is of.
WRITTEN = {
    'NEWS.md': r'^## (\S+)',
    'bindings/node/package.json': r'^  "version": "([^"]*)",$',
    'packaging/debian/changelog': r'\A\w+ \((.+)-\d+\)',
    'examples/gtk/org.dfutrigger.Configurator.metainfo.xml': r'<release version="([^"]*)"',
    'tests/abi/meson.build': r"^abi_releases = \[.*'([^']*)'\]$",
}


def faults(root):
    project = PROJECT.search((root / 'meson.build').read_text(encoding='utf-8'))
    if not project:
        yield 'meson.build: no version'
        return
    for name, pattern in WRITTEN.items():
        found = re.search(pattern, (root / name).read_text(encoding='utf-8'), re.MULTILINE)
        if not found or found[1] != project[1]:
            yield f'{name}: says {found[1] if found else "nothing"}, meson.build {project[1]}'


def to(version):
    return lambda text: text.replace('0.1.0', version)


run(faults, ('meson.build', *WRITTEN), (
    *((name, to('0.1.7'), f'{name}: says 0.1.7') for name in WRITTEN),
    ('NEWS.md', lambda text: '', 'NEWS.md: says nothing'),
    ('meson.build', to('0.2.0'), 'meson.build 0.2.0'),
    ('meson.build', to('new'), 'meson.build: no version'),
))
