# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Makes the C source of the calls from the headers and the neutral tables: generate.py ROOT OUTPUT.

Each row of calls.i becomes a function for Node: its arguments are taken by the types of their declaration, structures cross as
objects with the names of their members. What has no row, or is in ELSEWHERE, is not there.
"""

import re
import sys
from pathlib import Path
from typing import NamedTuple

HEADERS = ('dfutrigger.h', 'dfutrigger-sim.h')
COMMENT = re.compile(r'/\*.*?\*/', re.DOTALL)
PREPROCESSOR = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
FUNCTION = re.compile(r'([\w\s*]+?)\b(dfut_\w+)\s*\(([^()]*)\)')
STRUCT = re.compile(r'struct dfut_(\w+) \{(.*?)\}', re.DOTALL)
ENUM = re.compile(r'enum dfut_\w+ \{(.*?)\}', re.DOTALL)
MEMBER = re.compile(r'(.*?)(\w+) ?(\[\d+\])?')
ROW = re.compile(r'^([A-Z_]+)\((.*)\)$', re.MULTILINE)

# What would keep Node from its other work until a device has answered. Prefixes.
ELSEWHERE = {
    'dfut_session_run': 'Node\'s loop drives the context',
    'dfut_device_diagnose': 'dfut_session_start_diagnose() does not block',
    'dfut_context_report': 'it asks each device',
    'dfut_handle_': 'each call blocks',
}

INTEGERS = {
    'int': ('INT_MIN', 'INT_MAX'),
    'unsigned int': ('0', 'UINT_MAX'),
    'uint8_t': ('0', 'UINT8_MAX'),
    'uint16_t': ('0', 'UINT16_MAX'),
    'uint32_t': ('0', 'UINT32_MAX'),
    # More is not exact as a number of JavaScript.
    'size_t': ('0', 'SAFE_INTEGER_MAX'),
    'uint64_t': ('0', 'SAFE_INTEGER_MAX'),
    'int64_t': ('-SAFE_INTEGER_MAX', 'SAFE_INTEGER_MAX'),
}
HANDLERS = {
    'dfut_log_handler': ('HANDLER_LOG', 'on_log'),
    'dfut_device_handler': ('HANDLER_DEVICE', 'on_device'),
    'dfut_progress_handler': ('HANDLER_PROGRESS', 'on_progress'),
    'dfut_writer': ('HANDLER_WRITER', 'on_bytes'),
    'dfut_explain_handler': ('HANDLER_LINE', 'on_line'),
}
NO_ERROR = {'VALUE', 'NUMBER', 'FACT', 'ANYTIME', 'STATIC'}
IS_RESULT = {'COUNT', 'NUMBER', 'VALUE', 'FACT', 'ANYTIME', 'STATIC'}


class Parameter(NamedTuple):
    """A parameter of a function, or a member of a structure."""

    type: str
    name: str

    @property
    def pointed(self):
        """NAME of `struct dfut_NAME *`, const or not; None of all else."""
        match = re.fullmatch(r'(?:const )?struct dfut_(\w+) \*', self.type)
        return match and match[1]

    @property
    def made(self):
        """NAME of `struct dfut_NAME **`."""
        match = re.fullmatch(r'struct dfut_(\w+) \*\*', self.type)
        return match and match[1]

    @property
    def integer(self):
        """The type of numbers that it is, if it is one."""
        return 'int' if self.type.startswith('enum ') else self.type if self.type in INTEGERS else None


class Function(NamedTuple):
    """A declaration."""

    name: str
    result: str
    parameters: list


def camel(name):
    head, *tail = name.lower().split('_')
    return head + ''.join(word.capitalize() for word in tail)


def to_parameter(text):
    match = re.fullmatch(r'(.*?)(\w+)', text)
    return Parameter(match[1].strip(), match[2])


class Headers:
    """What the headers declare."""

    def __init__(self, folder):
        self.functions, self.structs, self.constants = {}, {}, []
        for name in HEADERS:
            text = PREPROCESSOR.sub('', (folder / name).read_text(encoding='utf-8'))
            text = ' '.join(COMMENT.sub(' ', text).split())
            for struct in STRUCT.finditer(text):
                self.structs[struct[1]] = [self.member(part) for part in struct[2].split(';') if part.strip()]
            for enum in ENUM.finditer(text):
                self.constants += re.findall(r'DFUT_(\w+) =', enum[1])
            for statement in re.split(r'[;{}]', text):
                match = FUNCTION.fullmatch(statement.strip())
                if match and 'typedef' not in statement:
                    parameters = [] if match[3] == 'void' else [to_parameter(part.strip()) for part in match[3].split(',')]
                    self.functions[match[2]] = Function(match[2], match[1].strip(), parameters)

    @staticmethod
    def member(text):
        match = MEMBER.fullmatch(text.strip())
        return Parameter(match[1].strip() + (' []' if match[3] else ''), match[2]) if match else Parameter(text, '')


class Tables:
    """The rows of the neutral tables."""

    def __init__(self, folder):
        self.calls = self.rows(folder / 'calls.i')
        objects = self.rows(folder / 'objects.i')
        self.owners = {row[1]: row[2] for row in objects if row[0] in ('OBJECT', 'PART')}
        self.carried = {row[1]: row[2] for row in objects if row[0] == 'CARRIER'}
        self.counted = {row[1] for row in objects if row[0] == 'COUNTED'}
        self.lists = {row[1]: row[2:] for row in self.rows(folder / 'lists.i') if row[0] == 'LIST_OBJECT'}

    @staticmethod
    def rows(path):
        text = COMMENT.sub('', path.read_text(encoding='utf-8'))
        return [(kind, *(word.strip() for word in words.split(','))) for kind, words in ROW.findall(text)]


class Structs:
    """Functions that take structures from objects, and tell them as objects."""

    def __init__(self, headers, tables):
        self.headers = headers
        self.tables = tables
        self.told, self.taken = {}, {}

    def tell(self, name):
        """The function that tells a structure."""
        if name not in self.told:
            lines = [f'napi_value tell_{name}(struct call *call, const struct dfut_{name} *from)', '{',
                     '\tnapi_value object = tell_object(call);', '']
            for member in self.headers.structs[name]:
                lines += self.tell_member(member)
            self.told[name] = '\n'.join([*lines, '\treturn object;', '}', ''])
        return f'tell_{name}'

    def tell_member(self, member):
        value = f'from->{member.name}'
        if member.type == 'const uint8_t *':
            return
        if member.type in ('const char *', 'char []'):
            told = f'tell_text(call, {value})'
        elif member.type == 'bool':
            told = f'tell_bool(call, {value})'
        elif member.integer:
            told = f'tell_number(call, (double){value})'
        else:
            raise ValueError(f'a member of type {member.type}')
        yield f'\tput(call, object, "{camel(member.name)}", {told});'

    def take(self, name):
        """The function that takes a structure, and tells whether there is one."""
        if name not in self.taken:
            lines = [f'static bool take_{name}(struct call *call, struct dfut_{name} *to)', '{', '\tbool is_there;',
                     '\tnapi_value object = take_value(call, &is_there);', '', '\tif (!is_there)', '\t\treturn false;']
            for member in self.headers.structs[name]:
                lines += self.take_member(name, member)
            self.taken[name] = '\n'.join([*lines, '\treturn true;', '}', ''])
        return f'take_{name}'

    def take_member(self, name, member):
        key = f'call, object, "{camel(member.name)}"'
        if member.name == 'size':
            return
        if member.type == 'const char *':
            yield f'\tget_text({key}, &to->{member.name});'
        elif member.integer:
            least, most = INTEGERS[member.integer]
            cast = f'({member.type})'
            yield f'\tto->{member.name} = {cast}get_number({key}, (double)to->{member.name}, {least}, {most});'
        elif member.pointed and self.tables.carried.get(name) == member.pointed:
            yield f'\tto->{member.name} = get_native({key}, &{member.pointed}_kind);'
        else:
            raise ValueError(f'a member of type {member.type}')


class Wrapper:
    """The function for one row of calls.i."""

    def __init__(self, row, function, structs):
        self.row, self.function, self.structs = row, function, structs
        self.tables = structs.tables
        self.variables, self.taking, self.passed, self.outs = [], [], [], []
        self.owners = {}
        self.bytes = None
        parameters = list(function.parameters)
        while parameters:
            self.add(parameters.pop(0), parameters)

    @property
    def number(self):
        return len(self.passed) + 1

    def add(self, parameter, rest):
        """One parameter, and what belongs to it of those that follow."""
        name = parameter.name
        if parameter.pointed in self.tables.owners:
            self.owners[self.number] = f'{name}_object'
            self.variables.append(f'struct object *{name}_object')
            self.taking.append(f'{name}_object = take_object(&call, &{parameter.pointed}_kind);')
            self.passed.append(f'{name}_object->native')
        elif parameter.made:
            self.variables.append(f'struct dfut_{parameter.made} *{name} = NULL')
            self.outs.append((name, parameter.made))
            self.passed.append(f'&{name}')
        elif parameter.pointed and parameter.type.startswith('const'):
            self.add_struct(parameter)
        elif parameter.pointed:
            self.variables.append(f'struct dfut_{parameter.pointed} {name} = {{ 0 }}')
            self.outs.append((name, f'{self.structs.tell(parameter.pointed)}(&call, &{name})'))
            self.passed.append(f'&{name}')
            if rest and rest[0].name == f'{name}_size':
                rest.pop(0)
                self.passed.append(f'sizeof({name})')
        elif parameter.type in HANDLERS:
            rest.pop(0)
            slot, called = HANDLERS[parameter.type]
            self.variables.append(f'bool has_{name}')
            self.taking.append(f'has_{name} = take_handler(&call, {self.owners[1]}, {slot});')
            self.passed += [f'has_{name} ? {called} : NULL', self.owners[1]]
        elif parameter.type in ('const void *', 'void *'):
            self.add_bytes(parameter, rest.pop(0))
        else:
            self.add_plain(parameter)

    def add_struct(self, parameter):
        kind, name = parameter.pointed, parameter.name
        initial = '= DFUT_MATCH_INIT' if kind == 'match' else f'= {{ .size = sizeof(struct dfut_{kind}) }}'
        self.variables += [f'struct dfut_{kind} {name} {initial}', f'bool has_{name}']
        self.taking.append(f'has_{name} = {self.structs.take(kind)}(&call, &{name});')
        self.passed.append(f'has_{name} ? &{name} : NULL')

    def add_bytes(self, data, length):
        self.variables += [f'void *{data.name}', f'size_t {length.name}']
        most = INTEGERS[length.type][1] if length.type != 'size_t' else 'SIZE_MAX'
        self.taking.append(f'{data.name} = take_bytes(&call, &{length.name}, {most});')
        self.passed += [data.name, f'({length.type}){length.name}']

    def add_plain(self, parameter):
        name = parameter.name
        if parameter.type == 'const char *':
            self.variables.append(f'const char *{name}')
            self.taking.append(f'{name} = take_text(&call);')
        elif parameter.type == 'bool':
            self.variables.append(f'bool {name}')
            self.taking.append(f'{name} = take_bool(&call);')
        elif parameter.integer:
            least, most = INTEGERS[parameter.integer]
            self.variables.append(f'{parameter.type} {name}')
            self.taking.append(f'{name} = ({parameter.type})take_number(&call, {least}, {most});')
        elif parameter.type == 'const char **':
            self.variables.append(f'const char *{name} = NULL')
            self.outs.append((name, f'tell_text(&call, {name})'))
            name = f'&{name}'
        elif parameter.type == 'uint16_t *':
            self.variables.append(f'uint16_t {name} = 0')
            self.outs.append((name, f'tell_number(&call, {name})'))
            name = f'&{name}'
        elif parameter.type == 'size_t *' and self.function.result == 'const uint8_t *':
            self.variables.append(f'size_t {name} = 0')
            self.bytes = name
            name = f'&{name}'
        else:
            raise ValueError(f'{self.function.name}: a parameter of type {parameter.type}')
        self.passed.append(name)

    def owner(self, place):
        return self.owners.get(int(self.row[place])) if len(self.row) > place else None

    def tell_made(self, name, kind):
        if kind in self.tables.lists:
            return f'tell_{kind}(&call, {name}, get_top({self.owners[2]}))'
        keeper = {'nobody': 'NULL', 'context': 'get_top({})', 'maker': '{}'}.get(self.tables.owners[kind], '{}')
        return f'wrap(&call, &{kind}_kind, {name}, {keeper.format(self.owners.get(2))})'

    def tell_result(self):
        result = self.function.result
        if result == 'const char *':
            return 'tell_text(&call, result)'
        if result == 'bool':
            return 'tell_bool(&call, result)'
        if result == 'const uint8_t *':
            return f'tell_bytes(&call, result, {self.bytes})'
        pointed = Parameter(result, '').pointed
        if pointed in self.tables.counted:
            return f'wrap_{pointed}(&call, result, get_top({self.owners[1]}))'
        if pointed:
            return f'result ? {self.structs.tell(pointed)}(&call, result) : tell_null(&call)'
        return 'tell_number(&call, (double)result)'

    def told(self):
        """(name, expression) of all that comes back."""
        outs = [(name, self.tell_made(name, made) if made in self.tables.owners or made in self.tables.lists else made)
                for name, made in self.outs]
        if self.function.result != 'void' and (self.function.result != 'int' or self.row[0] in IS_RESULT):
            outs.insert(0, ('result', self.tell_result()))
        return outs

    def tell(self):
        told = self.told()
        if not told:
            return []
        if len(told) == 1:
            return [f'\ttold = {told[0][1]};']
        return ['\ttold = tell_object(&call);', *(f'\tput(&call, told, "{camel(name)}", {value});' for name, value in told)]

    def call(self):
        """The call, in whose turn, and what happens if it fails."""
        kind = self.row[0]
        result = '' if self.function.result == 'void' else 'result = '
        turn = self.owner(3 if kind in ('CALL_INSIDE', 'JOIN') else 2)
        words = self.owner(2) if kind == 'JOIN' else turn
        lines = [f'\tenter({turn});'] if turn else []
        lines.append(f'\t{result}{self.function.name}({", ".join(self.passed)});')
        if kind == 'JOIN':
            lines += ['\tif (result == 0)', f'\t\tjoin({self.owner(2)}, {turn});']
        after = [f'\tleave({turn});'] if turn else []
        tell = self.tell()
        if kind not in NO_ERROR and self.function.result == 'int':
            lines += ['\tif (result < 0)', f'\t\traise_error(&call, {words or "NULL"}, result);']
            tell = ['\telse {', *('\t' + line for line in tell), '\t}'] if tell else []
        lines += tell
        return lines + after

    def source(self):
        result = [] if self.function.result == 'void' else [
            f'{"int" if self.function.result == "dfut_event" else self.function.result} result']
        name = self.function.name.removeprefix('dfut_')
        call = self.call()
        told = ['napi_value told = NULL'] if any('told =' in line for line in call) else []
        variables = ['struct call call', *told, *self.variables, *result]
        return '\n'.join([
            f'static napi_value call_{name}(napi_env env, napi_callback_info info)', '{',
            *(f'\t{variable};' for variable in variables), '',
            '\tbegin_call(&call, env, info);',
            *(f'\t{line}' for line in self.taking),
            *(['\tif (call.has_failed)', '\t\treturn end_call(&call, NULL);'] if self.taking else []),
            *call,
            f'\treturn end_call(&call, {"told" if told else "NULL"});', '}', ''])


HEAD = '''/* Made by generate.py of the headers and the tables in bindings/; not to be edited. */

#include "calls.h"

#include <limits.h>
#include <stdint.h>

#include "arguments.h"
#include "handlers.h"
#include "lists.h"
#include "object.h"
'''


def bound(row):
    return row[0] != 'UNBOUND' and not any(row[1].startswith(name) for name in ELSEWHERE)


def generate(root):
    headers, tables = Headers(root / 'include'), Tables(root / 'bindings')
    structs = Structs(headers, tables)
    rows = [row for row in tables.calls if bound(row)]
    wrappers = [Wrapper(row, headers.functions[row[1]], structs).source() for row in rows]
    names = [row[1].removeprefix('dfut_') for row in rows]
    structs.tell('progress')
    return '\n'.join([
        HEAD, *structs.told.values(), *structs.taken.values(), *wrappers,
        'const struct entry calls[] = {', *(f'\t{{ "{camel(name)}", call_{name} }},' for name in names),
        '\t{ NULL, NULL },', '};', '',
        'const struct constant constants[] = {', *(f'\t{{ "{name}", DFUT_{name} }},' for name in headers.constants),
        '\t{ NULL, 0 },', '};', ''])


if __name__ == '__main__':
    Path(sys.argv[2]).write_text(generate(Path(sys.argv[1])), encoding='utf-8')
