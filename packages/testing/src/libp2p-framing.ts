/**
 * What libp2p, TCP and IP add to what is sent, in octets. `framing.spec.ts` holds these against real connections: a month that is computed with too little would be worth nothing.
 */
/** IPv4 and TCP with timestamps, of each segment and each acknowledgement. */
export const PACKET_HEAD = 52
/** Payload of a TCP segment on Ethernet. */
const SEGMENT = 1448
/** Header of yamux, length and tag of Noise: around each write. */
const WRITE_HEAD = 12 + 18
/** Gossipsub's protobuf around one message: topic and lengths. */
const GOSSIP_HEAD = 36
/** Message ids are SHA-256 hashes: one in an IHAVE, with its length. */
const MESSAGE_ID = 34
/** Length before a frame of an exchange. */
const LENGTH = 3
/** Each side of an exchange, besides the frames: protocol negotiation, opening and closing of a stream, in so many segments that are acknowledged by themselves. */
const STREAM_TEXT = 205
const STREAM_SEGMENTS = 1.5
/** Of each side in each period: a keep-alive of its own and the answer to the other's. */
const KEEP_ALIVE = 2 * (WRITE_HEAD + 2 * PACKET_HEAD)
const KEEP_ALIVE_SECONDS = 45

/** Segments, and an acknowledgement for every second one: the other side sends it, but each side is somebody's other side. */
function onTheWire(octets: number): number {
  const segments = Math.ceil(octets / SEGMENT)
  return octets + PACKET_HEAD * (segments + Math.ceil(segments / 2))
}

/** One copy of a gossiped message of that many octets. */
export function gossipOctets(length: number): number {
  return onTheWire(length + GOSSIP_HEAD + WRITE_HEAD)
}

/** An IHAVE of so many message ids to one peer. */
export function announcementOctets(ids: number): number {
  return onTheWire(ids * MESSAGE_ID + GOSSIP_HEAD + WRITE_HEAD)
}

/** One frame of an exchange. */
export function streamFrameOctets(length: number): number {
  return onTheWire(length + LENGTH + WRITE_HEAD)
}

/** What each side of an exchange sends besides its frames. */
export const STREAM_OCTETS = STREAM_TEXT + STREAM_SEGMENTS * 2 * PACKET_HEAD

/** Keep-alives of one connection, per second and side. */
export const CONNECTION_OCTETS_PER_SECOND = KEEP_ALIVE / KEEP_ALIVE_SECONDS
