import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AccountingDocument } from './documents/accounting.ts'
import type { DitexAnchorsDocument, DitexDocument, DitexEntry, DitexQueryBody } from './documents/ditex.ts'
import type { ErrorDocument } from './documents/common.ts'
import type { MatrixDocument } from './documents/matrix.ts'
import type { MembersDocument } from './documents/members.ts'
import type { AcceptedDocument, ClockRequest, ConfigDocument, DoctorDocument, ProbeDocument } from './documents/operation.ts'
import type { PathDocument } from './documents/path.ts'
import type { PingDocument } from './documents/ping.ts'
import type { StatusDocument } from './documents/status.ts'
import type { TraceDocument } from './documents/trace.ts'
import { DaemonUnreachableError, RequestFailedError } from './errors.ts'

/** Largest answer that is read; a matrix of 100 routers stays below a tenth of it. */
export const MAX_RESPONSE_OCTETS = 16 * 1024 * 1024
/** Longest wait for an answer; a fresh decision takes seconds. */
export const RESPONSE_TIMEOUT_MS = 30_000

/** Which daemon, and how long to wait for it. */
export interface ClientInit {
  /** Unix socket of the daemon. */
  readonly socket: string
  /** @default {@link RESPONSE_TIMEOUT_MS} */
  readonly timeoutMs?: number
}

/** What a path is asked for. */
export interface PathQuery {
  readonly color?: string
  /** Decide again even where a decision is young. */
  readonly fresh?: boolean
}

/** How many probes are sent, and how far apart. */
export interface PingQuery {
  readonly color?: string
  readonly count?: number
  readonly intervalMs?: number
}

/** How many probes each hop gets, and over which path. */
export interface TraceQuery extends PingQuery {
  /** Names of the hops, comma-separated. @default the path in use */
  readonly path?: string
}

/** The daemon's local HTTP interface; every call rejects with DaemonUnreachableError or RequestFailedError. */
export interface Client {
  status: (signal?: AbortSignal) => Promise<StatusDocument>
  matrix: (signal?: AbortSignal) => Promise<MatrixDocument>
  path: (destination: string, query?: PathQuery, signal?: AbortSignal) => Promise<PathDocument>
  ping: (destination: string, query?: PingQuery, signal?: AbortSignal) => Promise<PingDocument>
  trace: (destination: string, query?: TraceQuery, signal?: AbortSignal) => Promise<TraceDocument>
  members: (signal?: AbortSignal) => Promise<MembersDocument>
  accounting: (signal?: AbortSignal) => Promise<AccountingDocument>
  /** @param peers - members asked the same, to find omissions */
  ditexQuery: (query: DitexQueryBody, peers?: number, signal?: AbortSignal) => Promise<DitexDocument>
  /** @param group - whose shard of group scope is asked; that of the node unless given */
  ditexEntry: (cid: string, group?: number, signal?: AbortSignal) => Promise<DitexDocument>
  ditexAnchors: (signal?: AbortSignal) => Promise<DitexAnchorsDocument>
  /** Entries as the node accepts them, until the signal is aborted. @param parameters - as in the OpenAPI document */
  ditexFollow: (parameters: Readonly<Record<string, string | readonly string[]>>, signal: AbortSignal) => AsyncIterable<DitexEntry>
  doctor: (signal?: AbortSignal) => Promise<DoctorDocument>
  config: (signal?: AbortSignal) => Promise<ConfigDocument>
  /** @param revocation - signed octets */
  revoke: (revocation: Uint8Array, signal?: AbortSignal) => Promise<AcceptedDocument>
  /** Refused unless the node runs with an emulated clock. */
  adjustClock: (change: ClockRequest, signal?: AbortSignal) => Promise<AcceptedDocument>
  /** Asks for an orderly stop; answers before it has happened. */
  stop: (signal?: AbortSignal) => Promise<AcceptedDocument>
  /** `/startedz`, `/readyz`, `/healthyz`; a 503 resolves with `ok: false`. */
  probe: (which: 'startedz' | 'readyz' | 'healthyz', signal?: AbortSignal) => Promise<ProbeDocument>
  /** Prometheus text. */
  metrics: (signal?: AbortSignal) => Promise<string>
}

