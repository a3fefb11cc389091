import type { QueryAnswer } from './answer.ts'
import type { ShownCompleteness } from './document.ts'
import type { AnswerCodec } from './document.ts'
import type { SignedEntry } from '@srwan/interface'

/** What one of several peers said, or why it said nothing. */
export interface PeerAnswer {
  readonly peer: string
  readonly answer?: QueryAnswer | undefined
  readonly error?: string | undefined
}

/** The union of what several peers said, and what each of them left out. */
export interface ComparedAnswers {
  readonly answer: QueryAnswer
  readonly completeness: ShownCompleteness
}

/**
 * Joins the answers of several peers to one question. Only entries that verify count, so nobody can make the others look incomplete by inventions; what one peer
 * has and another lacks, within the range that both covered, is an omission or has not arrived there yet.
 *
 * @param isSigned - of an entry whose octets decode
 * @returns `undefined` where nobody answered
 */
export function compareAnswers(
  codec: Pick<AnswerCodec, 'decode'>,
  isSigned: (network: string, entry: SignedEntry) => boolean,
  answers: readonly PeerAnswer[]
): ComparedAnswers | undefined {
  const [first] = answers.flatMap(({ answer }) => (answer === undefined ? [] : [answer]))
  if (first === undefined) return undefined
  const union = new Map<string, Held>()
  const held = answers.map(({ answer }) => {
    const own = new Map<string, Held>()
    for (const [index, encoded] of (answer?.network === first.network ? answer.entries : []).entries()) {
      const opened = attempt(() => codec.decode(first.network, encoded))
      if (opened === undefined || !isSigned(first.network, opened)) continue
      own.set(Buffer.from(opened.hash).toString('latin1'), { encoded, index })
    }
    for (const [name, one] of own) if (!union.has(name)) union.set(name, one)
    return own
  })
  const peers = answers.map(({ peer, answer, error }, index) => ({
    peer,
    entries: held[index]?.size ?? 0,
    missing: answer === undefined || answer.cursor !== undefined ? 0 : [...union.keys()].filter((name) => held[index]?.has(name) !== true).length,
    ...(error === undefined ? {} : { error })
  }))
  const added = [...union].filter(([name]) => held[answers.findIndex(({ answer }) => answer === first)]?.has(name) !== true)
  // Pages that were cut off at different places do not compare: the first one stands as it is.
  const whole = answers.every(({ answer }) => answer === undefined || answer.cursor === undefined)
  const extra = whole ? added.map(([, { encoded }]) => encoded) : []
  const others = answers.flatMap(({ answer }) => (answer === undefined || answer === first ? [] : [answer]))
  return {
    answer: {
      ...first,
      entries: [...first.entries, ...extra],
      proofs: extra.length === 0 ? first.proofs : [...first.proofs, ...others.flatMap(({ proofs }) => proofs)].filter(isFirstOfLog),
      anchors: extra.length === 0 ? first.anchors : uniqueOctets([...first.anchors, ...others.flatMap(({ anchors }) => anchors)])
    },
    completeness: { checked: whole && peers.filter(({ error }) => error === undefined).length > 1, peers }
  }
}

interface Held {
  readonly encoded: Uint8Array
  readonly index: number
}

function isFirstOfLog<T extends { readonly author: string; readonly scope: string; readonly epoch: number }>(proof: T, index: number, all: readonly T[]): boolean {
  return all.findIndex(({ author, scope, epoch }) => author === proof.author && scope === proof.scope && epoch === proof.epoch) === index
}

const uniqueOctets = (all: readonly Uint8Array[]): readonly Uint8Array[] => [...new Map(all.map((one) => [Buffer.from(one).toString('latin1'), one])).values()]

function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
