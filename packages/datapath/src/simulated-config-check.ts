import { InvalidInputError, MAX_PATHS_PER_POLICY, MAX_SEGMENTS } from '@srwan/interface'
import type { DatapathConfig, DatapathPolicy, PathPair, SegmentList, Sid } from '@srwan/interface'

const KEY_OCTETS = 32
const HIGHEST_COLOR = 8

/**
 * Refuses a config that contradicts itself.
 *
 * @throws InvalidInputError with the dotted path of the first field that is wrong
 */
export function checkConfig(self: Sid, config: DatapathConfig): void {
  const known = checkPeers(self, config)
  const seen = new Set<string>()
  config.policies.forEach((policy, index) => {
    const field = `policies.${index}`
    if (!known.has(policy.endpoint)) refuse(`${field}.endpoint`, 'is not among the peers')
    if (!Number.isInteger(policy.color) || policy.color < 1 || policy.color > HIGHEST_COLOR) refuse(`${field}.color`, `is ${policy.color}, not 1 to ${HIGHEST_COLOR}`)
    const key = `${policy.endpoint} ${policy.color}`
    if (seen.has(key)) refuse(field, 'is the second policy for this endpoint and color')
    seen.add(key)
    checkPolicy(self, policy, known, field)
  })
}

function checkPeers(self: Sid, config: DatapathConfig): Set<Sid> {
  const known = new Set<Sid>()
  config.peers.forEach((peer, index) => {
    const field = `peers.${index}`
    if (peer.sid === self) refuse(`${field}.sid`, 'is this node itself')
    if (known.has(peer.sid)) refuse(`${field}.sid`, 'is there twice')
    if (peer.publicKey.length !== KEY_OCTETS) refuse(`${field}.publicKey`, `has ${peer.publicKey.length} octets instead of ${KEY_OCTETS}`)
    known.add(peer.sid)
  })
  return known
}

function checkPolicy(self: Sid, policy: DatapathPolicy, known: ReadonlySet<Sid>, field: string): void {
  const directions = [
    ['forward', policy.forward, policy.endpoint, self],
    ['reverse', policy.reverse, self, policy.endpoint]
  ] as const
  for (const [name, lists, last, first] of directions) {
    if (lists.length === 0 || lists.length > MAX_PATHS_PER_POLICY) refuse(`${field}.${name}`, `has ${lists.length} lists, not 1 to ${MAX_PATHS_PER_POLICY}`)
    lists.forEach((segments, index) => {
      checkSegments(segments, { first, last, known, field: `${field}.${name}.${index}` })
    })
  }
  checkPair(policy, policy.active, `${field}.active`)
  if (policy.standby !== undefined) checkPair(policy, policy.standby, `${field}.standby`)
}

/** @throws InvalidInputError where the list is not a simple path of known transits to its end */
export function checkSegments(segments: SegmentList, ends: { readonly first: Sid; readonly last: Sid; readonly known: ReadonlySet<Sid>; readonly field: string }): void {
  const { field } = ends
  if (segments.length === 0 || segments.length > MAX_SEGMENTS) refuse(field, `has ${segments.length} segments, not 1 to ${MAX_SEGMENTS}`)
  if (segments.at(-1) !== ends.last) refuse(field, 'does not end where the policy does')
  if (new Set([ends.first, ...segments]).size !== segments.length + 1) refuse(field, 'visits a SID twice')
  for (const transit of segments.slice(0, -1)) {
    if (!ends.known.has(transit)) refuse(field, 'has a transit that is not among the peers')
  }
}

function checkPair(policy: DatapathPolicy, pair: PathPair, field: string): void {
  if (policy.forward[pair.forward] === undefined || policy.reverse[pair.reverse] === undefined) refuse(field, 'names a list that is not there')
}

function refuse(field: string, message: string): never {
  throw new InvalidInputError({ source: 'datapath config', field }, message)
}
