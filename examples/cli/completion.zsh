#compdef dfutrigger
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# zsh completion for dfutrigger, which knows what may follow

_dfutrigger()
{
	local -a found described
	local line word

	found=("${(@f)$("${(Q)words[1]}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	case $found[1] in
	:files)
		compset -P '--*='
		_files
		return
		;;
	:folders)
		compset -P '--*='
		_files -/
		return
		;;
	esac
	for line in $found; do
		word=${line%%$'\t'*}
		described+=("${word//:/\\:}:${line#*$'\t'}")
	done
	_describe -t words word described
}

_dfutrigger "$@"
