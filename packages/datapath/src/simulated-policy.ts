import { ms } from '@srwan/interface'
import type { DatapathPolicy, PathPair, Timer } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { EndToEndProbes } from './simulated-path-probes.ts'
import type { PathLists, SimulatedSession } from './simulated-session.ts'
import type { SimulatedSessions } from './simulated-sessions.ts'

const DEMAND_SPACING = 5000
const LIVENESS_PERIOD = ms(1000)
const LIVENESS_WINDOW = 10_000
const MISSES = 3
const WAITING_PACKETS = 32

/** One SR policy at the headend: which pair carries data, what waits while a session opens, and whether the pair in use still answers. */
export class SimulatedPolicy {
  readonly policy: DatapathPolicy
  readonly #core: SimulatedCore
  readonly #sessions: SimulatedSessions
  readonly #probes: EndToEndProbes
  #wanted: PathLists
  #current: PathLists
  #standby: PathLists | undefined
  #waiting: number[] = []
  #lastData = -Infinity
  #lastDemand = -Infinity
  #liveness: Timer | undefined
  #misses = 0
  #standbyAnswered = false
  #follow = false

  constructor(core: SimulatedCore, parts: { readonly sessions: SimulatedSessions; readonly probes: EndToEndProbes }, policy: DatapathPolicy, before?: SimulatedPolicy) {
    this.#core = core
    this.#sessions = parts.sessions
    this.#probes = parts.probes
    this.policy = policy
    this.#wanted = listsOf(policy, policy.active)
    this.#standby = policy.standby === undefined ? undefined : listsOf(policy, policy.standby)
    this.#current = before?.current ?? this.#wanted
    if (before !== undefined) this.#inherit(before)
    if (policy.keepOpen) this.#sessions.ensure(policy.endpoint)
    this.progress()
  }

  get current(): PathLists {
    return this.#current
  }

  /** Data of this policy was sent or received. */
  noteData(): void {
    const now = this.#core.clock.now()
    this.#lastData = now
    this.#liveness ??= this.#core.later(LIVENESS_PERIOD, () => {
      this.#checkLiveness()
    })
    if (now - this.#lastDemand < DEMAND_SPACING) return
    this.#lastDemand = now
    this.#core.emit('demand', { endpoint: this.policy.endpoint, color: this.policy.color })
  }

  send(octets: number): void {
    this.noteData()
    const session = this.#sessions.ensure(this.policy.endpoint)
    if (session === undefined) {
      this.#core.count('dropNoSession')
      return
    }
    if (session.isOpen(this.#current)) {
      session.send(this.#current.forward, this.policy.color, { type: 'data', octets })
      return
    }
    if (this.#waiting.length >= WAITING_PACKETS) {
      this.#waiting.shift()
      this.#core.count('dropQueueFull')
    }
    this.#waiting.push(octets)
    this.progress()
  }

  /** Opens what is not open yet, moves to the wanted pair as soon as it is, and sends what waited. */
  progress(): void {
    const session = this.#sessions.find(this.policy.endpoint)
    if (session?.state !== 'open') return
    for (const forward of this.policy.forward) session.want({ forward, reverse: this.#wanted.reverse })
    for (const reverse of this.policy.reverse) session.want({ forward: this.#wanted.forward, reverse })
    session.want(this.#wanted)
    if (session.isOpen(this.#wanted) || !session.isOpen(this.#current)) this.#current = this.#wanted
    if (!session.isOpen(this.#current)) return
    for (const octets of this.#waiting.splice(0)) session.send(this.#current.forward, this.policy.color, { type: 'data', octets })
  }

  close(): void {
    this.#liveness?.cancel()
    this.#liveness = undefined
  }

  #inherit(before: SimulatedPolicy): void {
    before.close()
    this.#waiting = before.#waiting
    this.#lastData = before.#lastData
    this.#lastDemand = before.#lastDemand
    if (this.#core.clock.now() - this.#lastData < LIVENESS_WINDOW)
      this.#liveness = this.#core.later(LIVENESS_PERIOD, () => {
        this.#checkLiveness()
      })
  }

  #checkLiveness(): void {
    this.#liveness = undefined
    if (this.#core.clock.now() - this.#lastData > LIVENESS_WINDOW) return
    this.#liveness = this.#core.later(LIVENESS_PERIOD, () => {
      this.#checkLiveness()
    })
    const session = this.#sessions.find(this.policy.endpoint)
    if (session?.state !== 'open') return
    const pair = this.#current
    this.#probe(session, pair, (answered) => {
      if (pair !== this.#current) return
      this.#misses = answered ? 0 : this.#misses + 1
      if (this.#misses >= MISSES && this.#standbyAnswered) this.#failOver()
    })
    if (this.#standby !== undefined)
      this.#probe(session, this.#standby, (answered) => {
        this.#standbyAnswered = answered
      })
  }

  #probe(session: SimulatedSession, pair: PathLists, outcome: (answered: boolean) => void): void {
    const follow = this.#follow && pair === this.#current
    if (follow) this.#follow = false
    this.#probes.send(session, { ...pair, color: this.policy.color, follow }, (sample) => {
      outcome(sample !== undefined)
    })
  }

  #failOver(): void {
    if (this.#standby === undefined) return
    const broken = this.#current
    this.#current = this.#wanted = this.#standby
    this.#standby = broken
    this.#standbyAnswered = false
    this.#misses = 0
    this.#follow = true
    this.#core.count('pathSwitches')
    const { endpoint, color } = this.policy
    this.#core.emit('switched', { endpoint, color, forward: this.#current.forward, reverse: this.#current.reverse })
  }
}

function listsOf(policy: DatapathPolicy, pair: PathPair): PathLists {
  return { forward: policy.forward[pair.forward] ?? [policy.endpoint], reverse: policy.reverse[pair.reverse] ?? [] }
}
