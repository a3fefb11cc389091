import { chmodSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { z } from 'zod'
import { readLines } from './json-lines.ts'

/** Most shells that talk to one supervisor at a time. */
const MAX_CLIENTS = 32

const linkChange = z
  .strictObject({
    delay: z.number().min(0),
    jitter: z.number().min(0),
    loss: z.number().min(0).max(1),
    reorder: z.number().min(0).max(1),
    duplicate: z.number().min(0).max(1),
    rate: z.number().positive(),
    mtu: z.int(),
    up: z.boolean()
  })
  .partial()

const requestSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('link'), from: z.string(), to: z.string(), oneWay: z.boolean(), change: linkChange }),
  z.strictObject({ op: z.literal('node'), node: z.string(), action: z.enum(['stop', 'start', 'kill']) })
])

/** What another shell may ask of a supervisor. */
export type SupervisorRequest = z.output<typeof requestSchema>

/** Answers one request; what it throws goes back as code, message and remedy. */
export type SupervisorHandler = (request: SupervisorRequest) => Promise<void>

/** Listens for requests of other shells: a JSON line each, answered by `{ok}` or `{ok, code, message, remedy}`. */
export async function listenForRequests(path: string, handle: SupervisorHandler): Promise<Server> {
  rmSync(path, { force: true })
  const server = createServer((socket) => {
    socket.on('error', () => {
      socket.destroy()
    })
    readLines(socket, (line) => {
      answer(line, handle).then(
        (text) => {
          socket.write(`${JSON.stringify(text)}\n`)
        },
        () => {
          socket.destroy()
        }
      )
    })
  })
  server.maxConnections = MAX_CLIENTS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  chmodSync(path, 0o600)
  return server
}

async function answer(line: string, handle: SupervisorHandler): Promise<object> {
  try {
    await handle(requestSchema.parse(JSON.parse(line)))
    return { ok: true }
  } catch (error) {
    const { code, message, remedy } = error as { code?: string; message: string; remedy?: string }
    return { ok: false, code: code ?? 'ERR_TESTNET_FAILED', message, ...(remedy === undefined ? {} : { remedy }) }
  }
}
