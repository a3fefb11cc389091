import { ms } from '@srwan/interface'
import type { Clock, Milliseconds, Random, Ratio, Sid } from '@srwan/interface'
import type { SimulatedPacket } from './simulated-packet.ts'

/** Packets on the way at once; more are dropped, as a router's queues would. */
const MAX_IN_FLIGHT = 100_000

/** What the simulated Internet is like; each function is asked for every packet, so a test may change its mind. */
export interface SimulatedNetworkInit {
  readonly clock: Clock
  readonly random: Random
  /** True one-way delay of a directed pair; `undefined` = nothing arrives. */
  readonly delay: (from: Sid, to: Sid) => Milliseconds | undefined
  /** @default none */
  readonly loss?: (from: Sid, to: Sid) => Ratio
  /** Extra delay, drawn uniformly between 0 and this. @default none */
  readonly jitter?: (from: Sid, to: Sid) => Milliseconds
}

/** The underlay between simulated datapaths. */
export interface SimulatedNetwork {
  readonly clock: Clock
  readonly random: Random
  /** Connects a receiver; the returned function disconnects it. The last one attached under a SID receives. */
  readonly attach: (sid: Sid, receive: (packet: SimulatedPacket) => void) => () => void
  /** Delivers the packet after the pair's delay, or never. */
  readonly send: (from: Sid, to: Sid, packet: SimulatedPacket) => void
}

/** An Internet of directed delays and losses on an injected clock. */
export function createSimulatedNetwork(init: SimulatedNetworkInit): SimulatedNetwork {
  const receivers = new Map<Sid, (packet: SimulatedPacket) => void>()
  let inFlight = 0
  const send = (from: Sid, to: Sid, packet: SimulatedPacket): void => {
    const delay = init.delay(from, to)
    const lost = init.random.next() < (init.loss?.(from, to) ?? 0)
    const jitter = (init.jitter?.(from, to) ?? 0) * init.random.next()
    if (delay === undefined || lost || inFlight >= MAX_IN_FLIGHT) return
    inFlight++
    init.clock.setTimeout(
      () => {
        inFlight--
        receivers.get(to)?.(packet)
      },
      ms(delay + jitter)
    )
  }
  const attach = (sid: Sid, receive: (packet: SimulatedPacket) => void): (() => void) => {
    receivers.set(sid, receive)
    return () => {
      if (receivers.get(sid) === receive) receivers.delete(sid)
    }
  }
  return { clock: init.clock, random: init.random, attach, send }
}
