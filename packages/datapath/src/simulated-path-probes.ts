import { InvalidInputError, LimitExceededError, MAX_PATHS_PER_POLICY, UnknownDestinationError, ms, ns } from '@srwan/interface'
import type { PathProbeRequest, PathProbeResult, PathProbeSample, Sid, Timer } from '@srwan/interface'
import { checkSegments } from './simulated-config-check.ts'
import type { SimulatedCore } from './simulated-core.ts'
import type { SegmentBody } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'
import type { PathLists, SimulatedSession } from './simulated-session.ts'
import type { SimulatedSessions } from './simulated-sessions.ts'

const DEFAULT_COUNT = 10
const DEFAULT_DURATION = ms(1000)
const REPLY_WAIT = ms(1000)
const SESSION_WAIT = ms(5000)
const LISTS_WAIT = ms(2000)
const MAX_COUNT = 100
const MAX_OUTSTANDING = 4096

interface Outstanding {
  readonly timer: Timer
  readonly settle: (sample: PathProbeSample | undefined) => void
}

/** Sealed end-to-end probes: one at a time for liveness, or many over several paths at once for a decision. */
export class EndToEndProbes {
  readonly #core: SimulatedCore
  readonly #outstanding = new Map<number, Outstanding>()
  #sequence = 0

  constructor(core: SimulatedCore) {
    this.#core = core
  }

  /** Calls back once: with the sample, or with `undefined` where no reply came in a second. */
  send(session: SimulatedSession, path: PathLists & { readonly color: number; readonly follow: boolean }, settle: (sample: PathProbeSample | undefined) => void): void {
    if (!this.#core.running || this.#outstanding.size >= MAX_OUTSTANDING) {
      settle(undefined)
      return
    }
    const sequence = ++this.#sequence
    const timer = this.#core.later(REPLY_WAIT, () => {
      this.#outstanding.delete(sequence)
      settle(undefined)
    })
    this.#outstanding.set(sequence, { timer, settle })
    const t1 = this.#core.measuringClock.now()
    session.send(path.forward, path.color, { type: 'request', sequence, replyPath: path.reverse, follow: path.follow, t1 })
  }

  /** Nobody waits for a datapath that has stopped. */
  close(): void {
    const pending = [...this.#outstanding.values()]
    this.#outstanding.clear()
    for (const { timer, settle } of pending) {
      timer.cancel()
      settle(undefined)
    }
  }

  receive(reply: Extract<SegmentBody, { type: 'reply' }>): void {
    const outstanding = this.#outstanding.get(reply.sequence)
    if (outstanding === undefined) return
    this.#outstanding.delete(reply.sequence)
    outstanding.timer.cancel()
    const { t1, t2, t3 } = reply
    const t4 = this.#core.measuringClock.now()
    outstanding.settle({ forward: ns(t2 - t1), reverse: ns(t4 - t3), roundTrip: ns(t4 - t1 - (t3 - t2)) })
  }
}

/** `Datapath.probePaths`: opens what is not open, probes all paths at the same instants, and waits for the last reply. */
export class PathComparison {
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #sessions: SimulatedSessions
  readonly #probes: EndToEndProbes

  constructor(core: SimulatedCore, parts: { readonly peers: SimulatedPeers; readonly sessions: SimulatedSessions; readonly probes: EndToEndProbes }) {
    this.#core = core
    this.#peers = parts.peers
    this.#sessions = parts.sessions
    this.#probes = parts.probes
  }

  async run(request: PathProbeRequest, signal?: AbortSignal): Promise<PathProbeResult> {
    signal?.throwIfAborted()
    this.#check(request)
    const { endpoint, color, paths, count = DEFAULT_COUNT, duration = DEFAULT_DURATION } = request
    const none = { samples: paths.map(() => new Array<undefined>(count).fill(undefined)) }
    if (!(await this.#until(endpoint, SESSION_WAIT, signal, () => this.#sessions.ensure(endpoint)?.state === 'open'))) return none
    const session = this.#sessions.find(endpoint)
    if (session === undefined) return none
    for (const path of paths) session.want(path)
    await this.#until(endpoint, LISTS_WAIT, signal, () => paths.every((path) => session.isOpen(path)))
    const open = paths.map((path) => session.isOpen(path))
    const samples = paths.map((): Promise<PathProbeSample | undefined>[] => [])
    for (let probe = 0; probe < count; probe++) {
      paths.forEach((path, index) => {
        samples[index]?.push(
          open[index] !== true
            ? Promise.resolve(undefined)
            : new Promise((resolve) => {
                this.#probes.send(session, { ...path, color, follow: false }, resolve)
              })
        )
      })
      if (probe < count - 1) await this.#core.clock.sleep(ms(duration / count), signal)
    }
    return { samples: await Promise.all(samples.map((list) => Promise.all(list))) }
  }

  #check(request: PathProbeRequest): void {
    const { endpoint, paths, count = DEFAULT_COUNT } = request
    if (!this.#core.running) throw new InvalidInputError({ source: 'path probe request' }, 'the datapath is not running')
    if (!this.#peers.has(endpoint)) throw new UnknownDestinationError(`no peer ${endpoint}`)
    if (paths.length > MAX_PATHS_PER_POLICY || count > MAX_COUNT) throw new LimitExceededError(`at most ${MAX_PATHS_PER_POLICY} paths and ${MAX_COUNT} probes each`)
    const known = new Set(this.#core.config.peers.map(({ sid }) => sid))
    paths.forEach(({ forward, reverse }, index) => {
      checkSegments(forward, { first: this.#core.sid, last: endpoint, known, field: `paths.${index}.forward` })
      checkSegments(reverse, { first: endpoint, last: this.#core.sid, known, field: `paths.${index}.reverse` })
    })
  }

  /** Waits for progress of the session until the condition holds. @returns whether it does */
  async #until(endpoint: Sid, limit: number, signal: AbortSignal | undefined, condition: () => boolean): Promise<boolean> {
    if (condition()) return true
    const over = new AbortController()
    const stop = this.#sessions.onProgress((changed) => {
      if (changed === endpoint && condition()) over.abort()
    })
    const ended = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
    await this.#core.clock.sleep(ms(limit), ended).catch(() => {})
    stop()
    signal?.throwIfAborted()
    return condition()
  }
}
