import { Buffer } from 'node:buffer'
import { createOrganisation } from '@srwan/membership'
import { createTestStack } from '../test-stack.ts'
import type { PeerIdText } from '@srwan/interface'

/** Offset and length of the sender's SID in a pulse. */
const SENDER = { at: 2, length: 8 }

interface Rpc {
  readonly messages?: readonly { readonly topic: string; readonly data?: Uint8Array }[]
}
interface Receiver {
  readonly components: { readonly peerId: { toString: () => string } }
  readonly getTopics: () => readonly string[]
}
interface Prototype {
  handleReceivedRpc: (this: Receiver, from: unknown, rpc: Rpc) => Promise<void>
}

/** Sees every gossiped message that reaches any node of this process, as it comes off the wire. */
export interface TopicWiretap {
  /** Messages of a topic that reached a node, duplicates included. @param sender - SID: pulses of this one only */
  readonly arrived: (receiver: PeerIdText, topic: string, sender?: string) => number
  /** Topics that a node is subscribed to; empty before anything reached it. */
  readonly topicsOf: (receiver: PeerIdText) => readonly string[]
  readonly stop: () => void
}

/** The class of gossipsub is not exported: its prototype is taken from one. */
export async function wiretap(): Promise<TopicWiretap> {
  const { stack } = await createTestStack({ id: 'tap', organisation: createOrganisation() })
  const prototype = Object.getPrototypeOf(stack.services.pubsub) as Prototype
  const original = prototype.handleReceivedRpc
  const seen: { readonly receiver: string; readonly topic: string; readonly sender: string }[] = []
  const receivers = new Map<string, Receiver>()
  prototype.handleReceivedRpc = async function (from, rpc) {
    const receiver = this.components.peerId.toString()
    receivers.set(receiver, this)
    for (const { topic, data } of rpc.messages ?? []) {
      const sender = Buffer.from(data?.subarray(SENDER.at, SENDER.at + SENDER.length) ?? []).toString('hex')
      seen.push({ receiver, topic, sender })
    }
    await original.call(this, from, rpc)
  }
  return {
    arrived: (receiver, topic, sender) => seen.filter((one) => one.receiver === receiver && one.topic === topic && (sender === undefined || one.sender === sender)).length,
    topicsOf: (receiver) => [...(receivers.get(receiver)?.getTopics() ?? [])].sort(),
    stop: () => {
      prototype.handleReceivedRpc = original
    }
  }
}
