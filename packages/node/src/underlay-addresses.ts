import { networkInterfaces } from 'node:os'
import { isIP } from 'node:net'
import { OVERLAY_PREFIX, parseAddress, parsePrefix, prefixContains } from '@srwan/membership'
import { MAX_DESCRIPTOR_ENDPOINTS } from '@srwan/wire'

const WILDCARDS = new Set(['0.0.0.0', '::'])

/**
 * Underlay addresses that this node announces: those it was told, else the one it listens on, else all of this machine's, the overlay's own and link-local ones aside.
 *
 * @returns 1 to 8 addresses
 */
export function underlayAddresses(listenAddress: string, advertise: readonly string[]): readonly string[] {
  if (advertise.length > 0) return advertise.slice(0, MAX_DESCRIPTOR_ENDPOINTS)
  if (!WILDCARDS.has(listenAddress)) return [listenAddress]
  const wanted = isIP(listenAddress)
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const usable = all.filter(({ address, internal }) => !internal && isUsable(address)).map(({ address }) => address)
  const own = usable.filter((address) => wanted === 6 || isIP(address) === 4)
  return own.length > 0 ? own.slice(0, MAX_DESCRIPTOR_ENDPOINTS) : [wanted === 6 ? '::1' : '127.0.0.1']
}

function isUsable(address: string): boolean {
  if (address.toLowerCase().startsWith('fe80:') || address.startsWith('169.254.')) return false
  const octets = parseAddress(address)
  const overlay = parsePrefix(OVERLAY_PREFIX)
  return octets !== undefined && overlay !== undefined && !prefixContains(overlay, { octets, length: octets.length * 8 })
}

/** `/ip4/ADDRESS/tcp/PORT/p2p/ID` */
export function announcedMultiaddr(address: string, tcpPort: number, peerId: string): string {
  return `/ip${isIP(address)}/${address}/tcp/${tcpPort}/p2p/${peerId}`
}
