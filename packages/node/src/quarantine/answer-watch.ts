import type { DatapathEvents, DelayMatrix, Milliseconds, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'

/** Probes in a row, and sessions in a row, that make an observation. */
const LOST_PROBES = 6
const FAILED_SESSIONS = 3
/** Sessions that failed longer ago say nothing of now, ms. */
const FAILED_WITHIN = 600_000
/** Failures of one router that are remembered. */
const MAX_FAILURES = 16
/** A session that opened longer ago refutes nothing, ms. */
const OPENED_WITHIN = 3_600_000
/** Others that must show a router alive. */
const WITNESSES = 2
const MAX_SEEN_WITH = 8
const MS_PER_SECOND = 1000

type Seen = Omit<Observation, 'at'>

interface Answers {
  heardAt: Milliseconds
  lostProbes: number
  /** When sessions failed since the last that opened, the latest last. */
  failures: readonly Milliseconds[]
  /** It refused sessions, by what this node said or could have said. */
  hasRefused: boolean
  /** When the last session opened, where none failed since. */
  openedAt: Milliseconds | undefined
}

/** Instants that observations are made at: now, and since when an answer counts as one. */
export interface AnswerTimes {
  readonly now: Milliseconds
  readonly heardSince: Milliseconds
}

/** Who answers pair probes and who lets sessions open. Bounded by the roster: strangers have neither. */
export class AnswerWatch {
  readonly #routers = new Map<Sid, Answers>()

  answered({ from }: Pick<DatapathEvents['probe'], 'from'>, now: Milliseconds): void {
    Object.assign(this.#of(from), { heardAt: now, lostProbes: 0 })
  }

  lost({ to }: DatapathEvents['probeLost']): void {
    this.#of(to).lostProbes++
  }

  /** A session opened, failed or ended. @returns what that shows; each failure says it once, so that an old one accuses nobody anew */
  session({ endpoint, state }: Pick<DatapathEvents['session'], 'endpoint' | 'state'>, { now, heardSince }: AnswerTimes): readonly Seen[] {
    const router = this.#of(endpoint)
    if (state === 'open') {
      Object.assign(router, { failures: [], openedAt: now })
      return [openedOf(endpoint, 0)]
    }
    if (state === 'closed') return []
    const failures = [...router.failures.filter((at) => now - at <= FAILED_WITHIN), now].slice(-MAX_FAILURES)
    Object.assign(router, { failures, openedAt: undefined })
    if (failures.length < FAILED_SESSIONS || !this.isHeardSince(endpoint, heardSince)) return []
    router.hasRefused = true
    const figures = { attempts: failures.length, answered: 1 }
    return [{ subject: endpoint, class: 'refused-session', holds: true, windowSeconds: secondsOf(now - (failures[0] ?? now)), seenWith: [], figures }]
  }

  keepOnly(routers: ReadonlySet<Sid>): void {
    for (const router of this.#routers.keys()) if (!routers.has(router)) this.#routers.delete(router)
  }

  /** Did it answer a pair probe at this time or later? */
  isHeardSince(router: Sid, time: Milliseconds): boolean {
    return (this.#routers.get(router)?.heardAt ?? -Infinity) >= time
  }

  /** What lasts: who answers others and not this node, and who refused sessions of this node and opened the last. */
  observations(matrix: DelayMatrix, self: Sid, { now, heardSince }: AnswerTimes): readonly Seen[] {
    return [...this.#routers].flatMap(([subject, { lostProbes, hasRefused, openedAt }]): readonly Seen[] => {
      const again = hasRefused && openedAt !== undefined && now - openedAt < OPENED_WITHIN ? [openedOf(subject, now - openedAt)] : []
      const witnesses = this.isHeardSince(subject, heardSince) || lostProbes < LOST_PROBES ? [] : hearersOf(matrix, subject, self)
      if (witnesses.length < WITNESSES) return again
      const figures = { lost: lostProbes, heardBy: witnesses.length }
      return [...again, { subject, class: 'unresponsive', holds: true, windowSeconds: 60, seenWith: witnesses.slice(0, MAX_SEEN_WITH), figures }]
    })
  }

  #of(router: Sid): Answers {
    const answers = this.#routers.get(router) ?? { heardAt: -Infinity as Milliseconds, lostProbes: 0, failures: [], hasRefused: false, openedAt: undefined }
    this.#routers.set(router, answers)
    return answers
  }
}

const secondsOf = (duration: number): number => Math.max(1, Math.ceil(duration / MS_PER_SECOND))

function openedOf(subject: Sid, age: number): Seen {
  return { subject, class: 'refused-session', holds: false, windowSeconds: secondsOf(age), seenWith: [], figures: { attempts: 1, opened: 1 } }
}

/** Others between whom and a router both delays are fresh: its own column says so, and theirs. */
function hearersOf({ sids, cells }: DelayMatrix, subject: Sid, self: Sid): readonly Sid[] {
  const index = sids.indexOf(subject)
  if (index < 0) return []
  return sids.filter((sid, other) => sid !== subject && sid !== self && cells[index]?.[other]?.oneWayDelay !== undefined && cells[other]?.[index]?.oneWayDelay !== undefined)
}
