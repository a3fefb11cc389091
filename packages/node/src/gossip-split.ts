import { ProtobufReader } from '@srwan/wire'

/** One frame of gossipsub may carry several messages. */
export const MAX_GOSSIP_FRAME = 65_536
/** Octets of the varint before a frame. */
const MAX_PREFIX = 3
/** Fields of gossipsub's RPC: published messages, and the topic of one. */
const PUBLISHED = 2
const TOPIC = 4
/** Topics of the exchange, as `entryTopicName` and `groupEntryTopicName` make them. */
const ENTRY_TOPIC = /^srwan\/[^/]+\/ditex(\/\d+)?$/
const NOTHING = new Uint8Array(0)

/** Tells what of one direction of a gossipsub stream are messages of the exchange. What does not decode is none of them, and nothing that follows it is. */
export class GossipSplit {
  #held: Uint8Array = NOTHING
  #isLost = false

  /** The next octets of the stream. @returns how many octets of the frames that are now complete are messages of the exchange */
  take(octets: Uint8Array): number {
    if (this.#isLost) return 0
    let rest = this.#held.length === 0 ? octets : Buffer.concat([this.#held, octets])
    let found = 0
    try {
      for (let frame = frameOf(rest); frame !== undefined; frame = frameOf(rest)) {
        found += entryOctets(frame)
        rest = rest.subarray(frame.byteOffset - rest.byteOffset + frame.length)
      }
      this.#held = rest.slice()
    } catch {
      this.#isLost = true
      this.#held = NOTHING
    }
    return found
  }
}

/** @returns `undefined` where it is not all there yet. @throws RangeError for one that gossipsub would not take */
function frameOf(octets: Uint8Array): Uint8Array | undefined {
  let length = 0
  for (let index = 0; index < MAX_PREFIX; index++) {
    const octet = octets[index]
    if (octet === undefined) return undefined
    length |= (octet & 0x7f) << (7 * index)
    if (octet >= 0x80) continue
    if (length > MAX_GOSSIP_FRAME) break
    return octets.length > index + length ? octets.subarray(index + 1, index + 1 + length) : undefined
  }
  throw new RangeError('too long a frame')
}

/** Octets of the messages of the exchange in one RPC. @throws MalformedMessageError */
function entryOctets(rpc: Uint8Array): number {
  const reader = new ProtobufReader(rpc)
  let octets = 0
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.field === PUBLISHED && field.wireType === 2 && ENTRY_TOPIC.test(topicOf(field.value))) octets += field.value.length
  }
  return octets
}

function topicOf(message: Uint8Array): string {
  const reader = new ProtobufReader(message)
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.field === TOPIC && field.wireType === 2) return Buffer.from(field.value).toString()
  }
  return ''
}
