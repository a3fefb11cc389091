import { isIP } from 'node:net'
import { z } from 'zod'
import type { IpPrefix, PeerIdText } from '@srwan/interface'

/** Name of a node: letters, digits, dots and dashes, at most 63, a letter or digit first and last. */
export const nodeName = (): z.ZodString => z.string({ error: NAME_EXPECTED }).regex(/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/, { error: NAME_EXPECTED })
const NAME_EXPECTED = 'expected a name of letters, digits, dots and dashes, at most 63 characters'

/** Id of a network; goes into every signature and key derivation. */
export const networkId = (): z.ZodString => z.string({ error: NETWORK_EXPECTED }).regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, { error: NETWORK_EXPECTED })
const NETWORK_EXPECTED = 'expected a network id of lower-case letters, digits and dashes, at most 63 characters'

/** UDP or TCP port; 0 lets the system choose. */
export const port = (minimum = 0): z.ZodNumber => {
  const error = `expected a port number from ${minimum} to 65535`
  return z.number({ error }).int({ error }).min(minimum, { error }).max(65_535, { error })
}

/** IPv4 or IPv6 address without a zone. */
export const ipAddress = (): z.ZodString => z.string({ error: ADDRESS_EXPECTED }).refine((text) => isIP(text) !== 0 && !text.includes('%'), { error: ADDRESS_EXPECTED })
const ADDRESS_EXPECTED = 'expected an IPv4 or IPv6 address'

const PREFIX_EXPECTED = 'expected a prefix such as 10.20.0.0/16 or fd00:1::/48 with all host bits zero'
/** `ADDRESS/LENGTH` with all host bits zero. */
export const prefix = (): z.ZodType<IpPrefix, string> => z.string({ error: PREFIX_EXPECTED }).refine(isPrefix, { error: PREFIX_EXPECTED }) as unknown as z.ZodType<IpPrefix, string>

const PEER_EXPECTED = 'expected an Ed25519 peer id such as 12D3Koo… (52 characters)'
/** Ed25519 peer id in base58. */
export const peerId = (): z.ZodType<PeerIdText, string> =>
  z.string({ error: PEER_EXPECTED }).regex(/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/, { error: PEER_EXPECTED }) as unknown as z.ZodType<PeerIdText, string>

const BOOTSTRAP_EXPECTED = 'expected a multiaddr such as /ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…'
/** Multiaddr of a member: host, TCP port and peer id. */
export const bootstrapAddress = (): z.ZodString => z.string({ error: BOOTSTRAP_EXPECTED }).refine(isBootstrapAddress, { error: BOOTSTRAP_EXPECTED })

function isBootstrapAddress(text: string): boolean {
  const match = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]{1,253})\/tcp\/(\d{1,5})\/p2p\/12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.exec(text)
  if (match === null) return false
  const [, kind, host, tcp] = match as unknown as [string, string, string, string]
  if (Number(tcp) < 1 || Number(tcp) > 65_535) return false
  if (kind.startsWith('dns')) return /^[a-zA-Z0-9.-]+$/.test(host)
  return isIP(host) === (kind === 'ip4' ? 4 : 6) && !host.includes('%')
}

const KEY_EXPECTED = 'expected ed25519: and the 32-octet public key in base64url (43 characters)'
/** Public key of an organisation in a network file. */
export const organisationKey = (): z.ZodString => z.string({ error: KEY_EXPECTED }).regex(/^ed25519:[A-Za-z0-9_-]{43}$/, { error: KEY_EXPECTED })

function isPrefix(text: string): boolean {
  const [address, length, ...rest] = text.split('/')
  if (address === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length) || address.includes('%')) return false
  const family = isIP(address)
  const width = family === 4 ? 32 : 128
  if (family === 0 || Number(length) > width) return false
  const bits = family === 4 ? ipv4Bits(address) : ipv6Bits(address)
  return bits.slice(Number(length)).every((bit) => bit === 0)
}

const toBits = (value: number, width: number): number[] => Array.from({ length: width }, (_, index) => Math.floor(value / 2 ** (width - 1 - index)) % 2)
const ipv4Bits = (address: string): number[] => address.split('.').flatMap((octet) => toBits(Number(octet), 8))

/** @param address - already known to be IPv6 */
function ipv6Bits(address: string): number[] {
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = host.split('::')
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const middle = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return [...left, ...middle, ...right].flatMap((group) => toBits(group, 16))
}
