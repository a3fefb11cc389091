import { isIP } from 'node:net'
import { MalformedMessageError } from '@srwan/interface'
import { integer, messageCodec, nested, octetString, optionalDouble, repeated, text } from './message-codec.ts'
import { MAX_NETWORK_ID } from './membership-messages.ts'
import type { GeoIsp, Role, RouterDescriptor, UnderlayEndpoint } from '@srwan/interface'

/** Largest signed descriptor. */
export const MAX_DESCRIPTOR = 2560
/** Most UDP endpoints and most multiaddrs in one descriptor. */
export const MAX_DESCRIPTOR_ENDPOINTS = 8

/** Bits of the `roles` field. */
const ROLE_BITS: readonly (readonly [Role, number])[] = [
  ['ingress', 1],
  ['transit', 2],
  ['egress', 4]
]

const endpointCodec = messageCodec({
  address: [1, text(2, 45)],
  port: [2, integer(1, 0xffff)]
})

const geoCodec = messageCodec({
  country: [1, text(0, 2)],
  city: [2, text(0, 128)],
  lat: [3, optionalDouble(-90, 90)],
  lon: [4, optionalDouble(-180, 180)],
  asn: [5, integer(0, 0xffffffff)]
})

const descriptorCodec = messageCodec({
  network: [1, text(1, MAX_NETWORK_ID)],
  /** Raw Ed25519 public key of the router. */
  router: [2, octetString(32)],
  number: [3, integer(1)],
  datapathKey: [4, octetString(32)],
  endpoints: [5, repeated(nested(endpointCodec, 64), MAX_DESCRIPTOR_ENDPOINTS)],
  multiaddrs: [6, repeated(text(1, 200), MAX_DESCRIPTOR_ENDPOINTS)],
  geo: [7, nested(geoCodec, 256)],
  roles: [8, integer(0, 7)]
})

/** What a descriptor says, without the peer id, which follows from the signing key. */
export type DescriptorContent = Omit<RouterDescriptor, 'peerId'>

/** A descriptor as decoded: who signed must be the `router` that it names. */
export interface DecodedDescriptor {
  readonly network: string
  /** Raw Ed25519 public key. */
  readonly router: Uint8Array
  readonly content: DescriptorContent
}

/**
 * Payload of the descriptor's envelope (domain `srwan-descriptor`).
 *
 * @throws MalformedMessageError where a value is out of bounds
 */
export function encodeDescriptor(network: string, router: Uint8Array, content: DescriptorContent): Uint8Array {
  const { geo } = content
  return descriptorCodec.encode({
    network,
    router,
    number: content.number,
    datapathKey: content.datapathKey,
    endpoints: content.endpoints.map(({ address, port }) => ({ address, port })),
    multiaddrs: content.multiaddrs,
    geo: { country: geo.country ?? '', city: geo.city ?? '', lat: geo.lat, lon: geo.lon, asn: geo.asn ?? 0 },
    roles: ROLE_BITS.reduce((bits, [role, bit]) => (content.roles.includes(role) ? bits | bit : bits), 0)
  })
}

/** @throws MalformedMessageError */
export function decodeDescriptor(payload: Uint8Array): DecodedDescriptor {
  if (payload.length > MAX_DESCRIPTOR) throw new MalformedMessageError('descriptor too long')
  const { network, router, number, datapathKey, endpoints, multiaddrs, geo, roles } = descriptorCodec.decode(payload)
  return {
    network,
    router,
    content: {
      number,
      datapathKey,
      multiaddrs,
      endpoints: endpoints.map(checkEndpoint),
      geo: geo === undefined ? {} : decodeGeo(geo),
      roles: ROLE_BITS.filter(([, bit]) => (roles & bit) !== 0).map(([role]) => role)
    }
  }
}

function checkEndpoint(endpoint: UnderlayEndpoint | undefined): UnderlayEndpoint {
  if (endpoint === undefined || isIP(endpoint.address) === 0 || endpoint.address.includes('%')) throw new MalformedMessageError('endpoint without an IP address')
  return endpoint
}

function decodeGeo(geo: { readonly country: string; readonly city: string; readonly lat: number | undefined; readonly lon: number | undefined; readonly asn: number }): GeoIsp {
  return {
    ...(geo.country === '' ? {} : { country: geo.country }),
    ...(geo.city === '' ? {} : { city: geo.city }),
    ...(geo.lat === undefined ? {} : { lat: geo.lat }),
    ...(geo.lon === undefined ? {} : { lon: geo.lon }),
    ...(geo.asn === 0 ? {} : { asn: geo.asn })
  }
}
