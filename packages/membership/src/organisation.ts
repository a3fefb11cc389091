import { randomBytes } from 'node:crypto'
import { InvalidInputError } from '@srwan/interface'
import { KEY_LENGTH, keyPairFromSeed, signWith } from './ed25519.ts'
import { loadKeyFile, saveKeyFile } from './key-file.ts'
import type { KeyPair } from './ed25519.ts'
import type { IpPrefix, PeerIdText, Random } from '@srwan/interface'

/** Prefix of the organisation's public key in a network file. */
const KEY_PREFIX = 'ed25519:'

/** The key that signs certificates, invitations and revocations of one network; it stays with whoever created the network. */
export interface Organisation {
  /** Public key as it stands in the network file: `ed25519:` and 43 characters of base64url. */
  readonly text: string
  /** Raw, 32 octets. */
  readonly publicKey: Uint8Array
  readonly sign: (data: Uint8Array) => Uint8Array
}

/** What must be known of a network to check its certificates; a network file has it. */
export interface NetworkTrust {
  readonly id: string
  /** {@link Organisation.text} */
  readonly organisation: string
  /** What `sites` of the network file lets members serve besides the prefixes of their certificates; see site.ts. */
  readonly sites?: SitesByRouter
}

/** Site prefixes by the peer id of the router that serves them. */
export type SitesByRouter = ReadonlyMap<PeerIdText, readonly IpPrefix[]>

const pairs = new WeakMap<Organisation, KeyPair>()

function organisationOf(pair: KeyPair): Organisation {
  const organisation: Organisation = {
    text: formatOrganisationKey(pair.publicKey),
    publicKey: pair.publicKey,
    sign: (data) => signWith(pair, data)
  }
  pairs.set(organisation, pair)
  return organisation
}

/** @param random - for tests only @default the operating system's generator */
export function createOrganisation(random?: Random): Organisation {
  return organisationOf(keyPairFromSeed(random?.bytes(KEY_LENGTH) ?? randomBytes(KEY_LENGTH)))
}

/** @throws InvalidInputError where the file is missing, may be read by others, or is damaged */
export async function loadOrganisation(file: string): Promise<Organisation> {
  return organisationOf(keyPairFromSeed(await loadKeyFile(file, 'srwan-organisation')))
}

/** Mode 0600, never overwrites. @throws InvalidInputError, UnavailableResourceError */
export async function saveOrganisation(file: string, organisation: Organisation): Promise<void> {
  const pair = pairs.get(organisation)
  if (pair === undefined) throw new TypeError('not an organisation of this package')
  await saveKeyFile(file, 'srwan-organisation', pair.seed)
}

/** @param publicKey - raw, 32 octets */
export function formatOrganisationKey(publicKey: Uint8Array): string {
  return KEY_PREFIX + Buffer.from(publicKey).toString('base64url')
}

/**
 * The raw key behind `ed25519:…`.
 *
 * @param source - file or message that holds it, for the error
 * @throws InvalidInputError
 */
export function parseOrganisationKey(text: string, source = 'network file'): Uint8Array {
  const key = Buffer.from(text.slice(KEY_PREFIX.length), 'base64url')
  if (!text.startsWith(KEY_PREFIX) || key.length !== KEY_LENGTH || formatOrganisationKey(key) !== text) {
    throw new InvalidInputError({ source, field: 'organisation' }, 'not an organisation key', { remedy: 'it reads ed25519: and 43 characters, as `srwan network create` wrote it' })
  }
  return Uint8Array.from(key)
}
