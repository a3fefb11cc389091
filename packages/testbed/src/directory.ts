import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { InvalidInputError, UnavailableResourceError } from '@srwan/interface'
import type { Scenario } from './scenario.ts'
import { TESTNET_FILES } from './testnet-state.ts'

/** Longest path of a Unix socket (unix(7), the terminating zero taken off). */
const MAX_SOCKET_PATH = 107

/**
 * Where a testnet lives unless told: `SRWAN_RUNTIME_DIR`, `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR/srwan`, `/run/srwan` for root, else
 * `/tmp/srwan-UID`; below it `testnet`.
 */
export function defaultDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const user = process.getuid?.() ?? 0
  const given = (name: string): string | undefined => (environment[name] === '' ? undefined : environment[name])
  const xdg = given('XDG_RUNTIME_DIR')
  const base = given('SRWAN_RUNTIME_DIR') ?? given('RUNTIME_DIRECTORY') ?? (user === 0 ? '/run/srwan' : xdg === undefined ? `/tmp/srwan-${user}` : join(xdg, 'srwan'))
  return join(base, 'testnet')
}

/** A directory that this process, and no other, runs a testnet in. */
export interface DirectoryLock {
  release: () => Promise<void>
}

/**
 * Takes the lock of a directory: an abstract Unix socket, which the kernel releases however this process ends. It keeps the process alive.
 *
 * @throws UnavailableResourceError ERR_ALREADY_RUNNING
 */
export async function lockDirectory(dir: string): Promise<DirectoryLock> {
  const name = `\0srwan-testnet-${createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 40)}`
  const server = createServer((socket) => {
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') reject(cause)
      else
        reject(
          new UnavailableResourceError('ERR_ALREADY_RUNNING', `a testnet already runs in ${dir}`, {
            cause,
            remedy: 'Stop it with `srwan testnet down`, or give this one another --dir.'
          })
        )
    })
    server.listen(name, resolve)
  })
  return {
    release: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
    }
  }
}

/** Checks that the sockets' paths are short enough. @throws InvalidInputError */
export function checkSocketPaths(dir: string, scenario: Scenario): void {
  const longest = Math.max(...scenario.nodes.map(({ name }) => name.length))
  const length = Buffer.byteLength(join(dir, TESTNET_FILES.nodes, 'x'.repeat(longest), 'api.sock'))
  if (length > MAX_SOCKET_PATH) {
    throw new InvalidInputError({ source: '--dir' }, `${dir} is too long by ${length - MAX_SOCKET_PATH} characters: the path of a Unix socket has at most ${MAX_SOCKET_PATH}`, {
      remedy: 'Choose a shorter directory, such as one below /tmp.'
    })
  }
}

/**
 * Makes the directory.
 *
 * @returns the topmost directory that was missing, `undefined` where none was
 * @throws InvalidInputError where it holds something else, UnavailableResourceError where the disk is full or access denied
 */
export function makeDirectory(dir: string): string | undefined {
  if (existsSync(join(dir, TESTNET_FILES.nodes))) {
    throw new InvalidInputError({ source: '--dir' }, `${dir} holds a directory "nodes" that no testnet of ours left`, { remedy: 'Choose another directory.' })
  }
  try {
    return mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw explainFileFailure(dir, cause as NodeJS.ErrnoException)
  }
}

/** What a failed write means to people. */
export function explainFileFailure(path: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    return new UnavailableResourceError('ERR_DISK_FULL', `${path}: no space left`, { cause, remedy: 'Free some space and try again; nothing was left behind.' })
  if (cause.code === 'EACCES' || cause.code === 'EPERM' || cause.code === 'EROFS')
    return new UnavailableResourceError('ERR_NO_PRIVILEGE', `${path}: may not be written`, { cause, remedy: 'Choose another --dir.' })
  if (cause.code === 'ENOTDIR' || cause.code === 'EEXIST') return new InvalidInputError({ source: '--dir' }, `${path} is no directory`, { cause })
  return cause
}
