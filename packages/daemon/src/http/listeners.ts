import { randomBytes } from 'node:crypto'
import { chmod, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { InvalidInputError } from '@srwan/interface'

/** `sun_path` of Linux holds 108 octets, the last one zero. */
const MAX_SOCKET_PATH = 107
/** Least characters of a bearer token that somebody wrote by hand. */
const MIN_TOKEN = 16

/**
 * Listens on a Unix socket that only its owner may use. A stale socket of a dead daemon is replaced: the home's lock is held.
 *
 * @throws InvalidInputError where the path is too long for a socket
 */
export async function listenOnSocket(server: FastifyInstance, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new InvalidInputError({ source: '--home' }, `the path of the socket is longer than ${MAX_SOCKET_PATH} octets: ${path}`, { remedy: 'Choose a shorter home directory.' })
  }
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  const previous = process.umask(0o177)
  try {
    await server.listen({ path })
  } finally {
    process.umask(previous)
  }
  await chmod(path, 0o600)
}

/** Listens on both nothing but the loopback address. */
export const listenOnLoopback = async (server: FastifyInstance, port: number): Promise<unknown> => server.listen({ host: '127.0.0.1', port })

/**
 * The bearer token of the loopback port; drawn and written with mode 0600 where the file is missing.
 *
 * @throws InvalidInputError where others may read the file or it holds no usable token
 */
export async function loadToken(file: string): Promise<string> {
  try {
    const { mode } = await stat(file)
    if ((mode & 0o077) !== 0) throw new InvalidInputError({ source: file }, 'the token may be read by others', { remedy: `chmod 600 ${file}` })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await writeFile(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  }
  const token = (await readFile(file, 'utf8')).trim()
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < MIN_TOKEN || token.length > 1024) {
    throw new InvalidInputError({ source: file }, `holds no token of at least ${MIN_TOKEN} printable characters`, { remedy: 'Remove the file; the next start writes a new one.' })
  }
  return token
}
