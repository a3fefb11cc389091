import type { Branch, Cases, Offer } from './cases.ts'

/** Between single quotes fish knows two escapes. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const allOf = (states: readonly string[]): string => states.map(quoted).join(' ')

/** Completion for fish. */
export function fishCompletion(cases: Cases): string {
  const line = (offer: Offer | string): string => quoted(typeof offer === 'string' ? offer : `${offer.word}\t${offer.description}`)
  const branches = (list: readonly Branch<readonly (Offer | string)[]>[]): string =>
    list.map(({ state, offers }) => `            case ${quoted(state)}\n                printf '%s\\n' ${offers.map(line).join(' ')}`).join('\n')
  return `# fish completion for srwan. Now: srwan completion fish | source. Always: srwan completion fish > ~/.config/fish/completions/srwan.fish
function __srwan_offers
    set -l at srwan
    set -l count 0
    set -l flag ''
    set -l where
    for word in (commandline -opc)[2..]
        if test -n "$flag"
            contains -- $flag --home --dir; and set -a where $flag $word
            set flag ''
        else if test "$word" = --
            __fish_complete_path (commandline -ct)
            return
        else if string match -q -- '-*' $word
            contains -- "$at $word" ${allOf(cases.valued)}; and set flag $word
        else if contains -- "$at $word" ${allOf(cases.descend)}
            set at "$at $word"
        else
            set count (math $count + 1)
        end
    end
    if test -n "$flag"
        switch "$at $flag"
${branches(cases.values)}
            case ${allOf(cases.files)}
                __fish_complete_path (commandline -ct)
        end
    else if string match -q -- '-*' (commandline -ct)
        switch $at
${branches(cases.flags)}
        end
    else
        switch $at
${branches(cases.commands)}
        end
        switch "$at $count"
${branches(cases.words)}
${cases.names.map(({ state, offers }) => `            case ${quoted(state)}\n                srwan completion --names ${offers} $where 2>/dev/null`).join('\n')}
        end
    end
end
complete -c srwan -f -a '(__srwan_offers)'
`
}
