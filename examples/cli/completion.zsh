#compdef dfutrigger
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# zsh completion for dfutrigger

_dfutrigger_models()
{
	local -a models
	models=(${(f)"$(_call_program models dfutrigger sim 2>/dev/null | sed -n 's/^\([^ ]\{1,\}\)  *\(.*\)/\1:\2/p')"})
	_describe 'virtual device' models -q -S ''
}

_dfutrigger()
{
	local -a commands every device job checks
	local context state state_descr line
	typeset -A opt_args

	commands=(
		'list:show devices, their modes and triggers'
		'trigger:bring a device into its bootloader'
		'update:put firmware into a device'
		'upload:read a memory of a device into a file'
		'command:tell a device to do something other than an update'
		'info:show what is in a firmware file'
		'pack:convert a firmware file, wrap it, or add a DFU suffix'
		'doctor:find out why a device can'\''t be used'
		'sim:show the virtual devices, or plug some into a real system'
		'help:explain a command, or "exit-codes"'
	)
	checks=(format length checksum hash ids size version memory-map bootloader)
	every=(
		'--json[print JSON: one document, or one object a line for jobs]'
		'(-q --quiet)'{-q,--quiet}'[no progress, no message of success]'
		'*'{-v,--verbose}'[log to the standard error]'
		'*--devices[add a table of devices]:file:_files'
		'*--sim[use a virtual device in place of hardware]:virtual device:_dfutrigger_models'
		'--sim-record[write what the virtual devices received]:file:_files'
		'(-h --help)'{-h,--help}'[explain the command]'
		'(-V --version)'{-V,--version}'[print the version]'
	)
	device=(
		'(-d --device)'{-d,--device}'[ids]:VID\:PID[,VID\:PID]: '
		'(-p --path)'{-p,--path}'[port path]:path: '
		'--protocol[which protocol the devices with the ids speak]:protocol[@interface]: '
		'(-S --serial)'{-S,--serial}'[serial number]:serial[,serial]: '
	)
	job=(
		'(-a --alt)'{-a,--alt}'[memory]:number, name, =name or interface\:alternate: '
		'(--control --feature-report --output-report --touch)--how[use this trigger]:name: '
		'(--how --feature-report --output-report --touch)--control[use this control request as the trigger]:TYPE\:REQUEST\:VALUE\:INDEX[\:HEXDATA]: '
		'(--how --control --output-report --touch)--feature-report[use this HID feature report as the trigger]:ID\:HEXDATA: '
		'(--how --control --feature-report --touch)--output-report[use this HID output report as the trigger]:ID\:HEXDATA: '
		'(--how --control --feature-report --output-report)--touch[use a touch of the serial port as the trigger]:baud:(1200 134)'
		'--interface[where the report or touch goes]:number: '
		'--detach-timeout[wValue of DFU DETACH]:ms: '
		'--timeout[how long the device may take to leave, and to come back]:seconds: '
		'--wait=-[wait until the device is there, for ever or this long]::seconds: '
		'--dry-run[print what would be done, send nothing]'
	)

	_arguments -C "$every[@]" "$device[@]" '1:command:->command' '*::arguments:->arguments'
	case $state in
	command)
		_describe 'command' commands
		;;
	arguments)
		case $line[1] in
		list)
			_arguments "$every[@]" "$device[@]" '(-a --alt)'{-a,--alt}'[memory]:number, name, =name or interface\:alternate: ' \
				'--all[also unknown devices]' \
				'--probe[ask devices in their application about themselves]' \
				'--dfu-util[print a line for each alternate setting with DFU, as dfu-util -l does]'
			;;
		trigger)
			_arguments "$every[@]" "$device[@]" "$job[@]"
			;;
		update)
			_arguments "$every[@]" "$device[@]" "$job[@]" '--address[where a raw image goes]:address: ' \
				'--part[which part it has]:part: ' \
				'--volume[where its drive is mounted]:folder:_files -/' \
				'--erase[what to erase, on devices with sectors]:what:(auto needed all mass)' \
				'(--no-verify)--verify[verify, even if the device must be triggered again for it]' \
				'(--verify)--no-verify[do not verify]' \
				'--restart[start the application in the end]:when:(auto never always)' \
				'--transfer-size[bytes of a block (DFU, DfuSe)]:bytes: ' \
				'--no-confirm[leave the new firmware on test (SMP)]' \
				'--public-key[a package must be signed with this key]:file:_files' \
				'*--force[go on if this check fails]:check:_values -s , check $checks' '1:firmware:_files'
			;;
		upload)
			_arguments "$every[@]" "$device[@]" "$job[@]" '--size[read at most this many bytes]:bytes: ' \
				'--address[where reading begins]:address: ' '--part[which part it has]:part: ' \
				'--volume[where its drive is mounted]:folder:_files -/' \
				'--restart[start the application in the end]:when:(auto never always)' \
				'--transfer-size[bytes of a block (DFU, DfuSe)]:bytes: ' \
				'*--force[go on if this check fails]:check:_values -s , check $checks' \
				'--overwrite[replace the file if there is one]' '1:file:_files'
			;;
		command)
			_arguments "$every[@]" "$device[@]" "$job[@]" '--address[where what start starts is]:address: ' \
				'*--force[go on if this check fails]:check:_values -s , check $checks' \
				'--part[which part it has]:part: ' \
				'--volume[where its drive is mounted]:folder:_files -/' '1:command: '
			;;
		info)
			_arguments "$every[@]" '*--force[go on if this check fails]:check:_values -s , check $checks' \
				'--public-key[a package must be signed with this key]:file:_files' '1:firmware:_files'
			;;
		pack)
			_arguments "$every[@]" '*--force[go on if this check fails]:check:_values -s , check $checks' \
				'--address[where a raw image goes]:address: ' \
				'--format[convert to this format]:format:(raw dfuse ihex srec uf2)' \
				'--family[family of chips of a UF2 file]:family: ' \
				'--esp[make a dfu.bin from what ESP-IDF built]' \
				'--chip[the ESP chip]:chip:(esp32s2 esp32s3 esp32p4 esp32s31)' \
				'--flasher-args[build/flasher_args.json]:file:_files' \
				'--flash-size[size of the flash of the chip]:size:(1MB 2MB 4MB 8MB 16MB 32MB 64MB 128MB)' \
				'--part-size[cut larger files into parts]:bytes: ' \
				'(--nordic-legacy)--nordic[make a Nordic DFU package]' \
				'(--nordic)--nordic-legacy[make one for nRF5 SDK 11 and earlier]' \
				'--application[the application in it]:file:_files' \
				'--softdevice[the SoftDevice in it]:file:_files' \
				'--bootloader[the bootloader in it]:file:_files' \
				'--application-version[version of the application]:version: ' \
				'--bootloader-version[version of the bootloader]:version: ' \
				'--hw-version[version of the hardware]:version:(52)' \
				'--sd-req[SoftDevices that may be in the device]:ids: ' \
				'--sd-id[SoftDevices for the application]:ids: ' \
				'--key[sign with this private key]:file:_files' \
				'--debug[for bootloaders built for debugging]' \
				'--mcuboot[wrap as an unsigned MCUboot image]:version: ' \
				'--header-size[size of the MCUboot header]:bytes: ' \
				'(--no-suffix)--suffix=-[add a DFU suffix]::VID\:PID[\:REL]: ' \
				'(--suffix)--no-suffix[remove the DFU suffix]' \
				'--overwrite[replace the file if there is one]' '1:in:_files' '2:out:_files'
			;;
		doctor)
			_arguments "$every[@]" "$device[@]" '--all[also unknown devices]'
			;;
		sim)
			_arguments "$every[@]" '(--listen)--attach[plug them into this machine]' \
				'(--attach)--listen[offer them over USB/IP]:address[\:port]: ' '*:virtual device:_dfutrigger_models'
			;;
		help)
			_values 'topic' ${commands%%:*} exit-codes
			;;
		*)
			_arguments "$every[@]"
			;;
		esac
		;;
	esac
}

_dfutrigger "$@"
