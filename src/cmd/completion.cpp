// The scripts stay thin: each asks `mlctl __complete` and hands the answer to its shell. The copies in
// completions/ are what packages install; a test compares them.

#include "cmd/command.h"

namespace mlctl {

namespace {

// bash breaks words at = and :, so the script joins them again to ask, and offers only what follows the last
// break. Candidates are quoted unless the user opened a quote.
constexpr const char* kBash =
    R"script(# bash completion for mlctl. Use it now: source <(mlctl completion bash)
# Or for every shell: mlctl completion bash > ~/.local/share/bash-completion/completions/mlctl

_mlctl() {
  local line=${COMP_LINE:0:COMP_POINT} blanks word i
  local words=() reply=() directives='' value rest
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blanks=${line%%[![:space:]]*}
    line=${line#"$blanks"}
    word=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$line
    if [[ -z $blanks && $i -gt 0 ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    line=${line#"$word"}
  done
  local cur=${words[${#words[@]} - 1]} broken=''
  if [[ $cur != [\"\']* ]]; then
    [[ $COMP_WORDBREAKS == *=* && $cur == *=* ]] && broken=${cur%"${cur##*=}"}
    [[ $COMP_WORDBREAKS == *:* && ${cur#"$broken"} == *:* ]] && broken=${cur%"${cur##*:}"}
  fi
  while IFS=$'\t' read -r value rest; do
    if [[ $value == :* ]]; then
      directives=$value
      continue
    fi
    value=${value#"$broken"}
    [[ $cur == [\"\']* ]] || printf -v value %q "$value"
    reply+=("$value")
  done < <("${words[0]}" __complete --quoted -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=("${reply[@]}")
  [[ $directives == *nospace* ]] && compopt -o nospace
  if [[ ${#reply[@]} -eq 0 ]]; then
    [[ $directives == *files* ]] && compopt -o default
    [[ $directives == *folders* ]] && compopt -o dirnames
  fi
  return 0
}
complete -o nosort -F _mlctl mlctl
)script";

constexpr const char* kZsh = R"script(#compdef mlctl
# zsh completion for mlctl. Use it now: source <(mlctl completion zsh)
# Or for every shell: mlctl completion zsh > a folder of $fpath, as _mlctl

_mlctl() {
  local -a lines candidates options
  local line directives
  lines=("${(@f)$("${(Q)words[1]}" __complete --quoted -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  directives=${lines[-1]}
  for line in "${(@)lines[1,-2]}"; do
    candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  [[ $directives == *nospace* ]] && options=(-S '')
  if (( ${#candidates} )); then
    _describe -V 'mlctl' candidates "${options[@]}"
  elif [[ $directives == *files* ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
  elif [[ $directives == *folders* ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files -/
  fi
}

if [[ $funcstack[1] == _mlctl ]]; then
  _mlctl "$@"
else
  compdef _mlctl mlctl
fi
)script";

constexpr const char* kFish = R"script(# fish completion for mlctl. Use it now: mlctl completion fish | source
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
)script";

struct Shell {
  const char* name;
  const char* script;
};
constexpr Shell kShells[] = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};

struct Options {
  std::string shell;
};

void declare(Flags& flags, Options& options) {
  flags.positional("SHELL", options.shell, "bash, zsh or fish", Value::shell);
}

RunResult run(const Options& options, Context& context) {
  for (const Shell& shell : kShells) {
    if (options.shell != shell.name) continue;
    context.io.out(shell.script);
    return Exit::ok;
  }
  return fail(Exit::usage, "no completion for the shell \"" + options.shell + "\"",
              "mlctl completion bash, zsh or fish");
}

}  // namespace

const Command& completion_command() {
  static const Command command(
      {"completion", "setup", "Print the script that lets Tab complete mlctl", "bash|zsh|fish",
       "# In ~/.bashrc or ~/.zshrc\nsource <(mlctl completion bash)\n"
       "# In fish\nmlctl completion fish | source"},
      declare, nullptr, run);
  return command;
}

}  // namespace mlctl
