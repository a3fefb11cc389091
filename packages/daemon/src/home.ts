import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { networkFileSchema, nodePaths, parseCertificateFile, parseRevocationsFile, readYaml, refuseUnsupported, resolveConfig } from '@srwan/config'
import type { Environment, Flags, NetworkFile, NodePaths, ResolvedConfig } from '@srwan/config'
import { InvalidInputError } from '@srwan/interface'
import type { Milliseconds } from '@srwan/interface'
import { loadIdentity, loadOrganisation, openMembership, verifyCertificate } from '@srwan/membership'
import type { Identity, NetworkTrust, Organisation, VerifiedMembership } from '@srwan/membership'
import { NoNetworkError } from './errors.ts'

/** Where to look and what overrides the file. */
export interface HomeInit {
  readonly home?: string | undefined
  readonly environment: Environment
  readonly flags?: Flags
}

/** Settings in force and the files that they stand in; needs no network. */
export interface Settings extends ResolvedConfig {
  readonly paths: NodePaths
}

/** Everything that a node's home holds, read and checked. */
export interface Home extends Settings {
  readonly network: NetworkFile
  readonly networkFile: string
  readonly identity: Identity
  /** What the node shows to others, as `verifyCertificate` takes it; empty in an open network. */
  readonly certificate: Uint8Array
  readonly membership: VerifiedMembership
  readonly revocations: readonly Uint8Array[]
  /** The organisation's key, where this home keeps the one of its network. */
  readonly organisation?: Organisation
}

/** Longest file of a home that is read. */
const MAX_FILE_OCTETS = 4 * 1024 * 1024

/** @returns `undefined` where there is no such file @throws InvalidInputError where it cannot be read */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    if ((await stat(file)).size > MAX_FILE_OCTETS) throw new InvalidInputError({ source: file }, `is larger than ${MAX_FILE_OCTETS} octets`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ERR_INVALID_INPUT') throw cause
    throw new InvalidInputError({ source: file }, `cannot be read (${code ?? String(cause)})`, { cause, remedy: 'Check the owner and the mode of the file and of its directory.' })
  }
}

/** Reads `config.yaml` and merges flags and environment over it. @throws InvalidInputError */
export async function loadSettings(init: HomeInit): Promise<Settings> {
  const paths = nodePaths({ home: init.home, environment: init.environment })
  const text = await readIfPresent(paths.config)
  const resolved = resolveConfig({
    environment: init.environment,
    ...(init.flags === undefined ? {} : { flags: init.flags }),
    ...(text === undefined ? {} : { file: { text, source: paths.config } })
  })
  return { ...resolved, paths }
}

/** Reads the network file of a node. @throws NoNetworkError where there is none, InvalidInputError where it is unusable */
export async function loadNetwork(settings: Settings): Promise<{ readonly network: NetworkFile; readonly networkFile: string }> {
  const networkFile = resolve(settings.paths.home, settings.config.network)
  const text = await readIfPresent(networkFile)
  if (text === undefined) throw new NoNetworkError(settings.paths.home, basename(networkFile))
  return { network: readYaml(networkFileSchema, text, networkFile), networkFile }
}

/**
 * Reads and checks everything that a node needs to start.
 *
 * @param now - wall time, for the dates of the certificate
 * @throws NoNetworkError, InvalidInputError, NotAuthorisedError
 */
export async function loadHome(init: HomeInit, now: Milliseconds): Promise<Home> {
  const settings = await loadSettings(init)
  const { network, networkFile } = await loadNetwork(settings)
  const { paths } = settings
  refuseUnsupported(network, networkFile)
  const identity = await loadIdentity(paths.nodeKey)
  const home = { ...settings, network, networkFile, identity }
  if (network.organisation === undefined) return { ...home, certificate: new Uint8Array(0), membership: openMembership(identity.peerId, now), revocations: [] }
  const trust = { id: network.id, organisation: network.organisation }
  const shown = await loadCertificate(paths.certificate, { trust, identity, now })
  const revoked = await readIfPresent(paths.revocations)
  const revocations = revoked === undefined ? [] : parseRevocationsFile(revoked, paths.revocations)
  const organisation = await ownOrganisation(paths.organisationKey, network.organisation)
  return { ...home, ...shown, revocations, ...(organisation === undefined ? {} : { organisation }) }
}

/** @throws InvalidInputError where there is none or it is of another key, NotAuthorisedError */
async function loadCertificate(
  file: string,
  { trust, identity, now }: { readonly trust: NetworkTrust; readonly identity: Identity; readonly now: Milliseconds }
): Promise<Pick<Home, 'certificate' | 'membership'>> {
  const text = await readIfPresent(file)
  if (text === undefined)
    throw new InvalidInputError({ source: file }, 'there is no certificate', {
      remedy: 'Ask whoever runs the network for an invitation, then `srwan network join LINE` in a new home.'
    })
  const certificate = parseCertificateFile(text, file)
  const membership = verifyCertificate(trust, certificate, now)
  if (membership.peerId !== identity.peerId) {
    throw new InvalidInputError({ source: file }, `was issued to ${membership.peerId}, but the key of this home is ${identity.peerId}`, {
      remedy: 'Restore the node.key that belongs to it, or join again in a new home.'
    })
  }
  return { certificate, membership }
}

/** The key is only used where it is that of the network: a home may keep one of a network that it created before. @throws InvalidInputError where others may read it, or it is damaged */
async function ownOrganisation(file: string, expected: string): Promise<Organisation | undefined> {
  if ((await readIfPresent(file)) === undefined) return undefined
  const organisation = await loadOrganisation(file)
  return organisation.text === expected ? organisation : undefined
}
