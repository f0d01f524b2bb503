# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
# shellcheck shell=bash

# bash completion for dfutrigger

_dfutrigger_commands="list trigger update upload command info pack doctor sim help"
_dfutrigger_checks="format length checksum hash ids size version memory-map bootloader"

_dfutrigger_models()
{
	"$1" sim 2>/dev/null | sed -n 's/^\([^ ]\{1,\}\) .*/\1/p'
}

_dfutrigger_options()
{
	local every="--json --quiet --verbose --devices --sim --sim-record --help --version"
	local device="--device --path --protocol --serial"
	local job="--alt --how --control --feature-report --output-report --touch --interface --detach-timeout --timeout --wait --dry-run"

	case $1 in
	list) echo "$every $device --alt --all --probe --dfu-util" ;;
	trigger) echo "$every $device $job" ;;
	update) echo "$every $device $job --address --part --volume --erase --verify --no-verify --restart --transfer-size --no-confirm --force --public-key" ;;
	upload) echo "$every $device $job --address --part --volume --size --restart --transfer-size --force --overwrite" ;;
	command) echo "$every $device $job --address --part --volume --force" ;;
	info) echo "$every --force --public-key" ;;
	pack) echo "$every --address --force --format --family --esp --chip --flasher-args --flash-size --part-size" \
		"--nordic --nordic-legacy --application --softdevice --bootloader --application-version" \
		"--bootloader-version --hw-version --sd-req --sd-id --key --debug" \
		"--mcuboot --header-size --suffix --no-suffix --overwrite" ;;
	doctor) echo "$every $device --all" ;;
	sim) echo "$every --attach --listen" ;;
	*) echo "$every" ;;
	esac
}

_dfutrigger()
{
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command="" word
	local -a words=("${COMP_WORDS[@]:1:COMP_CWORD - 1}")

	for word in "${words[@]}"; do
		if [[ " $_dfutrigger_commands " == *" $word "* ]]; then
			command=$word
			break
		fi
	done

	COMPREPLY=()
	case $before in
	--devices | --sim-record | --flasher-args | --application | --softdevice | --bootloader | --key | --public-key)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--sim)
		mapfile -t COMPREPLY < <(compgen -W "$(_dfutrigger_models "${COMP_WORDS[0]}")" -- "$current")
		return
		;;
	--erase)
		mapfile -t COMPREPLY < <(compgen -W "auto needed all mass" -- "$current")
		return
		;;
	--restart)
		mapfile -t COMPREPLY < <(compgen -W "auto never always" -- "$current")
		return
		;;
	--format)
		mapfile -t COMPREPLY < <(compgen -W "raw dfuse ihex srec uf2" -- "$current")
		return
		;;
	--chip)
		mapfile -t COMPREPLY < <(compgen -W "esp32s2 esp32s3 esp32p4 esp32s31" -- "$current")
		return
		;;
	--force)
		mapfile -t COMPREPLY < <(compgen -W "$_dfutrigger_checks" -- "$current")
		return
		;;
	-d | --device | --protocol | -p | --path | -S | --serial | -a | --alt | --how | --control | --feature-report | \
		--output-report | --touch | --interface | --detach-timeout | --timeout | \
		--address | --part | --size | --transfer-size | --family | --flash-size | --part-size | --mcuboot | --header-size | --listen | \
		--application-version | --bootloader-version | --hw-version | --sd-req | --sd-id)
		return
		;;
	esac
	if [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_dfutrigger_options "$command")" -- "$current")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$_dfutrigger_commands" -- "$current")
	elif [[ $command == sim ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_dfutrigger_models "${COMP_WORDS[0]}")" -- "$current")
	elif [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$_dfutrigger_commands exit-codes" -- "$current")
	elif [[ $command == update || $command == upload || $command == info || $command == pack ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -o filenames -F _dfutrigger dfutrigger
