# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

"""The table: who calls dfu-util, with which words, for what, and how the caller reads what it printed.

In words, {file} is what is flashed, {out} where an upload goes, {path}, {serial} and {devnum} those of the first device.
"""

import collections

import parsers

# A virtual device, the mode that it is in, which of its memories has other content at the start, and one more beside it.
Device = collections.namedtuple("Device", "spec mode memory beside", defaults=[""])

# Wishes: what is true of the device, or of the file that was written, if the caller got what it wanted.
Holds = collections.namedtuple("Holds", "memory offset", defaults=["memory0", 0])
Reads = collections.namedtuple("Reads", "memory offset size", defaults=["memory0", 0, None])
Erased = collections.namedtuple("Erased", "memory")
Mode = collections.namedtuple("Mode", "mode")
Lists = collections.namedtuple("Lists", "")
Refused = collections.namedtuple("Refused", "")

# file: plain, dfuse=VID:PID, suffix=VID:PID, mcuboot, esp, missing, or there if {out} is. as_user: not root. is_late:
# plugged in when the program waits. is_short: belongs to each push. apart: why dfu-util 0.11 does something else, which is
# then not compared.
Call = collections.namedtuple("Call", "caller source device words wish parser file is_short as_user is_late apart",
                              defaults=[parsers.nothing, "plain", False, False, False, ""])

QUICK_DFUSE = "erase-percent=0,program-percent=0,return-ms=100"


def dfuse(chip, options=""):
    """A chip with a DfuSe bootloader, as quick as it can be."""
    return Device(f"{chip}:{QUICK_DFUSE}{',' if options else ''}{options}", "bootloader", "flash")


def dfu(ids, options="", mode="bootloader", memory="memory0"):
    """A device by the specification, as quick as it can be."""
    vendor, product = ids.split(":")
    return Device(f"dfu:poll-ms=0,manifest-ms=0,detach-ms=20,return-ms=100,vid={vendor},pid={product}"
                  f"{',' if options else ''}{options}", mode, memory)


DEVICES = {
    "stm32": dfuse("stm32f072"),
    "stm32f4": dfuse("stm32f405", "mass-poll-ms=0"),
    "axoloti": dfuse("stm32f405", "largest-block=4096,oversize=write"),
    "two stm32": dfuse("stm32f072")._replace(beside="stm32f072:serial=206E35692032"),
    "locked": dfuse("stm32f405", "mass-poll-ms=0,rdp=yes"),
    "gd32": dfuse("gd32vf103"),
    "at32": dfuse("stm32f072", "rom-vid=2e3c,rom-pid=df11"),
    "apm32": dfuse("stm32f072", "rom-vid=314b,rom-pid=0106"),
    "photon": dfuse("stm32f405", "rom-vid=2b04,rom-pid=d006"),
    "portenta": dfuse("stm32f405", "rom-vid=2341,rom-pid=035b"),
    "giga": dfuse("stm32f405", "rom-vid=2341,rom-pid=0366"),
    "black magic": dfuse("stm32f072", "rom-vid=1d50,rom-pid=6017,option-bytes=no"),
    "runtime": Device(f"usbd-dfu-rt:{QUICK_DFUSE}", "application", "flash"),
    "kiibohd": dfu("1c11:b007"),
    "maple": dfu("1eaf:0003", "alternates=3,release=0201", memory="memory2"),
    "smoothie": dfu("1d50:6015"),
    "uno r4": dfu("2341:0369", "flavour=tinyusb"),
    "nano esp32": dfu("2341:0070", "flavour=tinyusb", mode="application"),
    "arduino 101": dfu("8087:0aba", "alternates=8,transfer-size=2048,release=0100,"
                       "names=ble_core/x86_rom/x86_boot/x86_app/config/panic/events/sensor_core", memory="memory7"),
    "lpc": dfu("1fc9:000c", "version=1.0,transfer-size=2048,upload=no,release=0100"),
    "fomu": dfu("1209:5bf0"),
    "orangecrab": dfu("1209:5af0", "alternates=2", memory="memory1"),
    "riot": dfu("1209:7d02", "alternates=2,names=RIOT-OS Slot 0/RIOT-OS Slot 1"),
    "riot application": dfu("1209:7d02", "alternates=2", mode="application"),
    "board in rack": dfu("1209:0001", "alternates=2", mode="application"),
    "u-boot": dfu("0451:6165", "alternates=3,transfer-size=4096,names=bootloader/tispl.bin/u-boot.img"),
    "allwinner": dfu("1f3a:1010", "alternates=4,transfer-size=4096,names=all/u-boot/dtb/rom", memory="memory2"),
    "openmv": dfu("37c5:9204", "alternates=3", memory="memory2"),
    "zephyr": Device("zephyr:poll-ms=0,erase-ms=0,detach-ms=20,return-ms=100", "bootloader", "slot1"),
    "zephyr application": Device("zephyr:poll-ms=0,erase-ms=0,detach-ms=20,return-ms=100", "application", "slot1"),
    "zephyr legacy": Device("zephyr:stack=legacy,poll-ms=0,erase-ms=0,detach-ms=20,return-ms=100", "bootloader", "slot1"),
    "esp32-s2": Device("esp32-s2:erase-percent=0,manifest-ms=100,return-ms=100", "bootloader", "flash"),
    "esp32-s2 download": Device("esp32-s2:erase-percent=0,manifest-ms=100,return-ms=100", "download", "flash"),
    "sln voice": Device("sln-voice:write-ms=0,manifest-ms=0,return-ms=100,size=65536", "application", "upgrade"),
}

