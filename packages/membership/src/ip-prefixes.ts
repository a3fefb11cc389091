import { isIP } from 'node:net'
import { InvalidInputError, ipPrefix } from '@srwan/interface'
import { formatIpv6 } from './overlay-address.ts'
import type { IpPrefix } from '@srwan/interface'

/** Never somebody's site: the overlay itself, this host, loopback, link-local, multicast and reserved space. */
const FORBIDDEN = [
  ['fd53:5257::/32', "the overlay's own addresses"],
  ['0.0.0.0/8', 'this-host addresses'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local addresses'],
  ['192.0.0.0/29', 'the addresses of the IPv4 service continuity prefix'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved addresses'],
  ['::/128', 'the unspecified address'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'IPv4-mapped addresses'],
  ['fe80::/10', 'link-local addresses'],
  ['ff00::/8', 'multicast']
] as const

/** An address and how many of its leading bits count. */
export interface ParsedPrefix {
  /** 4 or 16 octets. */
  readonly octets: Uint8Array
  readonly length: number
}

/** @returns 4 or 16 octets, or `undefined` where the text is no address */
export function parseAddress(text: string): Uint8Array | undefined {
  const version = isIP(text)
  if (version === 4) return Uint8Array.from(text.split('.'), Number)
  if (version !== 6 || text.includes('%')) return undefined
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  const plain = dotted === null ? text : `${dotted[1]}${groupsOfIpv4(dotted[2] ?? '')}`
  const [head = '', tail] = plain.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}

function groupsOfIpv4(text: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** @returns the prefix, or `undefined` where the text is none or has host bits set */
export function parsePrefix(text: string): ParsedPrefix | undefined {
  const [address = '', length = '', ...rest] = text.split('/')
  const octets = parseAddress(address)
  if (octets === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > octets.length * 8) return undefined
  const parsed = { octets, length: Number(length) }
  for (let bit = parsed.length; bit < octets.length * 8; bit++) {
    if (bitAt(octets, bit) !== 0) return undefined
  }
  return parsed
}

function bitAt(octets: Uint8Array, bit: number): number {
  return ((octets[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
}

/** Canonical text: dotted IPv4 or RFC 5952, slash, length. */
export function formatPrefix(prefix: ParsedPrefix): IpPrefix {
  const address = prefix.octets.length === 4 ? prefix.octets.join('.') : formatIpv6(prefix.octets)
  return ipPrefix(`${address}/${prefix.length}`)
}

/** Does `outer` hold every address of `inner`? */
export function prefixContains(outer: ParsedPrefix, inner: ParsedPrefix): boolean {
  if (outer.octets.length !== inner.octets.length || outer.length > inner.length) return false
  for (let bit = 0; bit < outer.length; bit++) {
    if (bitAt(outer.octets, bit) !== bitAt(inner.octets, bit)) return false
  }
  return true
}

/**
 * A prefix that a member may serve.
 *
 * @param at - where it was written, for the error
 * @returns its canonical text
 * @throws InvalidInputError for anything that is no prefix, a default route, or overlaps {@link OVERLAY_PREFIX}, loopback, link-local, multicast or reserved addresses
 */
export function checkSitePrefix(text: string, at: { source: string; field?: string }): IpPrefix {
  const prefix = parsePrefix(text)
  if (prefix === undefined) throw new InvalidInputError(at, 'not an IP prefix with its host bits zero', { remedy: 'write it like 10.7.0.0/16 or 2001:db8:7::/48' })
  if (prefix.length === 0) throw new InvalidInputError(at, 'a default route is no site prefix', { remedy: 'name the prefixes of the site' })
  for (const [forbidden, what] of FORBIDDEN) {
    const other = parsePrefix(forbidden) as ParsedPrefix
    if (prefixContains(other, prefix) || prefixContains(prefix, other)) {
      throw new InvalidInputError(at, `${formatPrefix(prefix)} overlaps ${forbidden}: ${what}`, { remedy: 'name the prefixes of the site' })
    }
  }
  return formatPrefix(prefix)
}
