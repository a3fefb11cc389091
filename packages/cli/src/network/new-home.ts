import { hostname } from 'node:os'
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { explainSystemError } from '@srwan/daemon/light'
import type { NodePaths } from '@srwan/config'
import { saveIdentity } from '@srwan/membership'
import type { Identity, Organisation } from '@srwan/membership'
import { AlreadyExistsError } from '../errors.ts'

/** Files of a new home; those that are absent are not written. */
export interface NewHome {
  readonly identity: Identity
  readonly network: string
  /** Absent in an open network. */
  readonly certificate?: string
  /** Written only where the home has none yet. */
  readonly config: string
  readonly organisation?: { readonly key: Organisation; readonly save: (file: string, organisation: Organisation) => Promise<void> }
}

/**
 * Writes a home whole or not at all: everything is written aside first and moved at the end.
 *
 * @throws AlreadyExistsError where the home belongs to a network already, UnavailableResourceError where the disk is full or access denied
 */
export async function writeHome(paths: NodePaths, files: NewHome): Promise<void> {
  await refuseOccupied(paths)
  const made = await mkdir(paths.home, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw explainSystemError(error)
  })
  const placed: string[] = []
  let aside: string | undefined
  try {
    aside = await mkdtemp(join(paths.home, '.new-'))
    const moves = await stage(paths, files, aside)
    for (const [from, to] of moves) {
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      await rename(from, to)
      placed.push(to)
    }
  } catch (error) {
    await Promise.all(placed.map(async (file) => rm(file, { force: true })))
    throw explainSystemError(error)
  } finally {
    if (aside !== undefined) await rm(aside, { recursive: true, force: true })
    if (made !== undefined && placed.length === 0) await removeEmpty(paths.home, made)
  }
}

async function stage(paths: NodePaths, files: NewHome, aside: string): Promise<(readonly [string, string])[]> {
  const at = (file: string): string => join(aside, basename(file))
  await saveIdentity(at(paths.nodeKey), files.identity)
  await writeFile(at(paths.network), files.network, { mode: 0o644 })
  if (files.certificate !== undefined) await writeFile(at(paths.certificate), files.certificate, { mode: 0o600 })
  await files.organisation?.save(at(paths.organisationKey), files.organisation.key)
  const fresh = !(await exists(paths.config))
  if (fresh) await writeFile(at(paths.config), files.config, { mode: 0o644 })
  const certificate = files.certificate === undefined ? [] : [paths.certificate]
  const organisation = files.organisation === undefined ? [] : [paths.organisationKey]
  const targets = [paths.nodeKey, ...certificate, ...organisation, ...(fresh ? [paths.config] : []), paths.network]
  return targets.map((file) => [at(file), file] as const)
}

async function refuseOccupied(paths: NodePaths): Promise<void> {
  for (const file of [paths.network, paths.nodeKey, paths.organisationKey, paths.certificate]) {
    if (await exists(file)) {
      throw new AlreadyExistsError(`${file} is there already and is never overwritten`, {
        remedy: 'This home belongs to a network. Choose another with --home, or move it away first.'
      })
    }
  }
}

const exists = async (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false
  )

/** Removes the directories that were made, as far as nothing is in them. */
async function removeEmpty(from: string, until: string): Promise<void> {
  for (let directory = from; directory.startsWith(until) && (await readdir(directory).catch(() => ['?'])).length === 0; directory = dirname(directory)) await rmdir(directory)
}

/** Name of this machine as far as it is usable as a node's name. */
export function defaultNodeName(): string {
  const name = (hostname().split('.')[0] ?? '')
    .replace(/[^a-zA-Z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  return name === '' ? 'node' : name
}
