import type { DatapathEvents, DelayMatrix, Milliseconds, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'

/** Probes in a row, and sessions in a row, that make an observation. */
const LOST_PROBES = 6
const FAILED_SESSIONS = 3
/** Others that must show a router alive. */
const WITNESSES = 2
const MAX_SEEN_WITH = 8

interface Answers {
  heardAt: Milliseconds
  lostProbes: number
  failedSessions: number
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

  session({ endpoint, state }: Pick<DatapathEvents['session'], 'endpoint' | 'state'>): void {
    const router = this.#of(endpoint)
    if (state === 'failed') router.failedSessions++
    if (state === 'open') router.failedSessions = 0
  }

  keepOnly(routers: ReadonlySet<Sid>): void {
    for (const router of this.#routers.keys()) if (!routers.has(router)) this.#routers.delete(router)
  }

  /** Did it answer a pair probe at this time or later? */
  isHeardSince(router: Sid, time: Milliseconds): boolean {
    return (this.#routers.get(router)?.heardAt ?? -Infinity) >= time
  }

  /** @param since - answers before this do not count as answers now */
  observations(matrix: DelayMatrix, self: Sid, since: Milliseconds): readonly Omit<Observation, 'at'>[] {
    return [...this.#routers].flatMap(([subject, { lostProbes, failedSessions }]): readonly Omit<Observation, 'at'>[] => {
      const common = { subject, holds: true, windowSeconds: 60 }
      const isHeard = this.isHeardSince(subject, since)
      if (isHeard && failedSessions >= FAILED_SESSIONS) return [{ ...common, class: 'refused-session' as const, seenWith: [], figures: { attempts: failedSessions, answered: 1 } }]
      const witnesses = isHeard || lostProbes < LOST_PROBES ? [] : hearersOf(matrix, subject, self)
      if (witnesses.length < WITNESSES) return []
      const figures = { lost: lostProbes, heardBy: witnesses.length }
      return [{ ...common, class: 'unresponsive' as const, seenWith: witnesses.slice(0, MAX_SEEN_WITH), figures }]
    })
  }

  #of(router: Sid): Answers {
    const answers = this.#routers.get(router) ?? { heardAt: -Infinity as Milliseconds, lostProbes: 0, failedSessions: 0 }
    this.#routers.set(router, answers)
    return answers
  }
}

/** Others between whom and a router both delays are fresh: its own column says so, and theirs. */
function hearersOf({ sids, cells }: DelayMatrix, subject: Sid, self: Sid): readonly Sid[] {
  const index = sids.indexOf(subject)
  if (index < 0) return []
  return sids.filter((sid, other) => sid !== subject && sid !== self && cells[index]?.[other]?.oneWayDelay !== undefined && cells[other]?.[index]?.oneWayDelay !== undefined)
}
