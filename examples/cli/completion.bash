# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors
# shellcheck shell=bash

# bash completion for dfutrigger, which knows what may follow

_dfutrigger()
{
	local line=${COMP_LINE:0:COMP_POINT} current=${COMP_WORDS[COMP_CWORD]} word whole
	local -a words

	# The words as they are written: bash takes those with ':' and '=' apart.
	# shellcheck disable=SC2162
	read -a words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	whole=${words[-1]}
	[[ $current == [:=] ]] && current=""
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		case $word in
		:files)
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			return
			;;
		:folders)
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
			return
			;;
		esac
		printf -v word %q "$word"
		COMPREPLY+=("${word#"${whole%"$current"}"}")
	done < <("${COMP_WORDS[0]}" complete -- "${words[@]:1}" 2>/dev/null)
}

complete -F _dfutrigger dfutrigger
