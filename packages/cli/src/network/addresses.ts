import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { InvalidInputError } from '@srwan/interface'

/** Most addresses that a network file names of one node. */
const MAX_ADDRESSES = 8

/**
 * Addresses at which others may reach this machine: those given, else its own IPv4 ones, else its global IPv6 ones.
 *
 * @returns empty where the machine has none but loopback
 * @throws InvalidInputError where one given is none
 */
export function ownAddresses(given: readonly string[]): readonly string[] {
  for (const address of given) {
    if (isIP(address) === 0) throw new InvalidInputError({ source: '--address' }, `expected an IPv4 or IPv6 address; found ${JSON.stringify(address)}`)
  }
  if (given.length > MAX_ADDRESSES) throw new InvalidInputError({ source: '--address' }, `at most ${MAX_ADDRESSES} are taken; found ${given.length}`)
  if (given.length > 0) return given
  const usable = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address, scopeid }) => !internal && !(scopeid ?? 0) && !/^(fd53:5257|fe80|169\.254)/.test(address))
  const four = usable.filter(({ family }) => family === 'IPv4')
  const found = (four.length > 0 ? four : usable).map(({ address }) => address).slice(0, MAX_ADDRESSES)
  return found
}

/** `/ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…` */
export const multiaddrOf = (address: string, port: number, peerId: string): string => `/ip${isIP(address)}/${address}/tcp/${port}/p2p/${peerId}`

/** Where a node listens so that these addresses reach it; IPv4 alone does not listen on IPv6. */
export const listenAddressFor = (addresses: readonly string[]): string => (addresses.length > 0 && addresses.every((address) => isIP(address) === 6) ? '::' : '0.0.0.0')
