# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Differences between a release and the libraries as they are, each with what abi.py has to say of it."""

import re
import xml.etree.ElementTree


def edited(change):
    """What becomes of an XML text by a change of its tree."""
    def edit(text):
        root = xml.etree.ElementTree.fromstring(text)
        change(root)
        return xml.etree.ElementTree.tostring(root, encoding='unicode')
    return edit


def without_function(name):
    """The release did not have a function yet."""
    def change(root):
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag in ('elf-symbol', 'function-decl') and child.get('name') == name:
                    parent.remove(child)
    return edited(change)


def with_parameter(name, number, type_of):
    """A parameter had another type: that of the result of another function."""
    def change(root):
        other = root.find(f'.//function-decl[@name="{type_of}"]/return').get('type-id')
        root.findall(f'.//function-decl[@name="{name}"]/parameter')[number].set('type-id', other)
    return edited(change)


def without_member(struct, number):
    """The release's struct lacked a member; those behind it were nearer to its begin."""
    def change(root):
        found = root.find(f'.//class-decl[@name="{struct}"][@size-in-bits]')
        members = found.findall('data-member')
        gone = members[number]
        behind = members[members.index(gone) + 1:]
        end = int(behind[0].get('layout-offset-in-bits') if behind else found.get('size-in-bits'))
        length = end - int(gone.get('layout-offset-in-bits'))
        for member in behind:
            member.set('layout-offset-in-bits', str(int(member.get('layout-offset-in-bits')) - length))
        found.set('size-in-bits', str(int(found.get('size-in-bits')) - length))
        found.remove(gone)
    return edited(change)


def replaced(old, new):
    return lambda text: re.sub(old, new, text)


#: (what it is, file, change of the release, what is said; for some (before the release, after it); None: nothing)
PLANTS = (
    ('a function is gone', 'libdfutrigger.abi', replaced(r'\bdfut_session_run\b', 'dfut_session_walk'), 'dfut_session_walk@'),
    ('a function has another version', 'libdfutrigger.abi', replaced(r"(name='dfut_session_run' version=')[^']*", r'\1dfut_0.0'),
     'dfut_session_run@dfut_0.0: is not there'),
    ('a function is new', 'libdfutrigger.abi', without_function('dfut_session_run'), (None, 'needs the next one')),
    ('a virtual function is new', 'libdfutrigger-sim.abi', without_function('dfut_sim_plug'), (None, 'needs the next one')),
    ('a parameter has another type', 'libdfutrigger.abi',
     with_parameter('dfut_session_set_return_timeout_ms', 1, 'dfut_get_version'), 'dfut_session_set_return_timeout_ms'),
    ('a struct has grown at its end', 'libdfutrigger.abi', without_member('dfut_progress', -1), None),
    ('a struct has grown in its middle', 'libdfutrigger.abi', without_member('dfut_progress', 1), 'dfut_progress'),
    ('a struct of a specification has grown', 'libdfutrigger.abi', without_member('dfut_line_coding', 0), 'dfut_line_coding'),
    ('an enumerator of a parameter has another value', 'libdfutrigger.abi',
     replaced(r"(name='DFUT_VERIFY_\w+' value=')1'", r"\g<1>9'"), 'DFUT_VERIFY_'),
    ('an error has another number', 'dfutrigger.h', replaced('DFUT_ERROR_VERIFY = -15', 'DFUT_ERROR_VERIFY = -30'),
     'DFUT_ERROR_VERIFY is not -30'),
    ('an error is gone', 'dfutrigger.h', replaced('DFUT_ERROR_VERIFY = -15', 'DFUT_ERROR_READ_BACK = -15'),
     'DFUT_ERROR_READ_BACK'),
    ('an error is new', 'dfutrigger.h', replaced(' DFUT_ERROR_VERIFY = -15,\n', ''), None),
)
