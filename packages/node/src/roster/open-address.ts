import { parseAddress } from '@srwan/membership'
import { dialableAddresses } from '../dialable-addresses.ts'
import type { SeenRouter } from '@srwan/groups'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Member } from '@srwan/interface'

/**
 * What counts of a router in an open network: the address of its first endpoint, and the autonomous system that it names.
 *
 * @returns `undefined` where it names no address
 */
export function seenRouterOf({ peerId, descriptor: { endpoints, geo } }: Member): SeenRouter | undefined {
  const address = endpoints[0]?.address
  return address === undefined ? undefined : { peerId, address, asn: geo.asn }
}

/** Where a router is to be dialled so that its address is proven: at that very address. */
export function provingAddresses(member: Member): readonly Multiaddr[] {
  const counted = seenRouterOf(member)?.address
  return counted === undefined ? [] : dialableAddresses(member.descriptor.multiaddrs, member.peerId).filter((address) => isAt(address.toString(), counted))
}

/** Does a connection to or from this multiaddr prove the address? A handshake over TCP does, in either direction. */
export function isAt(remote: string, address: string): boolean {
  const host = parseAddress(/^\/ip[46]\/([0-9a-fA-F.:]+)\//.exec(remote)?.[1] ?? '')
  const wanted = parseAddress(address)
  return host !== undefined && wanted !== undefined && Buffer.from(host).equals(wanted)
}
