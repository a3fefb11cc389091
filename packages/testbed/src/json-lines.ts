import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { TestnetUnreachableError } from './errors.ts'

/** Longest line on a control socket of the testbed. */
export const MAX_LINE = 8 * 1024 * 1024

/** Calls `onLine` for each complete line; destroys the socket when one is longer than MAX_LINE. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let pending = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n')
    pending = lines.pop() as string
    lines.forEach(onLine)
    if (pending.length > MAX_LINE) socket.destroy()
  })
}

/**
 * Sends one JSON line to a Unix socket and resolves with the one that comes back.
 *
 * @throws TestnetUnreachableError where nobody listens or the other end hangs up
 */
export async function askOnce(path: string, request: object, signal?: AbortSignal): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    const fail = (cause?: Error): void => {
      reject(
        new TestnetUnreachableError(`the testnet does not answer at ${path}`, {
          ...(cause === undefined ? {} : { cause }),
          remedy: 'Is it running? Start it with `srwan testnet up`.'
        })
      )
    }
    const abort = (): void => {
      reject(signal?.reason)
      socket.destroy()
    }
    signal?.addEventListener('abort', abort, { once: true })
    socket.on('error', fail)
    socket.on('close', () => {
      fail()
      signal?.removeEventListener('abort', abort)
    })
    readLines(socket, (line) => {
      try {
        resolve(JSON.parse(line) as Record<string, unknown>)
      } catch (cause) {
        fail(cause as Error)
      }
      socket.destroy()
    })
    socket.write(`${JSON.stringify(request)}\n`)
    if (signal?.aborted === true) abort()
  })
}
