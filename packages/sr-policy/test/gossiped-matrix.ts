import { createHash } from 'node:crypto'
import { seededRandom } from '@srwan/clock'
import { ms, peerIdText } from '@srwan/interface'
import type { GroupTopic, MatrixSource, PeerIdText, Startable } from '@srwan/interface'
import { createMeasurement } from '@srwan/measurement'
import { silentLogger } from '@srwan/testing'
import type { MatrixContext } from './simulated-wan.ts'

const GOSSIP_DELAY = ms(150)

/** Matrices as the product makes them: columns on probes, datagrams and pulses over a gossip topic that is here a bus with a delay. */
export function gossipedMatrices(): (context: MatrixContext) => MatrixSource & Startable {
  const inboxes = new Map<number, Set<(message: { readonly data: Uint8Array }) => void>>()
  return ({ index, sid, datapath, roster, clock, pulseInterval }) => {
    const inbox = new Set<(message: { readonly data: Uint8Array }) => void>()
    inboxes.set(index, inbox)
    const publish = (data: Uint8Array): Promise<void> => {
      const others = [...inboxes].filter(([other]) => other !== index)
      clock.setTimeout(() => {
        for (const [, listeners] of others) for (const listener of listeners) listener({ data })
      }, GOSSIP_DELAY)
      return Promise.resolve()
    }
    const topic: GroupTopic = { publish, on: (_, listener) => void inbox.add(listener), off: (_, listener) => void inbox.delete(listener) }
    const peerId = peerIdText(`peer-${index}`)
    const signer = { peerId, sid, sign: (data: Uint8Array) => Promise.resolve(signature(peerId, data)) }
    const verify = (author: PeerIdText, data: Uint8Array, claimed: Uint8Array): Promise<boolean> =>
      Promise.resolve(Buffer.from(signature(author, data)).equals(Buffer.from(claimed)))
    return createMeasurement(
      { datapath, roster, topic, signer, verify, clock, random: seededRandom(100 + index), logger: silentLogger(), networkId: 'simulated' },
      { pulseInterval }
    )
  }
}

/** Not a signature: enough among members that do not cheat. */
function signature(peerId: PeerIdText, data: Uint8Array): Uint8Array {
  return createHash('sha512').update(peerId).update(data).digest()
}
