# bash completion for mlctl. Use it now: source <(mlctl completion bash)
# Or for every shell: mlctl completion bash > ~/.local/share/bash-completion/completions/mlctl

# bash breaks words at = and :, so they are joined again to ask, and only what follows the last break is offered.
# Candidates are quoted unless the user opened a quote.
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
