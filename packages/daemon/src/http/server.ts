import { timingSafeEqual } from 'node:crypto'
import { fastify } from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clockRequest, MAX_PING_COUNT, MAX_TRACE_COUNT, openApiDocument, revocationRequest, SCHEMA_VERSION, verdictOf } from '@srwan/api'
import type { ConfigDocument, DoctorDocument } from '@srwan/api'
import { COLORS, InvalidInputError, NotAuthorisedError } from '@srwan/interface'
import type { Color, Logger, Milliseconds } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { z } from 'zod'
import type { HealthWatch } from '../health-watch.ts'
import { accountingOf } from '../views/accounting-view.ts'
import { matrixOf } from '../views/matrix-view.ts'
import { membersOf } from '../views/members-view.ts'
import { pathOf } from '../views/path-view.ts'
import { pingOver } from '../views/ping-view.ts'
import { prometheusOf } from '../views/prometheus.ts'
import { statusOf } from '../views/status-view.ts'
import { traceOver } from '../views/trace-view.ts'
import { addDitexRoutes } from './ditex-routes.ts'
import { failureOf } from './failures.ts'
import { goneSignal, parsed } from './request-parts.ts'

/** Largest request body; a revocation is below 2 KiB. */
const MAX_BODY_OCTETS = 64 * 1024

/** Longest path parameter that is parsed at all, escaped. */
const MAX_PARAMETER = 4096
/** Longest list of hops that is parsed. */
const MAX_PATH = 1024

/** What the HTTP interface shows and asks. */
export interface ServerComponents {
  readonly node: Node
  readonly health: HealthWatch
  readonly logger: Logger
  readonly doctor: (signal: AbortSignal) => Promise<DoctorDocument>
  readonly settings: ConfigDocument['settings']
  /** Keeps a revocation that the node has accepted. */
  readonly keepRevocation: (revocation: Uint8Array) => Promise<void>
  readonly requestStop: () => void
}

export interface ServerInit {
  readonly pulseInterval: Milliseconds
  /** Has the datapath come up and does libp2p listen? */
  readonly started: () => boolean
  /** Is the clock emulated? Only then may it be changed. */
  readonly emulatedClock: boolean
  /** Wanted as bearer token of every request; without it the socket's file mode protects. */
  readonly token?: string
}

const color = z.enum(Object.keys(COLORS) as [Color, ...Color[]]).default('latency')
const pathQuery = z.strictObject({ color, fresh: z.enum(['true', 'false']).default('false') })
const pingQuery = z.strictObject({ color, count: z.coerce.number().int().min(1).max(MAX_PING_COUNT).default(1), intervalMs: z.coerce.number().min(10).max(10_000).default(1000) })
const traceQuery = z.strictObject({
  color,
  count: z.coerce.number().int().min(1).max(MAX_TRACE_COUNT).default(10),
  intervalMs: z.coerce.number().min(10).max(10_000).default(100),
  path: z.string().min(1).max(MAX_PATH).optional()
})

/** The routes of the local HTTP interface; listens nowhere yet. */
export function createServer(components: ServerComponents, init: ServerInit): FastifyInstance {
  const server = fastify({ logger: false, bodyLimit: MAX_BODY_OCTETS, forceCloseConnections: true, exposeHeadRoutes: false, routerOptions: { maxParamLength: MAX_PARAMETER } })
  server.setErrorHandler((error, _request, reply) => {
    const { status, body } = failureOf(error)
    if (status >= 500) components.logger.error('request failed', { error })
    void reply.code(status).send(body)
  })
  server.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(failureOf({ code: 'ERR_NOT_FOUND', message: `there is no ${request.method} ${request.url.split('?')[0]}`, remedy: 'See /v1/openapi.json.' }).body)
  })
  if (init.token !== undefined) requireToken(server, init.token)
  server.addHook('onRequest', (request, _reply, next) => {
    if (init.started() || !/^\/(v1|metrics)/.test(request.url)) next()
    else next(Object.assign(new Error('the node is still starting'), { code: 'ERR_STARTING', remedy: 'Wait for it: `srwan wait --for started`.' }))
  })
  addProbes(server, components, init)
  addDocuments(server, components, init)
  addActions(server, components, init)
  addDitexRoutes(server, components.node)
  return server
}

