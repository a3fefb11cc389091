import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { ditexQuery, MAX_QUERIED_PEERS, SCHEMA_VERSION } from '@srwan/api'
import { NotFoundError } from '@srwan/interface'
import { queryOfParameters } from '@srwan/node'
import type { DitexQuery, Exchange, Node } from '@srwan/node'
import { z } from 'zod'
import { goneSignal, parsed } from './request-parts.ts'

const peersQuery = z.strictObject({ peers: z.coerce.number().int().min(1).max(MAX_QUERIED_PEERS).default(1) })
const groupQuery = z.strictObject({ group: z.coerce.number().int().min(0).max(0xffff_ffff).optional() })
const parameters = z.record(z.string().max(32), z.union([z.string().max(600), z.array(z.string().max(600)).max(8)]))

/** The exchange over HTTP: questions, one entry, what is accepted from now on, anchors. */
export function addDitexRoutes(server: FastifyInstance, node: Pick<Node, 'exchange' | 'networkId'>): void {
  server.post('/v1/ditex/query', async (request, reply) => {
    const { peers } = parsed(peersQuery, request.query, 'query')
    return exchangeOf(node).query(parsed(ditexQuery, request.body, 'body') as DitexQuery, peers, goneSignal(reply))
  })
  server.get('/v1/ditex/query', async (request, reply) => {
    const { peers: count, ...rest } = parsed(parameters, request.query, 'query')
    const { peers } = parsed(peersQuery, count === undefined ? {} : { peers: count }, 'query')
    return exchangeOf(node).query(queryOfParameters(rest), peers, goneSignal(reply))
  })
  server.get<{ Params: { cid: string } }>('/v1/ditex/entries/:cid', async (request, reply) => {
    const { group } = parsed(groupQuery, request.query, 'query')
    return exchangeOf(node).entry(request.params.cid, group, goneSignal(reply))
  })
  server.get('/v1/ditex/anchors', () => ({ schemaVersion: SCHEMA_VERSION, network: node.networkId, anchors: exchangeOf(node).anchors() }))
  server.get('/v1/ditex/follow', (request, reply) => {
    const query = queryOfParameters(parsed(parameters, request.query, 'query'))
    const entries = exchangeOf(node).follow(query, goneSignal(reply))
    return reply.type('application/x-ndjson').send(Readable.from(linesOf(entries), { objectMode: false }))
  })
}

function exchangeOf(node: Pick<Node, 'exchange'>): Exchange {
  const exchange = node.exchange()
  if (exchange === undefined) throw new NotFoundError('this node holds no exchange')
  return exchange
}

/** An empty line first: whoever follows knows that it has begun. */
async function* linesOf(entries: AsyncIterable<unknown>): AsyncIterable<string> {
  yield '\n'
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`
}
