# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# fish completion for dfutrigger, which knows what may follow

function __dfutrigger
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found ($words[1] complete -- $words[2..] "$current" 2>/dev/null)

    set -l before (string match -r -- '^--[^=]*=' "$current")
    set -l path (string replace -- "$before" '' "$current")

    switch "$found[1]"
        case :files
            string replace -r -- '^' "$before" (__fish_complete_path "$path")
        case :folders
            string replace -r -- '^' "$before" (__fish_complete_directories "$path")
        case '*'
            printf '%s\n' $found
    end
end

complete -c dfutrigger -f -a '(__dfutrigger)'
