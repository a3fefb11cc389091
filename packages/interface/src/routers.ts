import type { IpPrefix, OverlayAddress, PeerIdText, Sid, UnderlayEndpoint } from './identifiers.ts'

/** What a router does for a flow (RFC 8402): where it enters, passes or leaves the overlay. */
export type Role = 'ingress' | 'transit' | 'egress'

/** The geo-ISP tuple of a router: what it says of where it stands. */
export interface GeoIsp {
  readonly country?: string
  readonly city?: string
  readonly lat?: number
  readonly lon?: number
  readonly asn?: number
}

/** What a router announces of itself, Ed25519-signed by its node key and numbered: the higher number replaces the lower. */
export interface RouterDescriptor {
  readonly peerId: PeerIdText
  /** Strictly increasing over the life of the identity, restarts included. */
  readonly number: number
  /** X25519 public key of the running datapath, 32 octets; drawn at each start. */
  readonly datapathKey: Uint8Array
  readonly endpoints: readonly UnderlayEndpoint[]
  /** libp2p listen addresses as multiaddrs, the peer id included. */
  readonly multiaddrs: readonly string[]
  readonly geo: GeoIsp
  readonly roles: readonly Role[]
}

/** A verified member of this network: certificate and descriptor checked. */
export interface Member {
  readonly peerId: PeerIdText
  readonly sid: Sid
  readonly overlayAddress: OverlayAddress
  readonly name: string
  /** Prefixes that its certificate lets it serve, its overlay address not included. */
  readonly prefixes: readonly IpPrefix[]
  readonly descriptor: RouterDescriptor
}

/** The members of this node's group in the order of their SIDs: the index of a cell is the position here. */
export interface Roster {
  readonly members: readonly Member[]
  /** 24 bits over the sorted SIDs: two nodes agree on indexes where these agree. */
  readonly fingerprint: number
}

/** Finds routers: the roster of a private network now, kad-dht for open ones. */
export interface PeerDirectory {
  members: () => readonly Member[]
  find: (peerId: PeerIdText, signal?: AbortSignal) => Promise<Member | undefined>
}
