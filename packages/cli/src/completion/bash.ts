import { quoted } from './cases.ts'
import type { Cases } from './cases.ts'

const wordsOf = (offers: readonly (string | { readonly word: string })[]): string => offers.map((offer) => (typeof offer === 'string' ? offer : offer.word)).join(' ')

const anyOf = (states: readonly string[]): string => states.map(quoted).join(' | ')

/** Completion for bash, 4.0 or later. */
export function bashCompletion(cases: Cases): string {
  const branches = (list: Cases['values'] | Cases['flags']): string => list.map(({ state, offers }) => `      ${quoted(state)}) words=${quoted(wordsOf(offers))} ;;`).join('\n')
  return `# bash completion for srwan. Now: eval "$(srwan completion bash)". Always: srwan completion bash > /etc/bash_completion.d/srwan
_srwan() {
  local cur=\${COMP_WORDS[COMP_CWORD]} path=srwan count=0 flag= word words= names= i
  local -a where=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ -n $flag ]]; then
      case $flag in --home | --dir) where+=("$flag" "$word") ;; esac
      flag=
    elif [[ $word == -- ]]; then
      compopt -o default 2>/dev/null
      return
    elif [[ $word == -* ]]; then
      case "$path $word" in ${anyOf(cases.valued)}) flag=$word ;; esac
    else
      case "$path $word" in
        ${anyOf(cases.descend)}) path="$path $word" ;;
        *) count=$((count + 1)) ;;
      esac
    fi
  done
  COMPREPLY=()
  if [[ -n $flag ]]; then
    case "$path $flag" in
${branches(cases.values)}
      ${anyOf(cases.files)}) compopt -o default 2>/dev/null ;;
    esac
  elif [[ $cur == -* ]]; then
    case $path in
${branches(cases.flags)}
    esac
  else
    case $path in
${branches(cases.commands)}
    esac
    case "$path $count" in
${branches(cases.words)}
${cases.names.map(({ state, offers }) => `      ${quoted(state)}) names=${offers} ;;`).join('\n')}
    esac
  fi
  if [[ -n $names ]]; then words=$(srwan completion --names "$names" "\${where[@]}" 2>/dev/null); fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _srwan srwan
`
}
