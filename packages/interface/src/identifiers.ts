declare const kind: unique symbol
type Identifier<K extends string> = string & { readonly [kind]: K }

/** Segment identifier (SID, RFC 8402): first 64 bits of SHA-256(peer id), 16 lower-case hex digits. */
export type Sid = Identifier<'sid'>
/** libp2p peer id in its base58 text form (`12D3Koo…`), the full identity behind a SID. */
export type PeerIdText = Identifier<'peer-id'>
/** IPv6 address in `fd53:5257::/32` whose low 96 bits are the first 96 bits of SHA-256(peer id). */
export type OverlayAddress = Identifier<'overlay-address'>
/** `ADDRESS/LENGTH`, IPv4 or IPv6, host bits zero. */
export type IpPrefix = Identifier<'ip-prefix'>

/** Brands a text as SID; it must be one already. */
export const sid = (value: string): Sid => value as Sid
/** Brands a text as peer id; it must be one already. */
export const peerIdText = (value: string): PeerIdText => value as PeerIdText
/** Brands a text as overlay address; it must be one already. */
export const overlayAddress = (value: string): OverlayAddress => value as OverlayAddress
/** Brands a text as prefix; it must be one already. */
export const ipPrefix = (value: string): IpPrefix => value as IpPrefix

/** Segment list (RFC 8402): the SIDs to visit in order, the egress last; 1 to `MAX_SEGMENTS` long. `[egress]` is the default path. */
export type SegmentList = readonly Sid[]

/** Longest segment list on the wire: three transits and the egress. */
export const MAX_SEGMENTS = 4
/** Largest group; measurement is a full mesh inside it. */
export const MAX_GROUP_SIZE = 100
/** Largest private network: what one node keeps of its members, and what an exchange of all of them costs. */
export const MAX_NETWORK_MEMBERS = 10_000

/** Where a datapath listens on the underlay. */
export interface UnderlayEndpoint {
  readonly address: string
  readonly port: number
}
