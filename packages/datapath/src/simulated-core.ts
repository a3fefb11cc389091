import { EventEmitter } from 'node:events'
import { DATAPATH_COUNTERS } from '@srwan/interface'
import type { Clock, DatapathConfig, DatapathCounter, DatapathEvents, Milliseconds, Random, SessionSnapshot, Sid, Timer } from '@srwan/interface'
import type { SimulatedMeasuringClock } from './simulated-measuring-clock.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import { octetsOf } from './simulated-packet.ts'
import type { SimulatedPacket } from './simulated-packet.ts'

/** Ended sessions that wait to be taken. */
const MAX_ENDED_SESSIONS = 4096
const EMPTY_CONFIG: DatapathConfig = { localPrefixes: [], peers: [], policies: [], transit: false }

type Purpose = 'probe' | 'pathProbe' | 'datagram' | 'open' | 'handshake' | 'relayed' | 'data'

/** What the parts of one simulated datapath share: identity, clocks, counters, timers, events and the running config. */
export class SimulatedCore {
  readonly sid: Sid
  readonly key: string
  readonly network: SimulatedNetwork
  readonly measuringClock: SimulatedMeasuringClock
  readonly counts: Record<DatapathCounter, number>
  config: DatapathConfig = EMPTY_CONFIG
  running = false
  readonly #events = new EventEmitter()
  readonly #timers = new Set<Timer>()
  #instances = 0
  #ended: SessionSnapshot[] = []

  constructor(init: { readonly sid: Sid; readonly key: string; readonly network: SimulatedNetwork; readonly measuringClock: SimulatedMeasuringClock }) {
    this.sid = init.sid
    this.key = init.key
    this.network = init.network
    this.measuringClock = init.measuringClock
    this.counts = Object.fromEntries(DATAPATH_COUNTERS.map((name) => [name, 0])) as Record<DatapathCounter, number>
    this.#events.setMaxListeners(0)
  }

  get clock(): Clock {
    return this.network.clock
  }

  get random(): Random {
    return this.network.random
  }

  on<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    this.#events.on(name, listener)
  }

  off<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    this.#events.off(name, listener)
  }

  emit<K extends keyof DatapathEvents>(name: K, event: DatapathEvents[K]): void {
    if (this.running) this.#events.emit(name, event)
  }

  count(name: DatapathCounter, by = 1): void {
    this.counts[name] += by
  }

  nextInstance(): number {
    this.#instances += 1
    return this.#instances
  }

  /** Keeps the last counts of a session that is over. */
  ended(last: SessionSnapshot): void {
    if (last.forwardOctets + last.reverseOctets === 0) return
    if (this.#ended.length < MAX_ENDED_SESSIONS) this.#ended.push(last)
    else this.count('dropLimit')
    this.emit('sessionEnded', last)
  }

  takeEnded(): readonly SessionSnapshot[] {
    const taken = this.#ended
    this.#ended = []
    return taken
  }

  /** Counts the packet under its purpose and sends it. */
  transmit(to: Sid, packet: SimulatedPacket): void {
    if (!this.running) return
    this.#countPurpose(packet, 'Tx')
    this.network.send(this.sid, to, packet)
  }

  countReceived(packet: SimulatedPacket): void {
    this.#countPurpose(packet, 'Rx')
  }

  /** A timer that does nothing once the datapath has stopped. */
  later(delay: Milliseconds, callback: () => void): Timer {
    const timer = this.clock.setTimeout(() => {
      this.#timers.delete(timer)
      if (this.running) callback()
    }, delay)
    this.#timers.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#timers.delete(timer)
      }
    }
  }

  shutDown(): void {
    this.running = false
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #countPurpose(packet: SimulatedPacket, direction: 'Tx' | 'Rx'): void {
    const purpose = purposeOf(packet)
    this.counts[`${purpose}${direction}Octets`] += octetsOf(packet)
    this.counts[`${purpose}${direction}Packets`] += 1
  }
}

function purposeOf(packet: SimulatedPacket): Purpose {
  if (packet.kind === 'segment') return packet.body.type === 'data' ? 'data' : 'pathProbe'
  const { type } = packet.body
  return type === 'probe' || type === 'datagram' || type === 'handshake' || type === 'relayed' ? type : 'open'
}
