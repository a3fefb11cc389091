import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InvalidInputError } from '@srwan/interface'
import type { Context } from '../context.ts'

/** Largest network file that is read. */
const MAX_NETWORK_FILE = 1_048_576

/** What is known of a network beforehand: nothing, where neither a file is named nor the home has one. */
export interface KnownNetwork {
  readonly network?: string
  /** Raw key. */
  readonly organisation?: Uint8Array
  /** Length of an epoch. */
  readonly epochMs?: number
  readonly bootstrap: readonly string[]
}

/** The network file named by `--network`, or the home's. @throws InvalidInputError where a file is named and cannot be used */
export async function knownNetwork(context: Context): Promise<KnownNetwork> {
  const named = context.options.network
  const candidates = named === undefined ? [context.paths.network] : [resolve(named), resolve(context.paths.home, named), resolve(context.paths.home, `${named}.yaml`)]
  const file = candidates.find((path) => existsSync(path))
  if (file === undefined) {
    if (named === undefined) return { bootstrap: [] }
    throw new InvalidInputError({ source: '--network' }, `there is no network file ${named}`)
  }
  const [{ networkFileSchema, readYaml }, { parseOrganisationKey }] = await Promise.all([import('@srwan/config'), import('@srwan/membership')])
  const text = (await readFile(file, 'utf8')).slice(0, MAX_NETWORK_FILE)
  const { id, organisation, bootstrap, parameters } = readYaml(networkFileSchema, text, file)
  return { network: id, bootstrap, epochMs: parameters.epoch, ...(organisation === undefined ? {} : { organisation: parseOrganisationKey(organisation, file) }) }
}
