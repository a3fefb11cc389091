import { asksLive, compareAge } from './answer-order.ts'
import { examine, isWithin } from './examined-answer.ts'
import { mergedAnswer } from './merge-answers.ts'
import type { QueryAnswer } from './answer.ts'
import type { ComparedPeer, ShownCompleteness } from './document.ts'
import type { ExaminedAnswer, HeldEntry } from './examined-answer.ts'
import type { DitexQuery } from './query.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { Trust } from './verify-document.ts'

/** What one of several peers said, or why it said nothing. */
export interface PeerAnswer {
  readonly peer: string
  readonly answer?: QueryAnswer | undefined
  readonly error?: string | undefined
}

/** What was asked, and what is known beforehand of the network. */
export interface AskedAlike {
  readonly query: DitexQuery
  readonly trust: Trust
}

/** The union of what several peers said, and what each of them left out. */
export interface ComparedAnswers {
  readonly answer: QueryAnswer
  readonly completeness: ShownCompleteness
}

/**
 * Joins the answers of several peers to one question. Only entries that verify and fit count, so nobody can make the others look incomplete by inventions; of two
 * entries about the same the later one counts, so nobody can by replaying old ones, either. What one peer has and another lacks, within the range that this one
 * says to have covered, is an omission or has not arrived there yet.
 *
 * @returns `undefined` where nobody answered
 */
export function compareAnswers(codec: VerifyCodec, asked: AskedAlike, answers: readonly PeerAnswer[]): ComparedAnswers | undefined {
  const first = answers.find(({ answer }) => answer !== undefined)?.answer
  if (first === undefined) return undefined
  const trust = { ...asked.trust, network: asked.trust.network ?? first.network }
  const examined = examinedAll(codec, { ...asked, trust }, answers)
  const base = examined.find(({ isUsable }) => isUsable)
  // Nothing holds: whoever verifies the first one is told why.
  if (base?.answer === undefined) return { answer: first, completeness: { checked: false, peers: examined.map((one) => shownPeer(one, [])) } }
  const usable = examined.filter(({ isUsable }) => isUsable)
  const winners = winnersOf(asked.query, usable)
  const others = usable.filter((one) => one !== base)
  const answer = mergedAnswer(codec, asked.query, { base, others, winners: winners.map(({ entry }) => entry) })
  // Of a ranking only what is in it: pairs behind its end are nobody's omission.
  const shown = new Set(answer.entries)
  const expected = asked.query.bestOf === undefined ? winners : winners.filter(({ entry }) => shown.has(entry.encoded))
  const peers = examined.map((one) => ({ ...shownPeer(one, expected), ...(one.isUsable && !coversAsFar(one, base) ? { partial: true } : {}) }))
  return { answer, completeness: { checked: others.some((one) => coversAsFar(one, base)), peers } }
}

/** The epoch of the first one that is sound is that of all: others were asked for it. */
function examinedAll(codec: VerifyCodec, asked: AskedAlike, answers: readonly PeerAnswer[]): readonly ExaminedAnswer[] {
  const examined: ExaminedAnswer[] = []
  for (const answer of answers) {
    const at = examined.find(({ isUsable }) => isUsable)?.answer?.at
    examined.push(examine(codec, at === undefined ? asked : { ...asked, at }, answer))
  }
  return examined
}

/** An entry that counts, and the groups of those that gave it. */
interface Winner {
  readonly entry: HeldEntry
  readonly groups: ReadonlySet<number | undefined>
}

/** Of each author, kind and key the latest one where entries in force are asked for; else everything. */
function winnersOf(query: DitexQuery, answers: readonly ExaminedAnswer[]): readonly Winner[] {
  const winners = new Map<string, { entry: HeldEntry; groups: Set<number | undefined> }>()
  for (const { held, answer } of answers) {
    for (const [name, entry] of held) {
      const best = winners.get(name)
      const order = best === undefined ? 1 : asksLive(query) ? compareAge(entry.place, best.entry.place) : 0
      if (best === undefined || order > 0) winners.set(name, { entry, groups: new Set([answer?.group]) })
      else if (order === 0) best.groups.add(answer?.group)
    }
  }
  return [...winners.values()]
}

function shownPeer({ peer, held, invalid, error, isUsable, ...one }: ExaminedAnswer, winners: readonly Winner[]): ComparedPeer {
  const lacking = isUsable ? winners.filter(({ entry, groups }) => !held.has(entry.name) && isWithin(one, entry.place) && isExpected(one, entry, groups)) : []
  const superseded = winners.filter(({ entry }) => {
    const own = held.get(entry.name)
    return own !== undefined && compareAge(own.place, entry.place) < 0
  })
  return {
    peer,
    entries: held.size,
    missing: lacking.length,
    ...(superseded.length === 0 ? {} : { superseded: superseded.length }),
    ...(invalid === 0 ? {} : { invalid }),
    ...(error === undefined ? {} : { error })
  }
}

/** Entries of group scope are held by the group alone: those of another group lack nothing. */
function isExpected({ answer }: Pick<ExaminedAnswer, 'answer'>, { place }: HeldEntry, groups: Winner['groups']): boolean {
  return place.scope !== 'group' || groups.has(answer?.group)
}

/** Does a page reach to where the one ends that is shown? */
function coversAsFar(one: ExaminedAnswer, base: ExaminedAnswer): boolean {
  if (one.end === undefined) return true
  return one.end !== 'nowhere' && base.end !== undefined && (base.end === 'nowhere' || isWithin(one, base.end))
}
