import type { PathOctets, SessionSnapshot, Sid } from '@srwan/interface'
import { MAX_SESSIONS_SHOWN } from './accounts.ts'
import type { AccountedPath, AccountedSession, Accounts, CarriedFor, HopUse } from './accounts.ts'
import { EMPTY_LEDGER } from './ledger-state.ts'
import type { FoldedRecord, LedgerState } from './ledger-state.ts'

/** A session that nobody has seen for so long is folded into the sums of its ends. */
export const FOLDED_AFTER_MS = 24 * 3600 * 1000
/** More than a day's sessions: beyond it the longest unseen are folded early. */
export const MAX_SESSIONS = 20_000
/** Pairs of ends, and (hop, egress) pairs, that sums are kept for; what comes after them is added to the sums without a name. */
export const MAX_FOLDED = 65_536
/** Stands for everybody beyond `MAX_FOLDED`. */
const NOBODY = '0000000000000000' as Sid

/**
 * Cumulative counts of sessions. Every count is named by (run of the datapath, instance of the session) and only grows, so that taking the same
 * snapshot twice, or an older one, adds nothing.
 */
export class Ledger {
  readonly #sessions: Map<string, AccountedSession>
  readonly #folded: Map<string, FoldedRecord>
  readonly #foldedHops: Map<string, HopUse>

  constructor(state: LedgerState = EMPTY_LEDGER) {
    this.#sessions = new Map(state.sessions.map((record) => [nameOf(record), record]))
    this.#folded = new Map(state.folded.map((record) => [endsOf(record), record]))
    this.#foldedHops = new Map(state.foldedHops.map((use) => [hopKey(use), use]))
  }