FLASH = Holds("flash")
WEST = "Zephyr: scripts/west_commands/runners/dfu.py"
LABGRID = "labgrid: labgrid/driver/dfudriver.py"
QMK = "qmk_firmware: lib/python/qmk/flashers.py"
QMK_MAKE = "qmk_firmware: platforms/chibios/flash.mk"
RIOT = "RIOT: makefiles/tools/dfu-util.inc.mk"
IDF = "esp-idf: tools/cmake/run_dfu_util.cmake"
PARTICLE = "particle-cli: src/lib/dfu.js"
MBED = "ArduinoCore-mbed: platform.txt"
MAPLE = "Arduino_STM32: tools/linux/maple_upload"
UBOOT = "u-boot: test/py/tests/test_dfu.py"
KLIPPER = "klipper: scripts/flash_usb.py"
INAV = "inav: docs/USB Flashing.md"
HACKRF = "hackrf: docs/source/updating_firmware.rst"
XMOS = "sln_voice: doc/programming_guide, ffva"
DAISY = "libDaisy: core/Makefile"
OPENMV = "openmv-ide: src/plugins/openmv/tools/dfu-util.cpp"
ARDUINO_101 = "arduino101load: main.go, arduino101load_linux.sh"
UPDATER = "updaters for Klipper boards: dfu-util -l, then -S"
LPCSCRYPT = "LPCScrypt: scripts/boot_lpcscrypt.cmd"
NUMWORKS = "NumWorks epsilon: build/targets.device.mak"

DOWNLOADED = parsers.all_of(parsers.particle_success, parsers.done_words, parsers.last_percent, parsers.progress_labels)

