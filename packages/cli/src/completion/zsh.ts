import { quoted } from './cases.ts'
import type { Branch, Cases, Offer } from './cases.ts'

const anyOf = (states: readonly string[]): string => states.map(quoted).join(' | ')

/** `word:description`, as _describe takes it. */
const described = (offer: Offer | string): string => quoted(typeof offer === 'string' ? offer : `${offer.word.replaceAll(':', '\\:')}:${offer.description.replaceAll(':', '\\:')}`)

/** Completion for zsh. */
export function zshCompletion(cases: Cases): string {
  const branches = (list: readonly Branch<readonly (Offer | string)[]>[]): string =>
    list.map(({ state, offers }) => `      ${quoted(state)}) found=(${offers.map(described).join(' ')}) ;;`).join('\n')
  return `#compdef srwan
# zsh completion for srwan. Now: eval "$(srwan completion zsh)". Always: srwan completion zsh > a directory of $fpath, as _srwan
_srwan() {
  local at=srwan count=0 flag= word names= i
  local -a where found
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $flag ]]; then
      case $flag in --home | --dir) where+=("$flag" "$word") ;; esac
      flag=
    elif [[ $word == -- ]]; then
      _files
      return
    elif [[ $word == -* ]]; then
      case "$at $word" in ${anyOf(cases.valued)}) flag=$word ;; esac
    else
      case "$at $word" in
        ${anyOf(cases.descend)}) at="$at $word" ;;
        *) count=$((count + 1)) ;;
      esac
    fi
  done
  if [[ -n $flag ]]; then
    case "$at $flag" in
${branches(cases.values)}
      ${anyOf(cases.files)}) _files; return ;;
    esac
  elif [[ \${words[CURRENT]} == -* ]]; then
    case $at in
${branches(cases.flags)}
    esac
  else
    case $at in
${branches(cases.commands)}
    esac
    case "$at $count" in
${branches(cases.words)}
${cases.names.map(({ state, offers }) => `      ${quoted(state)}) names=${offers} ;;`).join('\n')}
    esac
  fi
  if [[ -n $names ]]; then found=(\${(f)"$(srwan completion --names $names $where 2>/dev/null)"}); fi
  _describe srwan found
}
if [[ \${funcstack[1]} == _srwan ]]; then _srwan "$@"; else compdef _srwan srwan; fi
`
}
