import { setTimeout as wait } from 'node:timers/promises'
import { overlay } from './network.js'

const [A, T, B] = [0, 1, 2]
const PERIOD_MS = 1000
const PINGS = 5
const CLOSED_PERIODS = 2

/**
 * Reconfigures every datapath once a second: A moves between the path through T and the direct one, a member that never answers comes and goes everywhere, and
 * B's session with T is closed and opened again, with pings over it each time.
 */
export class Disturbance {
  figures = { reconfigurations: 0, unchanged: 0, reopened: 0, pings: 0, pingsLost: 0 }
  #network
  #path = 0
  #secondPair = true
  #closedFor = 0
  #ping

  constructor(network) {
    this.#network = network
  }

  /** @param {AbortSignal} signal - ends it, after the round under way */
  async run(signal) {
    for (let round = 0; !signal.aborted; round++) {
      const from = performance.now()
      await this.#disturb(round)
      await wait(Math.max(PERIOD_MS - (performance.now() - from), 0))
    }
    await this.#ping
  }

  /** The state at which the run begins. */
  async settle() {
    for (const host of [A, T, B]) await this.#network.reconfigure(host, { path: 0, absent: false, secondPair: true })
  }

  async #disturb(round) {
    this.#path = round % 2
    this.#turnSecondPair()
    const state = { path: this.#path, secondPair: this.#secondPair }
    const answers = [
      await this.#network.reconfigure(A, { ...state, absent: round % 3 === 0 }),
      await this.#network.reconfigure(T, { ...state, absent: round % 2 === 0 }),
      await this.#network.reconfigure(B, { ...state, absent: round % 2 === 0 })
    ]
    this.figures.reconfigurations += answers.length
    this.figures.unchanged += answers.filter((answer) => answer !== 'applied').length
    if (this.#secondPair) this.#ping ??= this.#pingOver()
  }

  /** The session is closed when its pings have ended, so that nothing is under way then. */
  #turnSecondPair() {
    if (this.#secondPair) {
      if (this.#ping?.ended !== true) return
      this.#ping = undefined
      this.#secondPair = false
      this.#closedFor = 0
    } else if (++this.#closedFor >= CLOSED_PERIODS) {
      this.#secondPair = true
      this.figures.reopened++
    }
  }

  #pingOver() {
    const run = this.#network.chain.last.run('ping', '-n', '-c', String(PINGS), '-i', '0.2', '-W', '5', overlay(T)).then(({ stdout }) => {
      const received = Number(/(\d+) received/.exec(stdout)?.[1] ?? 0)
      this.figures.pings += PINGS
      this.figures.pingsLost += PINGS - received
      run.ended = true
    })
    return run
  }
}