function requireToken(server: FastifyInstance, token: string): void {
  const wanted = Buffer.from(`Bearer ${token}`)
  server.addHook('onRequest', (request, _reply, next) => {
    const given = Buffer.from(request.headers.authorization ?? '')
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) next()
    else next(Object.assign(new Error('a bearer token is wanted'), { code: 'ERR_NOT_AUTHENTICATED', remedy: 'Send the content of the token file as `authorization: Bearer …`.' }))
  })
}

function addProbes(server: FastifyInstance, { node, health }: ServerComponents, init: ServerInit): void {
  const answer = (reply: FastifyReply, ok: boolean): FastifyReply => reply.code(ok ? 200 : 503).send({ schemaVersion: SCHEMA_VERSION, ok, state: node.state() })
  server.get('/startedz', (_request, reply) => answer(reply, init.started()))
  server.get('/readyz', (_request, reply) => answer(reply, init.started() && node.state() === 'running'))
  server.get('/healthyz', (_request, reply) => answer(reply, init.started() && verdictOf(health.current()) !== 'unhealthy'))
}

function addDocuments(server: FastifyInstance, components: ServerComponents, init: ServerInit): void {
  const { node, health } = components
  server.get('/v1/status', () => statusOf(node, health.current()))
  server.get('/v1/matrix', () => matrixOf(node, init.pulseInterval))
  server.get('/v1/members', () => membersOf(node))
  server.get('/v1/accounting', () => accountingOf(node))
  server.get('/v1/config', () => ({ schemaVersion: SCHEMA_VERSION, settings: components.settings }))
  server.get('/v1/openapi.json', () => openApiDocument())
  server.get('/v1/doctor', async (_request, reply) => components.doctor(goneSignal(reply)))
  server.get('/metrics', (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(prometheusOf(node, health.current())))
  server.get<{ Params: { destination: string } }>('/v1/path/:destination', async (request, reply) => {
    const query = parsed(pathQuery, request.query, 'query')
    const member = destinationOf(node, request.params.destination)
    return pathOf(node, member, await node.decide(member.sid, query.color, { fresh: query.fresh === 'true', signal: goneSignal(reply) }))
  })
  server.get<{ Params: { destination: string } }>('/v1/ping/:destination', async (request, reply) => {
    const query = parsed(pingQuery, request.query, 'query')
    return pingOver(node, { member: destinationOf(node, request.params.destination), ...query }, goneSignal(reply))
  })
  server.get<{ Params: { destination: string } }>('/v1/trace/:destination', async (request, reply) => {
    const query = parsed(traceQuery, request.query, 'query')
    return traceOver(node, { member: destinationOf(node, request.params.destination), pulseInterval: init.pulseInterval, ...query }, goneSignal(reply))
  })
}

function addActions(server: FastifyInstance, components: ServerComponents, init: ServerInit): void {
  const accepted = { schemaVersion: SCHEMA_VERSION, accepted: true }
  server.post('/v1/revocations', async (request) => {
    const { revocation } = parsed(revocationRequest, request.body, 'body')
    const octets = new Uint8Array(Buffer.from(revocation, 'base64url'))
    await components.node.revoke(octets)
    await components.keepRevocation(octets)
    return accepted
  })
  server.post('/v1/stop', (_request: FastifyRequest, reply) => {
    reply.raw.once('finish', components.requestStop)
    return reply.send(accepted)
  })
  server.post('/v1/testbed/clock', (request) => {
    if (!init.emulatedClock) throw new NotAuthorisedError('the clock of this node is not emulated', { remedy: 'Only a node with `testbed` in its config.yaml takes this.' })
    const { stepMs, driftPpm } = parsed(clockRequest, request.body, 'body')
    components.node.adjustClock({ ...(stepMs === undefined ? {} : { stepNanoseconds: BigInt(Math.round(stepMs * 1e6)) }), ...(driftPpm === undefined ? {} : { driftPpm }) })
    return accepted
  })
}

/** Longest text that can name a destination. */
const MAX_DESTINATION = 256

function destinationOf(node: Node, text: string): ReturnType<Node['resolve']> {
  if (text.length > MAX_DESTINATION) throw new InvalidInputError({ source: 'DST' }, `longer than ${MAX_DESTINATION} characters`)
  const member = node.resolve(text)
  if (member.sid === node.self.sid)
    throw new InvalidInputError({ source: 'DST' }, `${text} is this node itself`, { remedy: 'Name another member; `srwan network members` lists them.' })
  return member
}
