import { MAX_ANCHORS, MAX_LINKS, MAX_LOG_PROOFS } from './answer.ts'
import { attempt } from './verify-codec.ts'
import type { LogProof } from './answer.ts'
import type { ExaminedAnswer, HeldEntry } from './examined-answer.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { LogPlace } from '@srwan/interface'

/** Anchors of all answers, those of the first one before others of the same epoch, and the answers whose proofs lead to them. */
export function mergedAnchors(codec: VerifyCodec, answers: readonly ExaminedAnswer[]): { readonly anchors: readonly Uint8Array[]; readonly agreeing: readonly ExaminedAnswer[] } {
  const anchors = new Map<number, Buffer>()
  const agreeing: ExaminedAnswer[] = []
  for (const one of answers) {
    const own = (one.answer?.anchors ?? []).flatMap((encoded) => {
      const epoch = attempt(() => codec.anchorOf(encoded))?.epoch
      return epoch === undefined ? [] : [[epoch, Buffer.from(encoded)] as const]
    })
    if (!own.every(([epoch, octets]) => anchors.get(epoch)?.equals(octets) !== false)) continue
    for (const [epoch, octets] of own) if (anchors.size < MAX_ANCHORS) anchors.set(epoch, octets)
    agreeing.push(one)
  }
  return { anchors: [...anchors.values()].map((octets) => Uint8Array.from(octets)), agreeing }
}

interface Shown {
  readonly answers: readonly ExaminedAnswer[]
  readonly shown: readonly HeldEntry[]
}

/** For each log the proof of the answer that shows the earliest entry of it: it holds all that follow. What it showed and the merged answer does not becomes a link. */
export function mergedProofs(codec: VerifyCodec, network: string, { answers, shown }: Shown): readonly LogProof[] {
  const wanted = byLog(shown)
  const best = new Map<string, Candidate>()
  for (const { answer, legible } of answers) {
    const given = byLog(legible)
    for (const proof of answer?.proofs ?? []) {
      const name = logName(proof)
      const candidate = { proof, entries: given.get(name) ?? [] }
      if (wanted.has(name) && firstOf(candidate) < firstOf(best.get(name))) best.set(name, candidate)
    }
  }
  const proofs = [...best].map(([name, { proof, entries }]) => {
    const seqs = new Set(wanted.get(name)?.map(({ place }) => place.seq))
    const links = proof.links.filter((link) => !seqs.has(attempt(() => codec.decode(network, link))?.entry.seq ?? -1))
    return { ...proof, links: [...links, ...entries.filter(({ place }) => !seqs.has(place.seq)).map(({ encoded }) => encoded)].slice(0, MAX_LINKS) }
  })
  return proofs.slice(0, MAX_LOG_PROOFS)
}

interface Candidate {
  readonly proof: LogProof
  /** Of the log, as the answer gave them. */
  readonly entries: readonly HeldEntry[]
}

const firstOf = (candidate: Candidate | undefined): number => Math.min(Number.POSITIVE_INFINITY, ...(candidate?.entries ?? []).map(({ place }) => place.seq))

function byLog(entries: readonly HeldEntry[]): ReadonlyMap<string, readonly HeldEntry[]> {
  const logs = new Map<string, HeldEntry[]>()
  for (const one of entries) {
    const log = logs.get(logName(one.place))
    if (log === undefined) logs.set(logName(one.place), [one])
    else log.push(one)
  }
  return logs
}

const logName = ({ author, scope, epoch }: LogPlace): string => `${epoch} ${scope} ${author}`
