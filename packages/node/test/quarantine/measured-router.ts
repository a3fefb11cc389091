import { createHash } from 'node:crypto'
import { Listeners, ms, ns } from '@srwan/interface'
import type { Clock, Datapath, DatapathEvents, GroupTopic, Member, Milliseconds, Random, RosterSource, VerifySignature } from '@srwan/interface'
import { createMeasurement } from '@srwan/measurement'
import type { Measurement } from '@srwan/measurement'
import { silentLogger } from '@srwan/testing'

/** Gossip of a pulse to every other. */
const SPREAD = ms(100)

/** Not a signature: enough where nobody forges one. */
const signatureOf = (peerId: string, data: Uint8Array): Uint8Array => createHash('sha512').update(peerId).update(data).digest()
const verify: VerifySignature = (peerId, data, signature) => Promise.resolve(Buffer.compare(signatureOf(peerId, data), signature) === 0)

/** The topic of a group: what one publishes all others hear. */
export class SimulatedTopic {
  readonly #clock: Clock
  readonly #members = new Set<Listeners<{ message: { readonly data: Uint8Array } }>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  join(): GroupTopic {
    const own = new Listeners<{ message: { readonly data: Uint8Array } }>()
    this.#members.add(own)
    return {
      on: (name, listener) => own.on(name, listener),
      off: (name, listener) => own.off(name, listener),
      publish: (data) => {
        for (const other of this.#members) if (other !== own) this.#clock.setTimeout(() => other.emit('message', { data }), SPREAD)
        return Promise.resolve()
      }
    }
  }
}

/** What a measurement is set up with. */
export interface MeasuredRouterInit {
  readonly member: Member
  readonly datapath: Datapath
  readonly topic: SimulatedTopic
  readonly roster: RosterSource
  readonly clock: Clock
  readonly random: Random
  readonly pulseInterval: Milliseconds
  /** By how much it publishes its delays too short, now. */
  readonly lie: () => Milliseconds
}

/** The measurement of a router that takes off as much as it likes of each delay before it publishes it. */
export function measuredRouter({ member, datapath, topic, lie, roster, clock, random, pulseInterval }: MeasuredRouterInit): Measurement {
  const probes = new Listeners<Pick<DatapathEvents, 'probe'>>()
  datapath.on('probe', (event) => probes.emit('probe', { ...event, receivedAt: ns(event.receivedAt - BigInt(lie() * 1e6)) }))
  const lying: Parameters<typeof createMeasurement>[0]['datapath'] = {
    on: (name, listener) => (name === 'probe' ? probes.on(name, listener as never) : datapath.on(name, listener)),
    off: (name, listener) => (name === 'probe' ? probes.off(name, listener as never) : datapath.off(name, listener)),
    setColumnPart: datapath.setColumnPart.bind(datapath),
    sendDatagram: datapath.sendDatagram.bind(datapath),
    clockNow: datapath.clockNow.bind(datapath),
    get clockEpoch() {
      return datapath.clockEpoch
    }
  }
  const signer = { peerId: member.peerId, sid: member.sid, sign: (data: Uint8Array) => Promise.resolve(signatureOf(member.peerId, data)) }
  return createMeasurement({ datapath: lying, roster, topic: topic.join(), signer, verify, clock, random, logger: silentLogger(), networkId: 'simulated' }, { pulseInterval })
}
