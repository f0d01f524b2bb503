# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
"""Each file of the library has a test program, or a reason to have none: tested.py [--self-test] ROOT.

A program is named after the file: lib/usb/reports.c is tested by tests/test-reports.c, lib/image/format/uf2.c by
tests/test-image-uf2.c, the folders in front of the name being left out from the right; a language may have one program of
its name. What several programs test together, and what has another name, is in the table.
"""

from tree import files, run

# File in lib/: the programs that test it, tests/test-NAME.c or a folder or file in tests/.
TESTED = {
    'base/facts.c': 'image session',
    'base/file.c': 'image sim-state',
    'core/engine.c': 'handle-calls following chaos',
    'core/event-epoll.c': 'bus',
    'core/request.c': 'chaos',
    'core/turn.c': 'turn',
    'device/alternates.c': 'device-list',
    'device/device.c': 'device-list',
    'device/look.c': 'looking',
    'device/match.c': 'device-list rooms',
    'device/registry.c': 'device-list',
    'device/target.c': 'choice trigger-ways',
    'handle/handle.c': 'handle-calls handle-misuse',
    'handle/hid.c': 'handle-calls',
    'handle/serial.c': 'handle-calls',
    'handle/usb.c': 'handle-calls handle-endpoints',
    'image/blocks.c': 'image-blocks',
    'image/buffer.c': 'image-esp image-nordic-pack',
    'image/convert.c': 'image-dfuse image-uf2',
    'image/file.c': 'image',
    'image/format/cpio.c': 'image-esp',
    'image/format/lmdfu.c': 'image-dfu-suffix',
    'image/format/lpc.c': 'image-dfu-suffix',
    'image/format/nordic-init.c': 'image-nordic fuzz/fuzz-nordic.c',
    'image/format/nordic-key.c': 'image-nordic-pack',
    'image/format/nordic-package.c': 'image-nordic',
    'image/format/records.c': 'image-ihex image-srec',
    'image/format/uf2-families.c': 'image-uf2',
    'image/format/zip.c': 'image-nordic',
    'image/images.c': 'words image',
    'image/pieces.c': 'image-ihex image-uf2',
    'language/atmel-flip/ask.c': 'atmel-flip update-atmel-flip',
    'language/atmel-flip/choice.c': 'update-atmel-flip upload-atmel-flip',
    'language/atmel-flip/core.c': 'atmel-flip update-atmel-flip-faults',
    'language/atmel-flip/image.c': 'update-atmel-flip-refusals',
    'language/atmel-flip/machine.c': 'atmel-flip update-atmel-flip-faults fuzz/fuzz-atmel-flip.c',
    'language/atmel-flip/parts.c': 'atmel-flip update-atmel-flip',
    'language/atmel-flip/plan.c': 'update-atmel-flip',
    'language/atmel-flip/upload.c': 'upload-atmel-flip',
    'language/atmel-flip/wire.c': 'atmel-flip',
    'language/dfu/core.c': 'update fuzz/fuzz-dfu.c',
    'language/dfu/machine.c': 'update fuzz/fuzz-dfu.c',
    'language/dfu/plan.c': 'update update-zephyr',
    'language/dfu/wire.c': 'update',
    'language/dfuse/commands.c': 'dfu-errors language',
    'language/dfuse/core.c': 'update-dfuse update-dfuse-quirks',
    'language/dfuse/leave.c': 'update-dfuse update-dfuse-quirks',
    'language/dfuse/machine.c': 'update-dfuse update-dfuse-faults',
    'language/dfuse/memory.c': 'update-dfuse-refusals',
    'language/dfuse/plan.c': 'update-dfuse-plan',
    'language/dfuse/steps.c': 'update-dfuse-plan',
    'language/dfuse/upload.c': 'upload-addresses update-dfuse-memories',
    'language/halfkay/machine.c': 'update-halfkay update-halfkay-faults fuzz/fuzz-halfkay.c',
    'language/halfkay/models.c': 'update-halfkay-refusals fuzz/fuzz-halfkay.c',
    'language/halfkay/plan.c': 'update-halfkay update-halfkay-refusals',
    'language/halfkay/wire.c': 'update-halfkay fuzz/fuzz-halfkay.c',
    'language/languages.c': 'device-table',
    'language/nordic/line.c': 'nordic-serial fuzz/fuzz-nordic-serial.c',
    'language/nordic/machine.c': 'nordic-serial fuzz/fuzz-nordic-serial.c',
    'language/nordic/plan.c': 'update-nordic',
    'language/nordic/wire.c': 'nordic-serial',
    'language/nordic-legacy/hci.c': 'nordic-legacy',
    'language/nordic-legacy/machine.c': 'nordic-legacy',
    'language/nordic-legacy/plan.c': 'nordic-legacy update-nordic',
    'language/qmk-hid/parts.c': 'update-qmk-hid',
    'language/qmk-hid/plan.c': 'update-qmk-hid update-qmk-hid-faults',
    'session/conductor.c': 'session following chaos',
    'session/configure.c': 'looking',
    'session/fit.c': 'update-zephyr choice',
    'session/jobs.c': 'session',
    'session/leaving.c': 'leaving',
    'session/part.c': 'language',
    'session/probe.c': 'trigger',
    'session/prospect.c': 'diagnose',
    'session/question.c': 'language',
    'session/teller.c': 'session',
    'session/upload.c': 'upload session update',
    'sim/bus/answer.c': 'sim',
    'sim/bus/device.c': 'sim',
    'sim/bus/endpoint.c': 'sim-cdc sim-hid sim-usbip',
    'sim/bus/fault.c': 'sim',
    'sim/bus/links.c': 'sim-cdc sim-hid',
    'sim/bus/pipes.c': 'sim-cdc',
    'sim/bus/record.c': 'sim',
    'sim/bus/rights.c': 'diagnose',
    'sim/bus/transport.c': 'sim',
    'sim/models/adafruit-nrf52.c': 'sim-adafruit',
    'sim/models/cdc-board.c': 'sim-loader',
    'sim/models/esp32-s2.c': 'sim-esp',
    'sim/models/esp32-s3-jtag.c': 'sim-cdc',
    'sim/models/flip.c': 'sim-flip sim-flip-units',
    'sim/models/jabra.c': 'sim-hid',
    'sim/models/leonardo.c': 'sim-cdc',
    'sim/models/nrf52840-keyboard.c': 'sim-nordic',
    'sim/models/pca10059.c': 'sim-nordic',
    'sim/models/pico.c': 'sim-cdc sim-picoboot sim-uf2',
    'sim/models/samd.c': 'sim-cdc',
    'sim/models/sinowealth-keyboard.c': 'sim-hid',
    'sim/models/sln-voice.c': 'sim-xmos',
    'sim/models/sonix-keyboard.c': 'sim-hid',
    'sim/models/stm32.c': 'sim-dfuse',
    'sim/models/teensy.c': 'sim-hid sim-halfkay',
    'sim/models/uf2-board.c': 'sim-uf2-board',
    'sim/models/usbd-dfu-rt.c': 'sim-dfuse',
    'sim/models/via-keyboard.c': 'sim-hid',
    'sim/models/webcam.c': 'sim-loader',
    'sim/models/xmos-audio.c': 'sim-xmos',
    'sim/models/xmos-flash.c': 'sim-xmos',
    'sim/models/zephyr-flash.c': 'sim',
    'sim/models/zephyr-legacy.c': 'sim',
    'sim/models/zephyr-new.c': 'sim',
    'sim/models/zephyr.c': 'sim',
    'sim/options.c': 'sim',
    'sim/parts/adafruit-dfu.c': 'sim-adafruit',
    'sim/parts/adafruit-hci.c': 'sim-adafruit',
    'sim/parts/board.c': 'sim-cdc',
    'sim/parts/cpio-files.c': 'sim-esp',
    'sim/parts/dfu-descriptors.c': 'sim',
    'sim/parts/dfu-device.c': 'sim update',
    'sim/parts/dfu-flip.c': 'sim language',
    'sim/parts/dfu-leaving.c': 'leaving',
    'sim/parts/dfu-mode.c': 'sim-xmos sim-esp',
    'sim/parts/dfu-rules.c': 'sim update',
    'sim/parts/dfu-sink.c': 'sim-hid',
    'sim/parts/dfu-store.c': 'sim-loader',
    'sim/parts/dfu-tinyusb.c': 'update',
    'sim/parts/dfu-units.c': 'alternates',
    'sim/parts/dfuse-flash.c': 'sim-dfuse',
    'sim/parts/drive-commands.c': 'sim-uf2',
    'sim/parts/drive.c': 'sim-uf2',
    'sim/parts/esp-dfu.c': 'sim-esp',
    'sim/parts/flip-atmel.c': 'sim-flip sim-flip-units',
    'sim/parts/flip-lufa.c': 'sim-flip',
    'sim/parts/flip-memory.c': 'sim-flip sim-flip-units',
    'sim/parts/flip-parts.c': 'sim-flip',
    'sim/parts/flip-rules.c': 'sim-flip sim-flip-units',
    'sim/parts/flip.c': 'sim-flip sim-flip-units',
    'sim/parts/ghost-fat.c': 'sim-uf2',
    'sim/parts/hid-device.c': 'sim-hid',
    'sim/parts/mcuboot.c': 'sim update-zephyr',
    'sim/parts/nordic-board.c': 'sim-nordic',
    'sim/parts/nordic-flash.c': 'sim-nordic',
    'sim/parts/nordic-init.c': 'sim-nordic',
    'sim/parts/nordic-requests.c': 'sim-nordic',
    'sim/parts/nordic-slip.c': 'sim-nordic',
    'sim/parts/nordic-validation.c': 'sim-nordic',
    'sim/parts/picoboot-commands.c': 'sim-picoboot',
    'sim/parts/picoboot-info.c': 'sim-picoboot',
    'sim/parts/picoboot.c': 'sim-picoboot',
    'sim/parts/raw-hid.c': 'sim-hid sim-flip-units',
    'sim/parts/rp-boot.c': 'sim-picoboot',
    'sim/parts/rp.c': 'sim-picoboot',
    'sim/parts/serial.c': 'sim-adafruit sim-nordic',
    'sim/parts/uf2-block.c': 'sim-uf2',
    'sim/parts/uf2-board.c': 'sim-uf2-board',
    'sim/parts/uf2-kinds.c': 'sim-uf2-board',
    'sim/parts/uf2-rp.c': 'sim-uf2',
    'sim/usbip/connection.c': 'sim-usbip',
    'sim/usbip/vhci.c': 'vm/test_usbip.py',
    'sim/usbip/wire.c': 'sim-usbip fuzz/fuzz-usbip.c',
    'table/command.c': 'device-table command',
    'table/reader.c': 'device-table',
    'table/rule.c': 'device-table',
    'table/table.c': 'device-table',
    'table/trigger.c': 'device-table',
    'transport/bus.c': 'vm/test_list.py vm/test_many.py',
    'transport/hid.c': 'vm/test_hid.py',
    'transport/holders-linux.c': 'vm/test_ports.py',
    'transport/look.c': 'vm/test_looking.py',
    'transport/node.c': 'vm/test_nodes_access.py',
    'transport/os-linux.c': 'vm/test_list.py vm/test_access.py',
    'transport/serial.c': 'vm/test_serial.py',
    'transport/transport.c': 'vm/test_faults.py',
    'transport/udev-look.c': 'vm/test_access.py udev',
    'transport/usb-handle.c': 'vm/test_update.py vm/test_faults.py',
    'transport/usb-linux.c': 'vm/test_looking.py vm/test_access.py',
    'transport/usb.c': 'vm/test_update.py vm/test_faults.py',
    'trigger/command.c': 'command',
    'trigger/control-request.c': 'trigger',
    'trigger/dfu-detach.c': 'trigger',
    'trigger/hid-report.c': 'trigger-ways',
    'trigger/nordic.c': 'trigger',
    'trigger/serial-lines.c': 'trigger-ways',
    'trigger/serial-touch.c': 'trigger-ways',
    'usb/dfu.c': 'descriptors',
}
NO_CODE = 'a constant: the table of a language'
LEFT_OUT = 'says that this build has it not: tests/run.sh builds without each library'
ELSEWHERE = 'for a system that the tests do not run on: tests/run.sh compiles it'
# File in lib/: why no program tests it.
UNTESTED = {
    'core/event-windows.c': ELSEWHERE,
    'image/format/elf-none.c': LEFT_OUT,
    'language/dfu/language.c': NO_CODE,
    'language/dfuse/language.c': NO_CODE,
    'language/halfkay/language.c': NO_CODE,
    'language/nordic/language.c': NO_CODE,
    'language/nordic-legacy/language.c': NO_CODE,
    'language/qmk-hid/language.c': NO_CODE,
    'sim/usbip/none.c': ELSEWHERE,
    'transport/bus-none.c': LEFT_OUT,
    'transport/hid-none.c': LEFT_OUT,
    'transport/os-other.c': ELSEWHERE,
    'transport/serial-none.c': LEFT_OUT,
    'transport/usb-list-none.c': LEFT_OUT,
    'transport/usb-list.c': ELSEWHERE,
    'transport/usb-none.c': LEFT_OUT,
    'transport/usb-other.c': ELSEWHERE,
}


