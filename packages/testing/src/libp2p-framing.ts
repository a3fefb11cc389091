/**
 * What libp2p, TCP, UDP and IP add to what is sent. Simulations count with these; `packages/node/test/ditex/day/framing.spec.ts` holds them against real connections: a month that is computed with too little
 * would be worth nothing. IPv4; each packet of IPv6 is 20 octets longer.
 */
export interface OnTheWire {
  /** What is said, and what libp2p puts around it: octets of UDP or TCP payload. */
  readonly content: number
  /** Heads of the packets that carry it, and of those that acknowledge them: the other side sends these, but each side is somebody's other side. */
  readonly heads: number
}

/** IPv4 and UDP. */
const DATAGRAM_HEAD = 28
/** IPv4 and TCP with timestamps, of each segment and each acknowledgement. */
export const SEGMENT_HEAD = 52
/** Payload of a TCP segment on Ethernet. */
const SEGMENT = 1448
/** Header of yamux, length and tag of Noise: around each write. */
const WRITE_HEAD = 12 + 18
/** Gossipsub's protobuf around one message: topic and lengths. */
const GOSSIP_HEAD = 36
/** Message ids are SHA-256 hashes: one in an IHAVE, with its length. */
const MESSAGE_ID = 34
/** Length before a frame of a stream. */
const LENGTH = 3
/** Each side of a stream, besides its frames: protocol negotiation, opening and closing, in so many segments that are acknowledged by themselves. */
const STREAM_TEXT = 205
const STREAM_SEGMENTS = 1.5
/** Each side of a new connection, roster and exchange left out: Noise, negotiations, identify, subscriptions; packets with TCP's own opening and closing. */
const CONNECTION_TEXT = 1940
const CONNECTION_PACKETS = 17
/** Between yamux's keep-alives. */
const KEEP_ALIVE_SECONDS = 45
/** Gossipsub as nodes have it: links of its mesh, peers outside of it that are told what came since the last heartbeat, and ms between these. */
export const GOSSIP_MESH = { least: 3, most: 4 } as const
const ANNOUNCED_TO = 1
const HEARTBEAT = 4000

/** A sum of both parts. */
export function octetsOnTheWire({ content, heads }: OnTheWire): number {
  return content + heads
}

/** One UDP datagram with its heads. @param length - octets of its payload */
export function datagramOnTheWire(length: number): OnTheWire {
  return { content: length, heads: DATAGRAM_HEAD }
}

/** Segments, and an acknowledgement for every second one. */
function written(content: number): OnTheWire {
  const segments = Math.ceil(content / SEGMENT)
  return { content, heads: SEGMENT_HEAD * (segments + Math.ceil(segments / 2)) }
}

/** One copy of a gossiped message of that many octets. */
export function gossipOnTheWire(length: number): OnTheWire {
  return written(length + GOSSIP_HEAD + WRITE_HEAD)
}

/** An IHAVE of so many message ids to one peer. */
export function announcementOnTheWire(ids: number): OnTheWire {
  return written(ids * MESSAGE_ID + GOSSIP_HEAD + WRITE_HEAD)
}

/** One frame of a stream. */
export function frameOnTheWire(length: number): OnTheWire {
  return written(length + LENGTH + WRITE_HEAD)
}

/** Each side of a stream, besides its frames. */
export const STREAM_ON_THE_WIRE: OnTheWire = { content: STREAM_TEXT, heads: STREAM_SEGMENTS * 2 * SEGMENT_HEAD }

/** Each side of a new connection, besides what the protocols of ours say on it. */
export const CONNECTION_ON_THE_WIRE: OnTheWire = { content: CONNECTION_TEXT, heads: CONNECTION_PACKETS * SEGMENT_HEAD }

/** Each side of a connection, for so long: a keep-alive of its own and the answer to the other's in each period. */
export function keepAlivesOnTheWire(seconds: number): OnTheWire {
  const { content, heads } = written(WRITE_HEAD)
  const times = (2 * seconds) / KEEP_ALIVE_SECONDS
  return { content: content * times, heads: heads * times }
}

/** What a node says of messages on one topic to peers outside of its mesh: each is announced once, with others of one heartbeat together. */
export class Announcements {
  #heartbeat = -1

  /** A message came or was made. @param now - ms @returns what its announcement costs: one of its own, or one more id in one that is sent anyway */
  note(now: number): OnTheWire {
    const heartbeat = Math.floor(now / HEARTBEAT)
    const isFirst = heartbeat !== this.#heartbeat
    this.#heartbeat = heartbeat
    const { content, heads } = isFirst ? announcementOnTheWire(1) : { content: MESSAGE_ID, heads: 0 }
    return { content: ANNOUNCED_TO * content, heads: ANNOUNCED_TO * heads }
  }
}