/** A client over the daemon's Unix socket; opens nothing until the first call. */
export function createClient(init: ClientInit): Client {
  const get = async <T>(path: string, signal?: AbortSignal, accept?: number): Promise<T> => JSON.parse(await exchange(init, { path, signal, accept })) as T
  const post = async <T>(path: string, body: object, signal?: AbortSignal): Promise<T> => JSON.parse(await exchange(init, { path, signal, body: JSON.stringify(body) })) as T
  return {
    status: async (signal) => get('/v1/status', signal),
    matrix: async (signal) => get('/v1/matrix', signal),
    path: async (destination, query, signal) => get(`/v1/path/${encodeURIComponent(destination)}${search({ ...query })}`, signal),
    ping: async (destination, query, signal) => get(`/v1/ping/${encodeURIComponent(destination)}${search({ ...query })}`, signal),
    trace: async (destination, query, signal) => get(`/v1/trace/${encodeURIComponent(destination)}${search({ ...query })}`, signal),
    members: async (signal) => get('/v1/members', signal),
    accounting: async (signal) => get('/v1/accounting', signal),
    ditexQuery: async (query, peers, signal) => post(`/v1/ditex/query${search({ peers })}`, query, signal),
    ditexEntry: async (cid, group, signal) => get(`/v1/ditex/entries/${encodeURIComponent(cid)}${search({ group })}`, signal),
    ditexAnchors: async (signal) => get('/v1/ditex/anchors', signal),
    ditexFollow: (parameters, signal) => lines<DitexEntry>(init, `/v1/ditex/follow${search(parameters)}`, signal),
    doctor: async (signal) => get('/v1/doctor', signal),
    config: async (signal) => get('/v1/config', signal),
    revoke: async (revocation, signal) => post('/v1/revocations', { revocation: Buffer.from(revocation).toString('base64url') }, signal),
    adjustClock: async (change, signal) => post('/v1/testbed/clock', change, signal),
    stop: async (signal) => post('/v1/stop', {}, signal),
    probe: async (which, signal) => get(`/${which}`, signal, 503),
    metrics: async (signal) => exchange(init, { path: '/metrics', signal })
  }
}

function search(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one): [string, string] => [key, String(one)]))
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}

interface Exchange {
  readonly path: string
  readonly signal: AbortSignal | undefined
  readonly body?: string
  /** A status beside 2xx whose body is an answer and no error. */
  readonly accept?: number | undefined
}

async function exchange(init: ClientInit, what: Exchange): Promise<string> {
  return collect(await send(init, what, init.timeoutMs ?? RESPONSE_TIMEOUT_MS), what, init.socket)
}

/** Longest line of a stream. */
const MAX_LINE = 64 * 1024

/** One JSON document a line, without a limit in time. */
async function* lines<T>(init: ClientInit, path: string, signal: AbortSignal): AsyncIterable<T> {
  const what = { path, signal }
  const response = await send(init, what, 0)
  if (response.statusCode !== 200) await collect(response, what, init.socket)
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > MAX_LINE) throw new DaemonUnreachableError(init.socket, `a line longer than ${MAX_LINE} characters`)
    for (const part of parts) if (part !== '') yield JSON.parse(part) as T
  }
}

async function send(init: ClientInit, what: Exchange, timeout: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath: init.socket,
      path: what.path,
      method: what.body === undefined ? 'GET' : 'POST',
      headers: { host: 'srwan', ...(what.body === undefined ? {} : { 'content-type': 'application/json' }) },
      agent: false,
      timeout,
      ...(what.signal === undefined ? {} : { signal: what.signal })
    })
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('no answer'), { code: 'timeout' })))
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.name === 'AbortError' ? error : new DaemonUnreachableError(init.socket, error.code ?? error.message, { cause: error }))
    })
    outgoing.on('response', resolve)
    outgoing.end(what.body)
  })
}

async function collect(response: IncomingMessage, what: Exchange, socket: string): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_RESPONSE_OCTETS) throw new Error(`answer longer than ${MAX_RESPONSE_OCTETS} octets`)
      chunks.push(chunk)
    }
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause
    throw new DaemonUnreachableError(socket, (cause as NodeJS.ErrnoException).code ?? (cause as Error).message, { cause })
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const status = response.statusCode ?? 0
  if ((status >= 200 && status < 300) || status === what.accept) return text
  throw new RequestFailedError(status, failure(text, status))
}

function failure(text: string, status: number): Pick<ErrorDocument, 'code' | 'message' | 'remedy'> {
  try {
    const body = JSON.parse(text) as Partial<ErrorDocument>
    if (typeof body.code === 'string' && typeof body.message === 'string') return { code: body.code, message: body.message, remedy: body.remedy }
  } catch {
    /* not ours: the status says what there is to say */
  }
  return { code: 'ERR_REQUEST_FAILED', message: `the daemon answered with HTTP status ${status}` }
}
