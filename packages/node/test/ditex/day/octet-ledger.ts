import { MAX_GOSSIP, decodeEntry } from '@srwan/ditex'
import { frameOnTheWire, gossipOnTheWire } from '@srwan/testing'
import type { OnTheWire } from '@srwan/testing'

/** What octets were sent for. Entries are counted once as `kind`, by scope; everything around them is framing. */
export type Purpose = `gossip ${string}` | `exchange ${string}` | 'keep-alives' | 'reconnect handshakes' | 'roster exchange'

const ENTRY = 7
const FORK = 8
const ANCHOR = 9
const ANCHOR_LENGTH = 136

/** Counts octets sent by all nodes, by purpose. */
export class OctetLedger {
  readonly #octets = new Map<Purpose, OnTheWire>()
  readonly #network: string
  /** A message is taken apart once, not at every node. */
  readonly #parts = new WeakMap<Uint8Array, readonly (readonly [Purpose, number])[]>()

  constructor(network: string) {
    this.#network = network
  }

  /** @param times - so often */
  add(purpose: Purpose, { content, heads }: OnTheWire, times = 1): void {
    const before = this.#octets.get(purpose) ?? { content: 0, heads: 0 }
    this.#octets.set(purpose, { content: before.content + times * content, heads: before.heads + times * heads })
  }

  clear(): void {
    this.#octets.clear()
  }

  all(): ReadonlyMap<Purpose, OnTheWire> {
    return new Map([...this.#octets].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  /** One copy of a gossiped message. */
  gossip(message: Uint8Array): void {
    let parts = this.#parts.get(message)
    if (parts === undefined) this.#parts.set(message, (parts = this.#partsOf(message)))
    for (const [purpose, octets] of parts) this.add(purpose, { content: octets, heads: 0 })
    this.add('gossip framing', around(gossipOnTheWire(message.length), message.length))
  }

  /** One frame of an exchange; what of it are entries is told by the services' own counters. */
  frame(frame: Uint8Array): void {
    this.add('exchange framing', around(frameOnTheWire(frame.length), frame.length))
  }

  #partsOf(message: Uint8Array): readonly (readonly [Purpose, number])[] {
    if (message.length > MAX_GOSSIP) throw new RangeError('a message that no node would take')
    const parts: [Purpose, number][] = [['gossip framing', 1]]
    const view = new DataView(message.buffer, message.byteOffset, message.length)
    for (let at = 1; at < message.length; ) {
      const type = message[at]
      if (type === ANCHOR) {
        parts.push(['gossip anchors', 1 + ANCHOR_LENGTH])
        at += 1 + ANCHOR_LENGTH
        continue
      }
      const length = view.getUint16(at + 1)
      parts.push([type === ENTRY ? this.#purposeOf(message.subarray(at + 3, at + 3 + length)) : 'gossip forks', 3 + length])
      if (type !== ENTRY && type !== FORK) throw new RangeError(`item ${String(type)} in a gossiped message`)
      at += 3 + length
    }
    return parts
  }

  #purposeOf(encoded: Uint8Array): Purpose {
    const { entry } = decodeEntry(encoded, this.#network)
    return `gossip ${entry.scope}: ${entry.kind}`
  }
}

/** What is not the message itself. */
function around({ content, heads }: OnTheWire, length: number): OnTheWire {
  return { content: content - length, heads }
}
