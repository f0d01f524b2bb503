# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes constants of the device table: builtin.py devices.json LIB devices.c

Each key means what the files beside this one read it as from a user's table; a test holds both against each other. Words of
languages, quirks and triggers are looked up in the sources that define them, in LIB, and become the names of their constants.
What is wrong in the table fails the build, with the device and the key.
"""

import json
import re
import sys
from pathlib import Path

FORMAT = 1
DATA_LIMIT = 64
STEP_LIMIT = 16
REQUEST_LIMIT = 4
LONGEST_MS = 86400000
HEX = '[0-9a-fA-F]'
# What dfut_clean_text() takes out
HARMFUL = re.compile('[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]')
HEAD = '/* Made by builtin.py of devices.json. */\n\n'


class Wrong(Exception):
    """What is wrong; the key is that of the innermost object around it."""

    def __init__(self, what, key=None):
        super().__init__(what)
        self.what = what
        self.key = key


def require(condition, what, key=None):
    if not condition:
        raise Wrong(what, key)


# C.

def struct(members):
    return '{ ' + ', '.join(f'.{member} = {text}' for member, text in members.items()) + ' }'


def array(kind, items, count):
    """A member that points to the items, and the one that counts them."""
    return f'(const {kind}[]){{\n' + ',\n'.join(items) + f' }}, .{count} = {len(items)}'


def literal(text):
    plain = (chr(byte) if 0x20 <= byte < 0x7f and chr(byte) not in '"\\?' else f'\\{byte:03o}'
             for byte in text.encode('utf-8'))
    return '"' + ''.join(plain) + '"'


# Values: each function, or what it returns, makes the C text of a value.

def text(value):
    require(isinstance(value, str), 'must be a string')
    require(not HARMFUL.search(value), 'has characters that are not to be shown')
    return literal(value)


def some_text(value):
    require(value, 'is empty')
    return text(value)


def flag(value):
    require(isinstance(value, bool), 'must be true or false')
    return 'true' if value else 'false'


def number(least, most):
    def read(value):
        require(type(value) is int and least <= value <= most, f'must be a number, {least} to {most}')
        return str(value)
    return read


def hexadecimal(most):
    def read(value):
        require(isinstance(value, str) and re.fullmatch(f'{HEX}+', value), 'must be a string of hexadecimal digits')
        require(int(value, 16) <= most, 'is too large')
        return hex(int(value, 16))
    return read


def word(words):
    def read(value):
        require(isinstance(value, str) and value in words, 'must be one of ' + ', '.join(words))
        return words[value]
    return read


def pattern(form, make, like):
    def read(value):
        match = isinstance(value, str) and re.fullmatch(form, value)
        require(match, f'must be like {like}')
        return make(*match.groups())
    return read


def items(value, most=None):
    require(isinstance(value, list) and value, 'must be a list, and not empty')
    require(not most or len(value) <= most, f'must have {most} items at most')
    return value


def all_of(kind, read, count, most=None):
    return lambda value: array(kind, [read(item) for item in items(value, most)], count)


def names(value):
    return '{ ' + all_of('char *const', text, 'count')(value) + ' }'


def data(value):
    require(isinstance(value, str) and re.fullmatch(f'({HEX}{HEX}){{0,{DATA_LIMIT}}}', value),
            f'must be up to {DATA_LIMIT} bytes as hexadecimal digits, two each')
    return f'{{ {", ".join(map(hex, bytes.fromhex(value))) or "0"} }}, .size = {len(value) // 2}'


def split_ids(value):
    match = isinstance(value, str) and re.fullmatch(rf'({HEX}{{4}}):(?:(\*)|({HEX}{{4}})(?:-({HEX}{{4}}))?)', value)
    require(match, 'must be like "1915:521f", "1915:*" or "0c45:636c-636f"')
    vendor, wildcard, first, last = match.groups()
    first, last = ('0000', 'ffff') if wildcard else (first, last or first)
    require(int(first, 16) <= int(last, 16), 'is a range that ends before it begins')
    return int(vendor, 16), int(first, 16), int(last, 16)


def id_range(value):
    vendor, first, last = split_ids(value)
    return struct({'vendor': hex(vendor), 'product_first': hex(first), 'product_last': hex(last)})


def make_interface(class_code, subclass, protocol):
    members = {'given': 'true', 'class_code': f'0x{class_code}', 'subclass': f'0x{subclass}'}
    members |= {'any_protocol': 'true'} if protocol == '*' else {'protocol': f'0x{protocol}'}
    return struct(members)


def make_usage(page, usage):
    require(int(page, 16), 'has no page')
    return struct({'page': f'0x{page}', 'id': f'0x{usage}'})


interface = pattern(rf'({HEX}{{1,2}})/({HEX}{{1,2}})/({HEX}{{1,2}}|\*)', make_interface, '"ff/01/01" or "02/02/*"')
usage = pattern(f'({HEX}{{1,4}})/({HEX}{{1,4}})', make_usage, '"ff60/61"')


# Objects: for each key the member that it sets, and the function that reads it; no member: only others need it.

def members(item, keys, where):
    require(isinstance(item, dict), 'must be an object', where)
    result = {}
    for key, value in item.items():
        require(key in keys, 'there is no such key here', key)
        member, read = keys[key]
        try:
            made = read(value)
        except Wrong as wrong:
            raise Wrong(wrong.what, wrong.key or key) from wrong
        if member:
            result[member] = made
    return result


INDEX = hexadecimal(0xffff)
CONTROL = {
    'request_type': ('request_type', hexadecimal(0x7f)),
    'request': ('request', hexadecimal(0xff)),
    'value': ('value', hexadecimal(0xffff)),
    'index': ('index', lambda value: '0, .index_is_interface = true' if value == 'interface' else INDEX(value)),
    'data': ('data', data),
}


def check_control(item):
    require('request_type' in item and 'request' in item, 'is without request_type, or the other way round', 'request')


def control(item):
    made = members(item, CONTROL, 'requests')
    check_control(item)
    return struct(made)


OUT_TYPES = {'feature': 'DFUT_REPORT_FEATURE', 'output': 'DFUT_REPORT_OUTPUT'}
IN_TYPES = {'feature': 'DFUT_REPORT_FEATURE', 'input': 'DFUT_REPORT_INPUT'}
MODES = {'application': 'DFUT_MODE_APPLICATION', 'bootloader': 'DFUT_MODE_BOOTLOADER'}
VERSION = hexadecimal(0xffff)
RULE_REPORT = {
    'type': ('type', word(OUT_TYPES)),
    'id': ('id', hexadecimal(0xff)),
    'size': ('size', number(1, 0xffff)),
}


def rule_report(item):
    made = members(item, RULE_REPORT, 'report')
    require('type' in item and 'size' in item, 'must have "type" and "size"', 'report')
    return struct(made)


RULE = {
    'ids': ('ids', all_of('struct dfut_id_range', id_range, 'id_count')),
    'release': ('release', hexadecimal(0xffff)),
    'interface': ('interface', interface),
    'functional': ('functional', flag),
    'endpoints': ('endpoints', number(0, 30)),
    'dfu': ('dfu', word(MODES)),
    'dfu_version': ('dfu_version', lambda value: 'DFUT_NO_VERSION' if value == 'none' else VERSION(value)),
    'will_detach': ('will_detach', flag),
    'alternate': ('alternate', text),
    'product': ('product', text),
    'manufacturer': ('manufacturer', text),
    'usage': ('usage', usage),
    'report': ('report', rule_report),
    'shared': ('shared', flag),
}
ANY_RULE = {'release': '-1', 'endpoints': '-1', 'dfu_version': '-1', 'will_detach': '-1'}


def rule(item):
    made = members(item, RULE, None)
    require(item, 'has a rule without a condition: every device would fit')
    require('endpoints' not in item or 'interface' in item, 'are those of an interface, and none is given', 'endpoints')
    return struct(ANY_RULE | made)


# Triggers.

COMMON = {
    'name': ('name', some_text),
    'hint': ('hint', text),
    'in_place': ('in_place', flag),
    'number': ('number', number(0, 254)),
}
TRIES = {'tries': ('tries', number(1, 100)), 'delay_ms': ('delay_ms', number(1, 10000))}
USUAL_TRIES = {'tries': '1', 'delay_ms': '100'}
REPLY = TRIES | {
    'type': ('type', word(IN_TYPES)),
    'id': ('id', hexadecimal(0xff)),
    'at': ('at', number(0, 254)),
    'accepted': ('value', hexadecimal(0xff)),
    'refused': ('value', hexadecimal(0xff)),
}


def reply(item):
    made = members(item, REPLY, 'reply')
    require(('accepted' in item) != ('refused' in item), 'must have either "accepted" or "refused"', 'reply')
    made |= {'given': 'true', 'is_refusal': flag('refused' in item)}
    return struct({'type': 'DFUT_REPORT_INPUT'} | USUAL_TRIES | made)


REPORT = TRIES | {
    'report': ('type', word(OUT_TYPES)),
    'id': ('id', hexadecimal(0xff)),
    'data': ('data', data),
    'size': ('declared', number(1, 0xffff)),
    'usage': ('usage', usage),
    'reply': ('reply', reply),
    # What only udev's rules are made of
    'usual_number': (None, number(0, 254)),
    'keys': (None, flag),
}
LINE_STEP = {
    'dtr': ('dtr', flag),
    'rts': ('rts', flag),
    'data': ('data', data),
    'wait_ms': ('wait_ms', number(0, 10000)),
}


def line_step(item):
    return struct({'dtr': '-1', 'rts': '-1'} | members(item, LINE_STEP, 'lines'))


def nest(made, member, usual):
    """What not every kind of trigger has goes into a struct of its own."""
    common = ('name', 'hint', 'in_place', 'number', 'interface')
    own = {key: value for key, value in made.items() if key not in common}
    return {key: value for key, value in made.items() if key in common} | {member: struct(usual | own)}


def request_trigger(item):
    made = members(item, COMMON | CONTROL | {'interface': ('interface', interface)}, 'triggers')
    check_control(item)
    require(item.get('index') != 'interface' or 'interface' in item, 'is "interface", but no interface is given', 'index')
    return nest(made, 'control', {})


def report_trigger(item):
    made = members(item, COMMON | REPORT, 'triggers')
    require(item.get('data'), 'has a report without data')
    require(2 * item.get('size', DATA_LIMIT) >= len(item['data']), 'is less than the data has', 'size')
    return nest(made, 'report', USUAL_TRIES)


def touch_trigger(item):
    return members(item, COMMON | {'touch': ('baud', number(1, 12000000))}, 'triggers')


def lines_trigger(item):
    steps = all_of('struct dfut_line_step', line_step, 'step_count', STEP_LIMIT)
    return members(item, COMMON | {'lines': ('steps', steps)}, 'triggers')


# By the key that tells them apart
TRIGGERS = {
    'request': ('dfut_way_control_request', request_trigger),
    'report': ('dfut_way_hid_report', report_trigger),
    'touch': ('dfut_way_serial_touch', touch_trigger),
    'lines': ('dfut_way_serial_lines', lines_trigger),
}


def trigger(item):
    for key, (way, read) in TRIGGERS.items():
        if isinstance(item, dict) and key in item:
            require(item.get('name'), 'has a trigger without a name')
            return struct({'way': f'&{way}', 'number': '-1'} | read(item))
    raise Wrong('has a trigger without request, report, touch or lines')


# Entries.

LEAVES = {'reset': 'DFUT_LEAVE_RESET', 'detach': 'DFUT_LEAVE_DETACH', 'self': 'DFUT_LEAVE_SELF', 'none': 'DFUT_LEAVE_NONE'}
COMMAND = {
    'name': ('name', some_text),
    'text': ('text', some_text),
    'mode': ('mode', word({'bootloader': 'DFUT_MODE_BOOTLOADER', 'any': 'DFUT_MODE_UNKNOWN'})),
    'restart': ('restart', flag),
    'requests': ('requests', all_of('struct dfut_control', control, 'request_count', REQUEST_LIMIT)),
}
SLOTS = {
    'running': ('names[DFUT_SLOT_RUNNING]', names),
    'update': ('names[DFUT_SLOT_UPDATE]', names),
    'read_only': ('names[DFUT_SLOT_READ_ONLY]', names),
    'format': ('format', text),
    'measure': ('measure', flag),
    'size': ('size', number(1, (1 << 63) - 1)),
    'start': ('start', lambda value: hexadecimal(0xffffffff)(value) + ', .has_start = true'),
}


def leave(value):
    if isinstance(value, dict):
        return f'DFUT_LEAVE_REQUEST, .leave_request = {control(value)}'
    return word(LEAVES)(value)


def command(item):
    made = members(item, COMMAND, 'commands')
    require('name' in item and 'text' in item, 'has a command without a name or a text')
    for key in ('mode', 'requests'):
        require(key in item, 'is missing', key)
    return struct(made | {'machine': '&dfut_command_machine'})


class Words:
    """What the sources define: languages, quirks and ways in."""

    def __init__(self, lib):
        self.languages = {}
        self.common = self.find_quirks((lib / 'table/table.c').read_text(encoding='utf-8'))
        self.ways = {}
        self.headers = set()
        languages = (lib / 'language/languages.c').read_text(encoding='utf-8')
        # Of bootloaders that are known so that they can be refused by name
        self.unspoken = set(re.findall(r'^\tNAME\("([^"]+)"\)', languages, re.M))
        for name in re.findall(r'^\tLANGUAGE\((\w+)\)', languages, re.M):
            self.add_language((lib / 'language' / name.replace('_', '-') / 'language.c').read_text(encoding='utf-8'), name)
        for path in sorted((lib / 'trigger').glob('*.c')):
            found = re.findall(r'^const struct dfut_way (\w+) = \{\n\t\.name = "([^"]+)"', path.read_text(encoding='utf-8'), re.M)
            self.ways |= {word_: constant for constant, word_ in found}

    @staticmethod
    def find_quirks(source):
        return dict(re.findall(r'\{ "([^"]+)", (\w*QUIRK_\w+) \}', source))

    def add_language(self, source, name):
        word_ = re.search(rf'^const struct dfut_language dfut_language_{name} = \{{\n\t\.name = "([^"]+)"', source, re.M)[1]
        base = re.search(r'^\t\.base = &dfut_language_(\w+),', source, re.M)
        headers = re.findall(r'^#include ("language/[^"]+/[^"]+")', source, re.M)
        self.languages[word_] = (name, base and base[1], self.find_quirks(source), headers)

    def find_own(self, protocol, quirk):
        """As dfut_language_find_quirk()."""
        by_name = {language[0]: language for language in self.languages.values()}
        language = self.languages.get(protocol)
        while language:
            _, base, quirks, headers = language
            if quirk in quirks:
                self.headers.update(headers)
                return quirks[quirk]
            language = by_name.get(base)
        return None

    def read_language(self, value):
        require(isinstance(value, str) and value in {'', *self.languages} | self.unspoken, 'names a protocol that does not exist')
        return literal(value)

    def read_trigger(self, item):
        if not isinstance(item, str):
            return trigger(item)
        require(item in self.ways, f'names a trigger that does not exist: {item}')
        return struct({'name': literal(item), 'way': f'&{self.ways[item]}', 'number': '-1'})

    def read_quirks(self, entry):
        found = []
        protocols = [entry['protocol']] if 'protocol' in entry else entry.get('protocols', [])
        for quirk in entry['quirks']:
            constants = [self.common.get(quirk)] + [self.find_own(protocol, quirk) for protocol in protocols]
            require(any(constants), f'names a quirk that does not exist, or not in this protocol: {quirk}', 'quirks')
            found.append(next(filter(None, constants)))
        return ' | '.join(found)


def make_keys(words):
    def protocols(value):
        for item in items(value):
            words.read_language(item)
        return names(value)

    return {
        'name': ('name', some_text),
        'title': ('title', text),
        'application': ('application', all_of('struct dfut_rule', rule, 'application_count')),
        'bootloader': ('bootloader', all_of('struct dfut_rule', rule, 'bootloader_count')),
        'triggers': ('triggers', all_of('struct dfut_trigger', words.read_trigger, 'trigger_count')),
        'protocol': ('protocol', words.read_language),
        'protocols': ('protocols', protocols),
        'raw_at_start': ('raw_at_start', flag),
        'quirks': (None, items),
        'leave': ('leave', leave),
        'manifest_ms': ('manifest_ms', number(1, LONGEST_MS)),
        'commands': ('commands', all_of('struct dfut_command', command, 'command_count')),
        'help': ('help', names),
        'slots': ('slots', lambda value: struct(members(value, SLOTS, 'slots'))),
        'other_files': ('other_files', words.read_language),
        'machine': ('machine', text),
        'port': ('port', number(0, 255)),
        'part': ('part', text),
        'sources': (None, names),
    }


def make_entry(entry, words):
    made = members(entry, make_keys(words), 'devices')
    require('name' in entry, 'is missing', 'name')
    require(not ('protocol' in entry and 'protocols' in entry), 'can\'t be given with "protocol"', 'protocols')
    require(entry.get('application') or entry.get('bootloader'), 'and "bootloader" are missing: no device would ever fit',
            'application')
    if 'quirks' in entry:
        made['quirks'] = words.read_quirks(entry)
    return struct({'title': made['name'], 'protocol': '""', 'port': '-1'} | made)


# The index.

def make_index(devices):
    """For each vendor, and for those that no row names (None), the rows in which a device of it may be."""
    entries = [[rule_ for key in ('application', 'bootloader') for rule_ in device.get(key, [])] for device in devices]
    generic = [row for row, rules_ in enumerate(entries) if any('ids' not in rule_ for rule_ in rules_)]
    index = {None: set(generic)}
    for row, rules_ in enumerate(entries):
        for vendor in {split_ids(value)[0] for rule_ in rules_ for value in rule_.get('ids', [])}:
            index.setdefault(vendor, set(generic)).add(row)
    return index


def make_vendors(index):
    rows, vendors = sorted(index.pop(None)), []
    count = len(rows)
    for vendor in sorted(index):
        vendors.append(f'\t{{ 0x{vendor:04x}, {len(rows)}, {len(index[vendor])} }},\n')
        rows += sorted(index[vendor])
    yield 'static const uint16_t candidates[] = { ' + ', '.join(map(str, rows)) + ' };\n\n'
    yield 'static const struct dfut_vendor vendors[] = {\n' + ''.join(vendors) + '};\n\n'
    yield 'const struct dfut_builtin dfut_builtin_devices = {\n'
    yield '\tentries, DFUT_COUNT(entries), vendors, DFUT_COUNT(vendors), candidates, '
    yield f'{count},\n}};\n'


def make(table, words):
    devices = items(table['devices'])
    entries = []
    for device in devices:
        try:
            entries.append(make_entry(device, words))
        except Wrong as wrong:
            name = device.get('name') if isinstance(device, dict) else device
            raise Wrong(f'device "{name}": "{wrong.key}": {wrong.what}') from wrong
    yield HEAD
    yield ''.join(f'#include {header}\n' for header in sorted(words.headers | {'"table/table.h"', '"language/language.h"'}))
    yield '\nstatic const struct dfut_entry entries[] = {\n'
    yield ''.join(f'{entry},\n' for entry in entries)
    yield '};\n\n'
    yield from make_vendors(make_index(devices))


def refuse_twice(pairs):
    result = dict(pairs)
    require(len(result) == len(pairs), 'an object has a key twice: ' + ', '.join(key for key, _ in pairs))
    return result


def main(source, lib, target):
    try:
        table = json.loads(Path(source).read_text(encoding='utf-8'), object_pairs_hook=refuse_twice)
        require(isinstance(table, dict) and table.get('format') == FORMAT and set(table) == {'format', 'devices'},
                f'must have "format": {FORMAT} and a list "devices", no more')
        made = ''.join(make(table, Words(Path(lib))))
    except (Wrong, ValueError) as error:
        sys.exit(f'{source}: {error}')
    Path(target).write_text(made, encoding='ascii')


if __name__ == '__main__':
    main(*sys.argv[1:])