CALLERS = [
    # Lists
    Call("west flash, looking", WEST, "stm32f4", "-d,0483:df11 -l", Lists(), parsers.alternate(0), is_short=True),
    Call("west flash, not there", WEST, "maple", "-d,0483:df11 -l", Lists(), parsers.alternate(0)),
    Call("west flash, by name", WEST, "arduino 101", "-d,8087:0aba -l", Lists(), parsers.alternate("ble_core")),
    Call("west flash, application", WEST, "zephyr application", "-d,2fe3:0005 -l", Lists(), parsers.alternate(0)),
    Call("labgrid list", LABGRID, "board in rack", "-p {path} --list", Lists(), parsers.keys),
    Call("labgrid list, bootloader", LABGRID, "zephyr", "-p {path} --list", Lists(), parsers.keys),
    Call("QMK make", QMK_MAKE, "apm32", "-l", Lists(), parsers.is_found),
    Call("Particle", PARTICLE, "photon", "-l", Lists(), parsers.particle_ids, is_short=True),
    Call("OpenMV IDE", OPENMV, "openmv", "-l", Lists(), parsers.openmv_devices),
    Call("OpenMV IDE, no rights", OPENMV, "stm32", "-l", Lists(), parsers.openmv_devices, as_user=True),
    Call("NumWorks", NUMWORKS, "stm32f4", "-l", Lists(), parsers.has_internal_flash),
    Call("shell scripts", "a script for many STM32: grep and sed", "stm32f4", "-l", Lists(), parsers.flash_serials),
    Call("Arduino 101", ARDUINO_101, "arduino 101", "-l -d ,8087:0ABA", Lists(), parsers.first_words("sensor_core")),
    Call("LPCScrypt", LPCSCRYPT, "lpc", "-l", Lists(), parsers.third_word),
    Call("idf.py dfu-list", IDF, "esp32-s2 download", "--list", Lists(), parsers.runtime_paths),
    Call("device pickers", "pickers of ids, serial number and layout", "gd32", "-l", Lists(), parsers.keys),
    Call("device pickers, many", "pickers of ids, serial number and layout", "allwinner", "-l", Lists(), parsers.keys,
         is_short=True),
    Call("Klipper updater", UPDATER, "stm32f4", "-l", Lists(), parsers.one_per_board),
    Call("Klipper updater, no rights", UPDATER, "stm32f4", "-l", Lists(), parsers.one_per_board, as_user=True),
    Call("Klipper updater, one id", UPDATER, "stm32f4", "-d 0483:df11 -S {serial} -l", Lists(), parsers.one_per_board),
    Call("Klipper updater, two", UPDATER, "two stm32", "-l", Lists(), parsers.one_per_board),
    Call("verbose list", "bug reports", "riot", "-v -l", Lists(), parsers.keys),
    Call("XMOS list", XMOS, "sln voice", "-l", Lists(), parsers.keys),
    Call("doctors", "tool checks: the first line of --version", "stm32", "--version", Lists(), parsers.version),
    Call("doctors, short", "ReSpeaker: dfu-util -V", "stm32", "-V", Lists(), parsers.version),
    # DfuSe bootloaders
    Call("west flash --dfuse", WEST, "stm32f4", "-d,0483:df11 -s 0x8000000:leave -a 0 -D {file}", FLASH, DOWNLOADED,
         is_short=True),
    Call("PlatformIO ststm32", "platform-ststm32: builder/main.py, protocol dfu", "stm32",
         "-d vid:pid,0x0483:0xDF11 -a 0 -s 0x08000000:leave -D {file}", FLASH, DOWNLOADED, is_short=True),
    Call("PlatformIO at32", "platform-arterytekat32: builder/main.py", "at32",
         "-d 0x2E3C:0xDF11 -a 0 -s 0x08000000:leave -D {file}", FLASH, DOWNLOADED, file="suffix=2e3c:df11"),
    Call("Arduino mbed", MBED, "portenta",
         "--device 0x2341:0x035b -D {file} -a0 --dfuse-address=0x08040000:leave", Holds("flash", 0x40000), is_short=True),
    Call("qmk flash", QMK, "stm32", "-a 0 -d 0483:DF11 -s 0x08000000:leave -D {file}", FLASH),
    Call("qmk flash, APM32", QMK, "apm32", "-a 0 -d 314b:0106 -s 0x08000000:leave -D {file}", FLASH),
    Call("qmk flash, GD32V", QMK, "gd32", "-a 0 -d 28e9:0189 -s 0x08000000:leave -D {file}", FLASH),
    Call("RIOT, DfuSe", RIOT, "stm32f4",
         "--device 0483:df11 --alt 0 --download {file} --dfuse-address 0x08000000:leave", FLASH),
    Call("RIOT, serial number", RIOT, "stm32f4", "--device 0483:df11 --alt 0 --download {file}"
         " --dfuse-address 0x08000000:leave --serial {serial}", FLASH),
    Call("Particle flash", PARTICLE, "photon", "-d 2b04:d006 -a 0 -i 0 -s 0x080A0000:leave -D {file}",
         Holds("flash", 0xa0000), parsers.particle_success),
    Call("Particle read", PARTICLE, "photon", "-d 2b04:d006 -a 0 -s 0x080A0000:4096 -U {out}",
         Reads("flash", 0xa0000, 4096), is_short=True),
    Call("Particle file system", "device-os-flash scripts", "photon", "-d ,2b04:d006 -a 0 -s 0x08000000:8192 -U {out}",
         Reads("flash", 0, 8192)),
    Call("MicroPython deploy", "micropython: ports/stm32/Makefile", "stm32f4", "-a 0 -d 0x0483:0xDF11 -D {file}", FLASH,
         DOWNLOADED, file="dfuse=0483:df11"),
    Call("MicroPython, GIGA", "Arduino: MicroPython for GIGA R1", "giga", "-w -a 0 -d 2341:0366 -D {file}",
         Holds("flash", 0x40000), file="dfuse=2341:0366"),
    Call("MicroPython unprotect", "micropython: ports/stm32/boards of G30", "locked",
         "-s :unprotect:force -a 0 -d 0483:df11 -D {file}", Erased("flash"), file="dfuse=0483:df11"),
    Call("Black Magic Probe", "blackmagic: README.md, Updating firmware", "black magic",
         "-d 1d50:6018,:6017 -s 0x08002000:leave -D {file}", Holds("flash", 0x2000), is_short=True),
    Call("INAV", INAV, "stm32f4", "-d 0483:df11 --alt 0 -s 0x08000000:force:leave -D {file}", FLASH),
    Call("INAV, full erase", INAV, "stm32f4", "-d 0483:df11 --alt 0 -s 0x08000000:mass-erase:force:leave -D {file}", FLASH),
    Call("Qt front end, GD32", "a Qt configurator: QProcess", "gd32",
         "-d 28e9:0189 -a 0 -D {file} -s 0x08000000:mass-erase:force", FLASH, parsers.last_percent),
    Call("ArduPilot", "ardupilot: HAL_F4Light/support/UPLOAD", "stm32f4", "-a 0 --dfuse-address 0x08010000 -D {file} -R",
         Holds("flash", 0x10000), apart="its reset leaves the ROM running"),
    Call("Crazyflie", "crazyflie-firmware: Makefile, flash_dfu", "stm32f4", "-a 0 -D {file}", FLASH, file="dfuse=0483:df11"),
    Call("Daisy", DAISY, "stm32f4", "-a 0 -s 0x08000000:leave -D {file} -d ,0483:df11", FLASH),
    Call("Daisy, waiting", DAISY, "stm32f4", "-w -a 0 -s 0x08000000:leave -D {file} -d ,0483:df11", FLASH, is_late=True),
    Call("NuttX, keyberon", "keyberon: README.md", "stm32", "-d 0483:df11 -a 0 --dfuse-address 0x08000000 -D {file}", FLASH),
    Call("panda", "panda: board/recover.sh", "stm32f4", "-d 0483:df11 -a 0 -s 0x08004000 -D {file}", Holds("flash", 0x4000)),
    Call("Axoloti", "axoloti: platform_linux/upload_fw_dfu.sh", "axoloti", "--transfer-size 4096 --device 0483:df11 -i 0 -a 0"
         " -D {file} --dfuse-address=0x08000000:leave", FLASH, apart="it sends more than the ROM takes"),
    Call("CANine", "CANine: install script", "stm32", "-c 1 -i 0 -a 0 -s 0x08000000 -D {file}", FLASH),
    Call("NumWorks flash", NUMWORKS, "stm32f4", "-i 0 -a 0 -s 0x08000000:leave -D {file}", FLASH),
    Call("Klipper, by path", KLIPPER, "stm32", "-p {path} -R -a 0 -s 0x8002000:leave -D {file}", Holds("flash", 0x2000)),
    Call("Klipper, by ids", KLIPPER, "stm32", "-d ,0483:df11 -R -a 0 -s 0x8000000:leave -D {file}", FLASH),
    Call("Katapult", "katapult: README.md", "stm32f4",
         "-R -a 0 -s 0x08000000:mass-erase:force:leave -D {file} -d 0483:df11", FLASH, parsers.done_words),
    Call("Klipper updater, flash", UPDATER, "stm32f4",
         "-a 0 -d 0483:df11 -S {serial} -D {file} -s 0x08000000:force:mass-erase:leave", FLASH, DOWNLOADED),
    Call("Klipper updater, number", UPDATER, "stm32f4",
         "-a 0 -d 0483:df11 -n {devnum} -D {file} -s 0x08000000:leave", FLASH),
    Call("Klipper updater, one of two", UPDATER, "two stm32", "-S {serial} -a 0 -D {file} -s 0x08000000:leave", FLASH),
    Call("Klipper script, one of two", "a Klipper script: dfu-util -p $path", "two stm32",
         "-p {path} -a 0 -s 0x08000000:leave -D {file}", FLASH, parsers.particle_success),
    Call("robots, by layout", "a flash script: the alternate setting's whole name", "stm32f4",
         "-d 0483:df11 -a '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg' -s 0x08000000 -D {file}", FLASH),
    Call("Boxer", "boxer_firmware: installation guide", "stm32f4", "-v -d 0483:df11 -a 0 -s 0x08000000 -D {file}", FLASH,
         parsers.done_words),
    Call("shell scripts, read", "a script for many STM32", "stm32f4", "-a0 -s 0x8060000:4096:leave -U {out} -S {serial}",
         Reads("flash", 0x60000, 4096)),
    Call("make erase", "Makefiles of STM32G4 boards", "stm32f4", "--alt 0 --dfuse-address 0x08000000:mass-erase:force",
         Erased("flash")),
    Call("make dfu-unlock", "a justfile of a Rust project", "locked", "-a 0 -s :unprotect:force", Erased("flash")),
    # DFU 1.0 and 1.1
    Call("Zephyr sample", "Zephyr: samples/subsys/usb/dfu/README.rst", "zephyr", "--alt 1 --download {file}",
         Holds("slot1"), DOWNLOADED, is_short=True, file="mcuboot"),
    Call("Zephyr sample, legacy", "Zephyr: samples/subsys/usb/dfu/README.rst", "zephyr legacy", "--alt 1 --download {file}",
         Holds("slot1"), file="mcuboot"),
    Call("Zephyr sample, application", "Zephyr: samples/subsys/usb/dfu/README.rst", "zephyr application",
         "-d 2fe3:0005 --alt 1 --download {file} --reset", Holds("slot1"), file="mcuboot"),
    Call("west flash --alt NAME", WEST, "arduino 101", "-d,8087:0aba -a sensor_core -D {file}", Holds("memory7")),
    Call("Arduino 101 flash", ARDUINO_101, "arduino 101", "-d,8087:0ABA -D {file} -v --alt sensor_core -R", Holds("memory7"),
         parsers.done_words),
    Call("Arduino 101, number", "ardconfig: boards", "arduino 101", "-d 8087:0aba -a 7 -D {file}", Holds("memory7")),
    Call("labgrid download", LABGRID, "zephyr", "-p {path} --alt 1 --download {file}", Holds("slot1"), is_short=True,
         file="mcuboot"),
    Call("labgrid download, reset", LABGRID, "riot", "-p {path} --reset --alt 0 --download {file}", Holds()),
    Call("labgrid download, wait", LABGRID, "riot", "-p {path} --wait --reset --alt 0 --download {file}", Holds(),
         apart="its --wait takes the next word away"),
    Call("labgrid detach", LABGRID, "board in rack", "-p {path} --alt 0 --detach", Mode("bootloader"), is_short=True),
    Call("maple_upload", MAPLE, "maple", "-d 1EAF:0003 -a 2 -D {file} -R", Holds("memory2"), is_short=True),
    Call("Klipper, STM32F1", KLIPPER, "maple", "-d ,1eaf:0003 -R -a 2 -D {file}", Holds("memory2")),
    Call("Klipper, Smoothieboard", KLIPPER, "smoothie", "-d ,1d50:6015 -D {file}", Holds()),
    Call("uConsole keyboard", "qmk for uConsole: Makefile", "maple", "-w -d 1eaf:0003 -a 2 -D {file} -R", Holds("memory2"),
         is_late=True),
    Call("qmk flash, kiibohd", QMK, "kiibohd", "-a 0 -d 1c11:b007 -D {file}", Holds()),
    Call("QMK make, kiibohd", QMK_MAKE, "kiibohd", "-S {serial} -D {file}", Holds(), DOWNLOADED),
    Call("Arduino UNO R4", "ArduinoCore-renesas: platform.txt, without its fork's -Q", "uno r4",
         "--device 2341:0069,2341:0369 -a0 -D {file}", Holds()),
    Call("Arduino UNO R4, -Q", "ArduinoCore-renesas: platform.txt", "uno r4",
         "--device 2341:0069,2341:0369 -a0 -D {file} -Q", Holds(), apart="-Q is of Arduino's fork"),
    Call("Arduino Nano ESP32", "arduino-esp32: platform.txt, without its fork's -Q", "nano esp32",
         "--device 0x2341:0x0070 -D {file} -a 0", Holds()),
    Call("PlatformIO espressif32", "platform-espressif32: builder/main.py", "nano esp32",
         "-d 0x2341:0x0070 -Q -D {file}", Holds(), apart="-Q is of Arduino's fork"),
    Call("LPC-Link, make", "openMMC's rffe-uc-test: README.md", "lpc", "-d 0x1FC9:0x000C -c 0 -t 2048 -R -D {file}", Holds()),
    Call("LPCScrypt boot", LPCSCRYPT, "lpc", "-d 0x1fc9:c -c 0 -i 0 -t 2048 -R -D {file}", Holds()),
    Call("HackRF", HACKRF, "lpc", "--device 1fc9:000c --alt 0 --download {file}", Holds(), file="suffix=1fc9:000c"),
    Call("HackRF, reset", "hackrf scripts", "lpc", "--device 1fc9:000c --download {file} --reset", Holds(),
         file="suffix=1fc9:000c"),
    Call("Fomu", "fomu-workshop: make load", "fomu", "-D {file}", Holds(), file="suffix=1209:5bf0"),
    Call("Fomu, fusesoc", "fusesoc blinky: proginfo.py", "fomu", "-d 1209:5bf0 -D {file}", Holds()),
    Call("OrangeCrab", "serv: README.md", "orangecrab", "-d 1209:5af0 --alt 1 -D {file}", Holds("memory1")),
    Call("RIOT", RIOT, "riot", "--device 1209:7d02 --alt 0 --download {file} --reset", Holds()),
    Call("RIOT, detach", "RIOT: riotboot_dfu", "riot application", "-e -d 1209:7d02", Mode("bootloader")),
    Call("U-Boot test, write", UBOOT, "u-boot", "-a 0 -D {file} -p {path}", Holds(), is_short=True),
    Call("U-Boot test, read", UBOOT, "u-boot", "-a 0 -U {out} -p {path}", Reads()),
    Call("TI boot", "Processor SDK: DFU boot", "u-boot", "-c 1 -i 0 -a 0 -D {file}", Holds()),
    Call("TI boot, by name", "u-boot: doc/board/ti", "u-boot", "-R -a bootloader -D {file}", Holds()),
    Call("Allwinner", "buildroot for F1C: dfu scripts", "allwinner", "-a dtb -D {file}", Holds("memory2")),
    Call("Allwinner, last", "buildroot for F1C: dfu scripts", "allwinner", "-R -a dtb -D {file}", Holds("memory2")),
    Call("OpenMV", "openmv: docs, scripts", "openmv", "-w -d ,37c5:9204 -a 2 -D {file} --reset", Holds("memory2"),
         is_late=True),
    Call("XMOS upgrade", XMOS, "sln voice", "-e -d ,20b1:4001 -a 1 -D {file}", Holds("upgrade")),
    Call("XMOS read", XMOS, "sln voice", "-e -d ,20b1:4001 -a 1 -U {out}", Reads("upgrade")),
    Call("idf.py dfu-flash", IDF, "esp32-s2", "-d 303a:2 -D {file}", Holds("flash", 0x10000), file="esp"),
    Call("idf.py dfu-flash --path", IDF, "esp32-s2", "-d 303a:2 --path {path} -D {file}", Holds("flash", 0x10000), file="esp"),
    Call("usbd-dfu-rt", "usbd-dfu-rt: README.md", "runtime", "-d 1209:0001,0483:df11 -E 3 -a 0 -s 0x08000000:leave -D {file}",
         FLASH),
    # What can't be done
    Call("none of two", QMK, "two stm32", "-a 0 -d 0483:df11 -s 0x08000000:leave -D {file}", Refused()),
    Call("no device", "Klipper scripts: grep -iE", "maple", "-d ,0483:df11 -a 0 -s 0x08000000:leave -D {file}", Refused(),
         parsers.no_device_words, is_short=True),
    Call("no rights", PARTICLE, "stm32", "-d 0483:df11 -a 0 -s 0x08000000 -D {file}", Refused(), parsers.no_device_words,
         as_user=True),
    Call("another device's file", HACKRF, "lpc", "--device 1fc9:000c --alt 0 --download {file}", Refused(),
         file="suffix=1209:5bf0"),
    Call("no file", QMK, "kiibohd", "-a 0 -d 1c11:b007 -D {file}", Refused(), file="missing"),
    Call("outside of the flash", MBED, "portenta",
         "--device 0x2341:0x035b -D {file} -a0 --dfuse-address=0x09000000:leave", Refused()),
    Call("no such name", UBOOT, "u-boot", "-a kernel -D {file}", Refused(), parsers.particle_success),
    Call("file is there", UBOOT, "u-boot", "-a 0 -U {out} -p {path}", Refused(), file="there"),
    Call("no address", QMK_MAKE, "stm32", "-d 0483:df11 -a 0 -D {file}", Refused()),
]
