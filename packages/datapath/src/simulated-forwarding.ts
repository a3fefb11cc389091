import type { SegmentList, Sid } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { SimulatedHops } from './simulated-hops.ts'
import { listKey, octetsOf } from './simulated-packet.ts'
import type { SegmentBody, SegmentPacket } from './simulated-packet.ts'
import type { EndToEndProbes } from './simulated-path-probes.ts'
import type { SimulatedPeers } from './simulated-peers.ts'
import type { SimulatedSessions } from './simulated-sessions.ts'

interface ForwardingParts {
  readonly peers: SimulatedPeers
  readonly hops: SimulatedHops
  readonly sessions: SimulatedSessions
  readonly probes: EndToEndProbes
  readonly noteData: (endpoint: Sid, color: number) => void
}

/** What a node does with a segment packet: forward it as a transit, answer or deliver it as egress, take the reverse direction's end as ingress. */
export class SimulatedForwarding {
  readonly #core: SimulatedCore
  readonly #parts: ForwardingParts

  constructor(core: SimulatedCore, parts: ForwardingParts) {
    this.#core = core
    this.#parts = parts
  }

  receive(packet: SegmentPacket): void {
    if (packet.segments[packet.position] !== this.#core.sid) {
      this.#core.count('dropNotNextSegment')
      return
    }
    this.#core.countReceived(packet)
    if (packet.position < packet.segments.length - 1) this.#forward(packet)
    else if (packet.direction === 'forward') this.#receiveAsEgress(packet)
    else this.#receiveAsIngress(packet)
  }

  sendReverse(segments: SegmentList, session: { readonly ingress: Sid; readonly session: number; readonly color: number }, body: SegmentBody): void {
    const first = segments[0]
    if (first === undefined) return
    this.#core.transmit(first, { kind: 'segment', direction: 'reverse', ...session, segments, position: 0, body })
  }

  #forward(packet: SegmentPacket): void {
    const next = packet.segments[packet.position + 1]
    if (this.#parts.hops.accept(packet, 'transit') === undefined) return
    if (!this.#core.config.transit) {
      this.#core.count('dropTransitRefused')
      return
    }
    if (next === undefined || !this.#parts.peers.has(next)) {
      this.#core.count('dropUnknownNextSegment')
      return
    }
    this.#core.count('transitPackets')
    this.#core.count('transitOctets', octetsOf(packet))
    this.#core.network.send(this.#core.sid, next, { ...packet, position: packet.position + 1 })
  }

  #receiveAsEgress(packet: SegmentPacket): void {
    const session = this.#parts.hops.accept(packet, 'egress')
    if (session === undefined) return
    const { body, color } = packet
    if (body.type === 'data') this.#deliver(body.octets)
    if (body.type !== 'request') return
    const replyPath = session.reverse.get(listKey(body.replyPath))
    if (replyPath === undefined) return
    if (body.follow) session.active = replyPath
    const t2 = this.#core.measuringClock.now()
    const { sequence, t1 } = body
    this.sendReverse(replyPath, { ingress: packet.ingress, session: packet.session, color }, { type: 'reply', sequence, t1, t2, t3: t2 })
  }

  #receiveAsIngress(packet: SegmentPacket): void {
    const egress = this.#parts.sessions.all().find((session) => session.id === packet.session)
    if (egress === undefined || packet.ingress !== this.#core.sid) {
      this.#core.count('dropUnknownSession')
      return
    }
    if (packet.body.type === 'reply') this.#parts.probes.receive(packet.body)
    if (packet.body.type !== 'data') return
    egress.reverseOctets += octetsOf(packet)
    this.#deliver(packet.body.octets)
    this.#parts.noteData(egress.endpoint, packet.color)
  }

  #deliver(octets: number): void {
    this.#core.count('tunTxPackets')
    this.#core.count('tunTxOctets', octets)
  }
}
