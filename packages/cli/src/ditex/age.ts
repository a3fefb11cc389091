import { systemClock } from '@srwan/clock'
import type { DitexDocument, DitexVerification } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { durationOption } from '../option-values.ts'
import { knownNetwork } from './trust.ts'

type Freshness = DitexVerification['freshness']

/** Ten years. */
const MAX_AGE = 315_360_000_000
const MINUTE = 60_000

/** What an answer's age is measured against: the clock, and the bound of `--max-age` where one is given. @throws InvalidInputError naming the flag */
export function timeOf(options: Readonly<Record<string, unknown>>): { readonly now: number; readonly maxAgeMs?: number } {
  const now = systemClock().wallTime()
  return options['maxAge'] === undefined ? { now } : { now, maxAgeMs: durationOption('--max-age', options['maxAge'], { minimum: 1, maximum: MAX_AGE }) }
}

/** What comes from peers is measured by the network file where there is one; the own node checks the anchors that it holds. */
export async function ageOf(
  context: Context,
  { at, epochMs, anchor }: DitexDocument,
  { isOwn, ...time }: ReturnType<typeof timeOf> & { readonly isOwn: boolean }
): Promise<Freshness> {
  const [{ freshnessOf }, known] = await Promise.all([import('@srwan/daemon/check-exchange'), isOwn ? undefined : knownNetwork(context)])
  const isAnchorChecked = isOwn || known?.organisation !== undefined
  return freshnessOf({ at, epochMs, anchorEpoch: anchor?.epoch, isAnchorChecked }, { ...time, epochMs: known?.epochMs })
}

/** How old the state is that an answer shows, for people. */
export function ageLine({ state, answerAgeMs = 0, anchorAgeMs, maxAgeMs, ok }: Freshness, { colors }: Context): string {
  const anchor = anchorAgeMs === undefined ? 'no anchor says when: the peer alone does' : `its newest anchor is ${spanOf(anchorAgeMs)} old`
  const answer = answerAgeMs === 0 ? 'of now' : `${spanOf(answerAgeMs)} old`
  const limit = maxAgeMs === undefined || ok ? '' : `, which is not within ${spanOf(maxAgeMs)}`
  if (state === 'unknown') return colors.red("age: not known, its epochs are not as long as the network's")
  if (state === 'ahead') return colors.red(`AHEAD: of a time that is still to come${limit}`)
  const text = `${answer}; ${anchor}${limit}`
  return state === 'stale' ? colors.red(`STALE: ${text}`) : ok ? `age: ${text}` : colors.red(`TOO OLD: ${text}`)
}

function spanOf(time: number): string {
  const minutes = Math.floor(time / MINUTE)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 72 ? `${hours} h` : `${Math.floor(hours / 24)} days`
}
