import { MAX_NETWORK_ID } from '@srwan/wire'
import { InvalidInputError } from '@srwan/interface'
import { parseOrganisationKey } from './organisation.ts'
import type { NetworkTrust } from './organisation.ts'

/** Most bootstrap addresses in an invitation: the line must stay one that people can paste. */
export const MAX_BOOTSTRAP = 16
/** Longest multiaddr that is taken. */
const MAX_MULTIADDR = 256
/** Most network parameters in an invitation. */
const MAX_PARAMETERS = 32

/** What a joiner of any network needs of the network file; the schema of packages/config has the last word on the values. */
export interface NetworkEssentials {
  readonly id: string
  readonly bootstrap: readonly string[]
  /** As in the network file: plain texts (`10s`) or numbers by name. */
  readonly parameters: Readonly<Record<string, string | number | undefined>>
}

/** What a joiner of a private network needs of the network file. */
export interface InvitedNetwork extends NetworkEssentials, NetworkTrust {
  readonly id: string
  readonly organisation: string
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(source: string, field: string, message: string): never {
  throw new InvalidInputError({ source, field }, message, { remedy: 'use the network file as `srwan network create` wrote it' })
}

/** @throws InvalidInputError naming the field */
export function checkInvitedNetwork(value: unknown, source: string): InvitedNetwork {
  const essentials = checkNetworkEssentials(value, source)
  const { organisation } = value as { readonly organisation?: unknown }
  if (typeof organisation !== 'string') return refuse(source, 'organisation', 'not an organisation key')
  parseOrganisationKey(organisation, source)
  return { id: essentials.id, organisation, bootstrap: essentials.bootstrap, parameters: essentials.parameters }
}

/** @throws InvalidInputError naming the field */
export function checkNetworkEssentials(value: unknown, source: string): NetworkEssentials {
  if (!isRecord(value)) return refuse(source, '', 'no network in it')
  const { id, bootstrap, parameters } = value
  if (typeof id !== 'string' || id === '' || Buffer.byteLength(id) > MAX_NETWORK_ID) return refuse(source, 'id', 'not a network id')
  if (!Array.isArray(bootstrap) || bootstrap.length > MAX_BOOTSTRAP || !bootstrap.every((entry) => typeof entry === 'string' && entry.length <= MAX_MULTIADDR)) {
    return refuse(source, 'bootstrap', `not a list of at most ${MAX_BOOTSTRAP} addresses`)
  }
  const entries = isRecord(parameters) ? Object.entries(parameters) : []
  if (entries.length > MAX_PARAMETERS || !entries.every(([, entry]) => typeof entry === 'number' || (typeof entry === 'string' && entry.length <= 64))) {
    return refuse(source, 'parameters', 'not a table of texts and numbers')
  }
  return { id, bootstrap: bootstrap as string[], parameters: Object.fromEntries(entries) as Record<string, string | number> }
}
