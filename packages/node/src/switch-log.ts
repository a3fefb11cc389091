import type { Clock, DatapathEvents, Milliseconds, Sid } from '@srwan/interface'

/** Most policies whose last switch is remembered; the one that is quiet the longest is forgotten first. */
const MAX_REMEMBERED = 1024

/** The last time that the datapath left the path in use of one policy by itself. */
export interface PathSwitch {
  readonly endpoint: Sid
  /** Wire number. */
  readonly color: number
  /** When, on the node's clock. */
  readonly at: Milliseconds
  /** Since the start. */
  readonly count: number
  /** Which direction was dead. */
  readonly cause: DatapathEvents['switched']['cause']
}

/** When and why each policy last failed over, for people. */
export class SwitchLog {
  readonly #clock: Clock
  readonly #switches = new Map<string, PathSwitch>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly add = (event: DatapathEvents['switched']): void => {
    const { endpoint, color, cause } = event
    const key = `${endpoint} ${color}`
    const count = (this.#switches.get(key)?.count ?? 0) + 1
    this.#switches.delete(key)
    const [oldest] = this.#switches.keys()
    if (this.#switches.size >= MAX_REMEMBERED && oldest !== undefined) this.#switches.delete(oldest)
    this.#switches.set(key, { endpoint, color, at: this.#clock.now(), count, cause })
  }

  /** Latest first. */
  list(): readonly PathSwitch[] {
    return [...this.#switches.values()].reverse()
  }
}