  /** @param run - start of the datapath that counted · @param seenAt - by the calendar, ms since 1970 */
  take(run: string, snapshots: readonly SessionSnapshot[], seenAt: number, ended: boolean): void {
    for (const snapshot of snapshots) {
      const name = nameOf({ run, instance: snapshot.instance })
      const known = this.#sessions.get(name)
      if (known === undefined && snapshot.forwardOctets + snapshot.reverseOctets === 0) continue
      this.#sessions.delete(name)
      const { instance, session, role, ingress, egress } = snapshot
      const before = known ?? NOTHING
      this.#sessions.set(name, {
        ...{ run, instance, session, role, ingress, egress, seenAt },
        ended: ended || before.ended,
        forwardOctets: Math.max(snapshot.forwardOctets, before.forwardOctets),
        reverseOctets: Math.max(snapshot.reverseOctets, before.reverseOctets),
        paths: grown(before.paths, snapshot.paths)
      })
    }
  }

  /** Folds what was not seen for a day, and what is too much. */
  fold(now: number): void {
    for (const [name, record] of this.#sessions) {
      // In the order of the last look: whoever is young enough has only younger ones behind.
      if (now - record.seenAt < FOLDED_AFTER_MS && this.#sessions.size <= MAX_SESSIONS) return
      this.#sessions.delete(name)
      this.#foldSession(record)
    }
  }

  #foldSession(record: AccountedSession): void {
    const ends = foldedOf(record, this.#folded.size < MAX_FOLDED || this.#folded.has(endsOf(record)))
    accumulate(this.#folded, endsOf(ends), ends, ENDS_COUNTS)
    for (const use of hopsOf(record)) {
      const room = this.#foldedHops.size < MAX_FOLDED || this.#foldedHops.has(hopKey(use))
      const named = room ? use : { ...use, hop: NOBODY, egress: NOBODY }
      accumulate(this.#foldedHops, hopKey(named), named, HOP_COUNTS)
    }
  }

  state(): LedgerState {
    return { sessions: [...this.#sessions.values()], folded: [...this.#folded.values()], foldedHops: [...this.#foldedHops.values()] }
  }

  accounts(): Accounts {
    const all: readonly FoldedRecord[] = [...this.#folded.values(), ...this.#sessions.values()]
    const totals = { ingress: { forwardOctets: 0, reverseOctets: 0 }, transit: { forwardOctets: 0, reverseOctets: 0 }, egress: { forwardOctets: 0, reverseOctets: 0 } }
    const carried = new Map<string, CarriedFor>()
    for (const { role, ingress, forwardOctets, reverseOctets } of all) {
      totals[role].forwardOctets += forwardOctets
      totals[role].reverseOctets += reverseOctets
      if (role !== 'transit') continue
      accumulate<CarriedFor>(carried, ingress, { member: ingress, forwardOctets, reverseOctets }, ENDS_COUNTS)
    }
    const hops = new Map(this.#foldedHops)
    for (const record of this.#sessions.values()) for (const use of hopsOf(record)) accumulate(hops, hopKey(use), use, HOP_COUNTS)
    return {
      sessions: [...this.#sessions.values()].slice(-MAX_SESSIONS_SHOWN).reverse(),
      carried: [...carried.values()].sort((a, b) => b.forwardOctets + b.reverseOctets - a.forwardOctets - a.reverseOctets),
      hops: [...hops.values()].sort((a, b) => b.sentOctets + b.receivedOctets - a.sentOctets - a.receivedOctets),
      totals
    }
  }
}

const NOTHING = { ended: false, forwardOctets: 0, reverseOctets: 0, paths: [] } as const
const nameOf = ({ run, instance }: { readonly run: string; readonly instance: number }): string => `${run} ${instance}`
const endsOf = ({ role, ingress, egress }: FoldedRecord): string => `${role} ${ingress} ${egress}`
const hopKey = ({ hop, egress }: HopUse): string => `${hop} ${egress}`
const listOf = ({ direction, segments }: Pick<AccountedPath, 'direction' | 'segments'>): string => `${direction} ${segments.join(' ')}`

function grown(known: readonly AccountedPath[], paths: readonly PathOctets[]): readonly AccountedPath[] {
  const byList = new Map(known.map((path) => [listOf(path), path]))
  for (const path of paths) {
    const before = byList.get(listOf(path))
    byList.set(listOf(path), {
      direction: path.direction,
      segments: path.segments,
      sentOctets: Math.max(path.octetsSent ?? 0, before?.sentOctets ?? 0),
      confirmedOctets: Math.max(path.octetsConfirmed ?? 0, before?.confirmedOctets ?? 0),
      receivedOctets: Math.max(path.octetsReceived ?? 0, before?.receivedOctets ?? 0)
    })
  }
  return [...byList.values()]
}

/** The transits of a session's lists, where this node is its ingress: it alone knows the lists, and it pays. */
function hopsOf({ role, ingress, egress, paths }: AccountedSession): readonly HopUse[] {
  if (role !== 'ingress') return []
  const uses = new Map<Sid, HopUse>()
  for (const { segments, sentOctets, confirmedOctets, receivedOctets } of paths) {
    for (const hop of segments) {
      if (hop === egress || hop === ingress) continue
      const known = uses.get(hop)
      uses.set(hop, {
        hop,
        egress,
        sentOctets: sentOctets + (known?.sentOctets ?? 0),
        confirmedOctets: confirmedOctets + (known?.confirmedOctets ?? 0),
        receivedOctets: receivedOctets + (known?.receivedOctets ?? 0)
      })
    }
  }
  return [...uses.values()]
}

type Counts<T> = { readonly [K in keyof T as T[K] extends number ? K : never]: number }

/** Adds the counts of `more` to the sum of that name. */
function accumulate<T extends object>(sums: Map<string, T>, name: string, more: T, counts: readonly (keyof Counts<T>)[]): void {
  const known = sums.get(name)
  if (known === undefined) {
    sums.set(name, more)
    return
  }
  const added = counts.map((count) => [count, Number(known[count as keyof T]) + Number(more[count as keyof T])] as const)
  sums.set(name, { ...known, ...Object.fromEntries(added) })
}

const ENDS_COUNTS = ['forwardOctets', 'reverseOctets'] as const
const HOP_COUNTS = ['sentOctets', 'confirmedOctets', 'receivedOctets'] as const

function foldedOf({ role, ingress, egress, forwardOctets, reverseOctets }: FoldedRecord, room: boolean): FoldedRecord {
  return { role, ingress: room ? ingress : NOBODY, egress: room ? egress : NOBODY, forwardOctets, reverseOctets }
}
