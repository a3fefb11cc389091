import { ms } from '@srwan/interface'
import type { DatapathEvents, DatapathPolicy, PathPair, SegmentList } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import { SimulatedLiveness } from './simulated-liveness.ts'
import { listKey } from './simulated-packet.ts'
import type { EndToEndProbes } from './simulated-path-probes.ts'
import type { PathLists } from './simulated-session.ts'
import type { SimulatedSessions } from './simulated-sessions.ts'

const DEMAND_SPACING = 5000
const WAITING_PACKETS = 32

/** One SR policy at the headend: which pair carries data, what waits while a session opens, and whether the pair in use still answers. */
export class SimulatedPolicy {
  readonly policy: DatapathPolicy
  readonly #core: SimulatedCore
  readonly #sessions: SimulatedSessions
  readonly #liveness: SimulatedLiveness
  #wanted: PathLists
  #current: PathLists
  #standby: PathLists | undefined
  #waiting: number[] = []
  #lastData = -Infinity
  #lastDemand = -Infinity

  constructor(core: SimulatedCore, parts: { readonly sessions: SimulatedSessions; readonly probes: EndToEndProbes }, policy: DatapathPolicy, before?: SimulatedPolicy) {
    this.#core = core
    this.#sessions = parts.sessions
    this.policy = policy
    this.#wanted = listsOf(policy, policy.active)
    this.#standby = policy.standby === undefined ? undefined : listsOf(policy, policy.standby)
    this.#current = before?.current ?? this.#wanted
    this.#liveness = new SimulatedLiveness(core, parts.probes, {
      color: policy.color,
      session: () => {
        const session = this.#sessions.find(policy.endpoint)
        return session?.state === 'open' ? session : undefined
      },
      active: () => this.#current,
      standby: () => this.#standby,
      lastData: () => this.#lastData,
      switchOver: (dead, gap) => {
        this.#failOver(dead, gap)
      },
      nextStandby: () => this.#nextStandby(),
      tell: (name, role) => {
        const pair = role === 'active' ? this.#current : this.#standby
        if (pair !== undefined) core.emit(name, { endpoint: policy.endpoint, color: policy.color, ...pair, role })
      }
    })
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
    this.#liveness.hasten()
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
    if (this.#current !== this.#wanted && (session.isOpen(this.#wanted) || !session.isOpen(this.#current))) {
      this.#current = this.#wanted
      this.#liveness.restart()
    }
    if (!session.isOpen(this.#current)) return
    for (const octets of this.#waiting.splice(0)) session.send(this.#current.forward, this.policy.color, { type: 'data', octets })
  }

  close(): void {
    this.#liveness.close()
  }

  #inherit(before: SimulatedPolicy): void {
    before.close()
    this.#liveness.inherit(before.#liveness)
    this.#waiting = before.#waiting
    this.#lastData = before.#lastData
    this.#lastDemand = before.#lastDemand
    if (this.#lastData > -Infinity) this.#liveness.hasten()
  }

  /** The next other list of each direction becomes the standby's, where it is open. */
  #nextStandby(): boolean {
    const session = this.#sessions.find(this.policy.endpoint)
    if (session === undefined || this.#standby === undefined) return false
    const next = {
      forward: following(this.policy.forward, this.#standby.forward, this.#current.forward),
      reverse: following(this.policy.reverse, this.#standby.reverse, this.#current.reverse)
    }
    const isSame = listKey(next.forward) === listKey(this.#standby.forward) && listKey(next.reverse) === listKey(this.#standby.reverse)
    if (isSame || !session.isOpen(next)) return false
    this.#standby = next
    return true
  }

  #failOver(dead: DatapathEvents['switched']['cause'], gap: number): void {
    if (this.#standby === undefined) return
    const [left, taken] = [this.#current, this.#standby]
    this.#current = this.#wanted = {
      forward: dead === 'reverse' ? left.forward : taken.forward,
      reverse: dead === 'forward' ? left.reverse : taken.reverse
    }
    this.#standby = {
      forward: dead === 'reverse' ? taken.forward : left.forward,
      reverse: dead === 'forward' ? taken.reverse : left.reverse
    }
    this.#core.count('pathSwitches')
    const { endpoint, color } = this.policy
    this.#core.emit('switched', { endpoint, color, ...this.#current, cause: dead, gapMs: ms(gap) })
  }
}

/** The list that follows `current`, around, and is not `except`. */
function following(lists: readonly SegmentList[], current: SegmentList, except: SegmentList): SegmentList {
  const at = lists.findIndex((list) => listKey(list) === listKey(current))
  const turned = [...lists.slice(at + 1), ...lists.slice(0, at + 1)]
  return turned.find((list) => listKey(list) !== listKey(except)) ?? current
}

function listsOf(policy: DatapathPolicy, pair: PathPair): PathLists {
  return { forward: policy.forward[pair.forward] ?? [policy.endpoint], reverse: policy.reverse[pair.reverse] ?? [] }
}
