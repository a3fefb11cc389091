import { open, readFile, stat, unlink } from 'node:fs/promises'
import { InvalidInputError, UnavailableResourceError } from '@srwan/interface'
import { KEY_LENGTH } from './ed25519.ts'

/** Which key a file holds: one is never taken for the other. */
export type KeyFileType = 'srwan-identity' | 'srwan-organisation'

/** More than any key file has; keeps a wrong path from being read whole. */
const MAX_KEY_FILE = 1024

/**
 * Writes a key file with mode 0600; never overwrites.
 *
 * @throws InvalidInputError where the file exists, UnavailableResourceError where the disk is full
 */
export async function saveKeyFile(file: string, type: KeyFileType, seed: Uint8Array): Promise<void> {
  const content = `${JSON.stringify({ type, version: 1, seed: Buffer.from(seed).toString('base64url') })}\n`
  const handle = await open(file, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw explainWrite(file, cause)
  })
  try {
    await handle.writeFile(content)
    await handle.chmod(0o600)
    await handle.sync()
  } catch (cause) {
    await unlink(file).catch(() => {})
    throw explainWrite(file, cause as NodeJS.ErrnoException)
  } finally {
    await handle.close()
  }
}

/**
 * Reads the seed out of a key file.
 *
 * @throws InvalidInputError where it is missing, open to others, or not such a file
 */
export async function loadKeyFile(file: string, type: KeyFileType): Promise<Uint8Array> {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw explainRead(file, cause)
  })
  if (!facts.isFile() || facts.size > MAX_KEY_FILE) throw corrupted(file, type)
  if ((facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o777).toString(8).padStart(4, '0')
    throw new InvalidInputError({ source: file }, `the private key may be read by others (mode ${mode}, wanted 0600)`, { remedy: `if nobody has copied it: chmod 600 ${file}` })
  }
  const content = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw explainRead(file, cause)
  })
  return parseKeyFile(file, type, content)
}

function parseKeyFile(file: string, type: KeyFileType, content: string): Uint8Array {
  let parsed: unknown
  try {
    parsed = JSON.parse(content)
  } catch (cause) {
    throw corrupted(file, type, cause)
  }
  const found = parsed as { type?: unknown; version?: unknown; seed?: unknown } | null
  if (found === null || typeof found !== 'object' || found.type !== type || found.version !== 1 || typeof found.seed !== 'string') throw corrupted(file, type)
  const seed = Buffer.from(found.seed, 'base64url')
  if (seed.length !== KEY_LENGTH || seed.toString('base64url') !== found.seed) throw corrupted(file, type)
  return Uint8Array.from(seed)
}

function corrupted(file: string, type: KeyFileType, cause?: unknown): InvalidInputError {
  const remedy =
    type === 'srwan-identity'
      ? 'restore it from a backup, or move it away and join again with a new invitation (the node then has a new identity)'
      : 'restore it from a backup; without it nobody can be invited or revoked any more'
  return new InvalidInputError({ source: file }, `not a usable ${type} key file`, { cause, remedy })
}

function explainRead(file: string, cause: NodeJS.ErrnoException): InvalidInputError {
  if (cause.code === 'ENOENT')
    return new InvalidInputError({ source: file }, 'there is no such key file', { cause, remedy: '`srwan network create NAME` or `srwan network join LINE` makes one' })
  return new InvalidInputError({ source: file }, `the key file cannot be read (${cause.code ?? 'unknown'})`, {
    cause,
    remedy: 'check the owner and the mode of the file and of its directory'
  })
}

function explainWrite(file: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    return new UnavailableResourceError('ERR_DISK_FULL', `${file}: no space left for the key file`, { cause, remedy: 'free some space and try again; nothing was left behind' })
  if (cause.code === 'EEXIST')
    return new InvalidInputError({ source: file }, 'a key file is already there and is never overwritten', { cause, remedy: 'choose another --home, or move the file away' })
  return new InvalidInputError({ source: file }, `the key file cannot be written (${cause.code ?? 'unknown'})`, {
    cause,
    remedy: 'check that the directory exists and that you may write into it'
  })
}
