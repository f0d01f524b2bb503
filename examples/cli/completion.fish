# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# fish completion for dfutrigger

set -l commands list trigger update upload command info pack doctor sim help
set -l device_commands list trigger update upload command doctor
set -l job_commands trigger update upload command
set -l checks format length checksum hash ids size version memory-map

complete -c dfutrigger -f
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a list -d "show devices, their modes and triggers"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a trigger -d "bring a device into its bootloader"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a update -d "put firmware into a device"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a upload -d "read a memory of a device into a file"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a command -d "tell a device to do something else"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a info -d "show what is in a firmware file"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a pack -d "convert, wrap or suffix a firmware file"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a doctor -d "find out why a device can't be used"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a sim -d "show virtual devices, or plug some in"
complete -c dfutrigger -n "not __fish_seen_subcommand_from $commands" -a help -d "explain a command"
complete -c dfutrigger -n "__fish_seen_subcommand_from help" -a "$commands exit-codes"
complete -c dfutrigger -n "__fish_seen_subcommand_from update upload info pack" -F

complete -c dfutrigger -l json -d "for programs"
complete -c dfutrigger -s q -l quiet -d "no progress, no message of success"
complete -c dfutrigger -s v -l verbose -d "log to the standard error"
complete -c dfutrigger -l devices -r -F -d "a table of devices to add"
complete -c dfutrigger -l sim -x -a "(dfutrigger sim 2>/dev/null | string replace -rf '^(\S+) +(.*)' '\$1\t\$2')" -d "a virtual device"
complete -c dfutrigger -l sim-record -r -F -d "write what the virtual devices were asked"
complete -c dfutrigger -s h -l help -d "explain the command"
complete -c dfutrigger -s V -l version -d "print the version"

complete -c dfutrigger -n "__fish_seen_subcommand_from $device_commands" -s d -l device -x -d "ids"
complete -c dfutrigger -n "__fish_seen_subcommand_from $device_commands" -s p -l path -x -d "port path"
complete -c dfutrigger -n "__fish_seen_subcommand_from $device_commands" -s S -l serial -x -d "serial number"
complete -c dfutrigger -n "__fish_seen_subcommand_from list $job_commands" -s a -l alt -x -d "alternate setting"
complete -c dfutrigger -n "__fish_seen_subcommand_from list doctor" -l all -d "also devices that nothing is known of"
complete -c dfutrigger -n "__fish_seen_subcommand_from list" -l probe -d "ask devices about themselves"
complete -c dfutrigger -n "__fish_seen_subcommand_from list" -l dfu-util -d "as dfu-util -l has it"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l how -x -d "use this trigger"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l control -x -d "use this control request as the trigger"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l feature-report -x -d "use this HID feature report as the trigger"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l output-report -x -d "use this HID output report as the trigger"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l touch -x -d "use a touch of the serial port as the trigger"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l interface -x -d "where that report or touch goes to"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l detach-timeout -x -d "wValue of DFU DETACH"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l timeout -x -d "seconds to leave, and to come back"
complete -c dfutrigger -n "__fish_seen_subcommand_from $job_commands" -l dry-run -d "print what would be done, send nothing"
complete -c dfutrigger -n "__fish_seen_subcommand_from update pack" -l address -x -d "where a raw image goes"
complete -c dfutrigger -n "__fish_seen_subcommand_from update" -l erase -x -a "auto needed all mass" -d "what to erase, on devices with sectors"
complete -c dfutrigger -n "__fish_seen_subcommand_from update" -l verify -d "verify, even if triggered again for it"
complete -c dfutrigger -n "__fish_seen_subcommand_from update" -l no-verify -d "do not verify"
complete -c dfutrigger -n "__fish_seen_subcommand_from update info pack" -l force -x -a "$checks" -d "go on if this check fails"
complete -c dfutrigger -n "__fish_seen_subcommand_from upload" -l size -x -d "the most bytes to read"
complete -c dfutrigger -n "__fish_seen_subcommand_from upload pack" -l overwrite -d "replace the file if there is one"
complete -c dfutrigger -n "__fish_seen_subcommand_from sim" -l attach -d "plug them into this machine"
complete -c dfutrigger -n "__fish_seen_subcommand_from sim" -l listen -x -d "offer them over USB/IP"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l format -x -a "raw dfuse ihex srec uf2" -d "convert to this format"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l family -x -d "family of chips of a UF2 file"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l esp -d "make a dfu.bin of what ESP-IDF has built"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l chip -x -a "esp32s2 esp32s3 esp32p4 esp32s31" -d "the ESP chip"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l flasher-args -r -F -d "build/flasher_args.json"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l flash-size -x -a "1MB 2MB 4MB 8MB 16MB 32MB 64MB 128MB" -d "size of the chip's flash"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l part-size -x -d "cut larger files into parts"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l mcuboot -x -d "wrap as an unsigned MCUboot image"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l header-size -x -d "size of the MCUboot header"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l suffix -d "give it a DFU suffix"
complete -c dfutrigger -n "__fish_seen_subcommand_from pack" -l no-suffix -d "take the DFU suffix away"
