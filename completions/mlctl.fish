# fish completion for mlctl. Use it now: mlctl completion fish | source
# Or for every shell: mlctl completion fish > ~/.config/fish/completions/mlctl.fish

function __mlctl_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($before[1] __complete -- $before[2..-1] (string replace -ra '\\\\(.)' '$1' -- $current | string trim -lc '"\'') 2>/dev/null)
    set -l directives $lines[-1]
    if test (count $lines) -gt 1
        printf '%s\n' $lines[1..-2]
        return
    end
    set -l start (string match -r '^--[^=]*=' -- $current)
    set -l path (string replace -r '^--[^=]*=' '' -- $current)
    if string match -q '*files*' -- $directives
        for found in (__fish_complete_path $path)
            printf '%s\n' "$start$found"
        end
    else if string match -q '*folders*' -- $directives
        for found in (__fish_complete_directories $path '')
            printf '%s\n' "$start$found"
        end
    end
end

complete -c mlctl -f -k -a '(__mlctl_complete)'
