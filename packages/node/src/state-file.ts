import { mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One thing that outlives a restart. */
export interface StateFile {
  /** `undefined` where there is none, or one that is larger than it can be. */
  readonly load: () => Promise<Uint8Array | undefined>
  /** Atomic: afterwards the file is the old or the new one. @throws the file system's error */
  readonly save: (octets: Uint8Array) => Promise<void>
}

/** A file in the state directory of a home. @param home - `undefined` keeps nothing */
export function createStateFile(home: string | undefined, name: string, most: number): StateFile {
  if (home === undefined) return { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }
  const file = join(home, 'state', name)
  return {
    load: async () => {
      try {
        return (await stat(file)).size > most ? undefined : Uint8Array.from(await readFile(file))
      } catch {
        return undefined
      }
    },
    save: (octets) => writeAtomically(file, octets)
  }
}

/** Writes of files that have not ended: two at once would take the same draft from each other. */
const writing = new Map<string, Promise<void>>()

/** Writes a file of the node's own, and its directory where that is not there yet; whoever reads it sees the old or the new one, and of several writes the last one stays. */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const before = writing.get(file) ?? Promise.resolve()
  const write = before.catch(() => {}).then(() => replace(file, content))
  writing.set(file, write)
  try {
    await write
  } finally {
    if (writing.get(file) === write) writing.delete(file)
  }
}

async function replace(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.next`
  const handle = await open(next, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(next, file)
}