def program(root, name):
    return root / 'tests' / (name if '/' in name else f'test-{name}.c')


def by_name(path):
    """The programs that the name of a file stands for."""
    *folders, stem = path.removesuffix('.c').split('/')
    own = folders[1:] if folders[0] == 'language' else []
    return [stem, *own, *(f'{folder}-{stem}' for folder in folders)]


def faults(root):
    known = {path.relative_to(root / 'lib').as_posix() for path in files(root / 'lib', '.c')}
    for name in sorted(known - TESTED.keys() - UNTESTED.keys()):
        if not any(program(root, one).exists() for one in by_name(name)):
            yield f'lib/{name}: no program tests it: tests/test-{by_name(name)[-1]}.c, or a row in tested.py'
    for name in sorted((TESTED.keys() | UNTESTED.keys()) - known):
        yield f'tested.py: there is no lib/{name}'
    for name in sorted(TESTED.keys() & UNTESTED.keys()):
        yield f'tested.py: lib/{name} has programs and a reason to have none'
    for name, programs in TESTED.items():
        for one in programs.split():
            if not program(root, one).exists():
                yield f'tested.py: lib/{name}: there is no {program(root, one).relative_to(root)}'


run(faults, ('lib', 'tests'), (
    ('lib/usb/planted.c', lambda text: '/* */\n', 'lib/usb/planted.c: no program tests it'),
    ('lib/sim/models/planted.c', lambda text: '/* */\n', 'lib/sim/models/planted.c: no program tests it'),
))
