import { z } from 'zod'
import { accountingDocument } from './documents/accounting.ts'
import { errorDocument } from './documents/common.ts'
import { ditexAnchorsDocument, ditexDocument, ditexEntry, ditexQuery, MAX_QUERIED_PEERS } from './documents/ditex.ts'
import { matrixDocument } from './documents/matrix.ts'
import { membersDocument } from './documents/members.ts'
import { acceptedDocument, clockRequest, configDocument, doctorDocument, probeDocument, revocationRequest } from './documents/operation.ts'
import { pathDocument } from './documents/path.ts'
import { MAX_PING_COUNT, pingDocument } from './documents/ping.ts'
import { statusDocument } from './documents/status.ts'
import { MAX_TRACE_COUNT, traceDocument } from './documents/trace.ts'

interface Route {
  readonly path: string
  readonly method: 'get' | 'post'
  readonly summary: string
  readonly answer: z.ZodType
  readonly body?: z.ZodType
  readonly query?: Readonly<Record<string, object>>
  /** One document a line, for as long as somebody listens. */
  readonly stream?: true
}

const text = { type: 'string' }
const whole = { type: 'integer', minimum: 0 }
const peersParameter = { type: 'integer', minimum: 1, maximum: MAX_QUERIED_PEERS, default: 1, description: 'Members asked the same, to find omissions' }
const ditexParameters = {
  kind: text,
  key: text,
  keyPrefix: text,
  author: text,
  country: text,
  city: text,
  asn: whole,
  sinceEpoch: whole,
  untilEpoch: whole,
  sinceMs: whole,
  untilMs: whole,
  where: { type: 'array', items: text, description: 'Such as `price < 12.5`; repeat for more' },
  bestFrom: { type: 'string', description: 'Router, city, country or AS number' },
  bestTo: text,
  by: { type: 'string', enum: ['delay', 'price'], default: 'delay' },
  cid: { type: 'string', description: 'The one entry with this CID' },
  history: { type: 'boolean', default: false },
  arrived: { type: 'boolean', default: false, description: 'What the node takes, in order of arrival: ask again with the cursor' },
  at: whole,
  group: whole,
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  cursor: text
}
const color = { type: 'string', default: 'latency' }

/** Every route of the daemon that answers JSON; the daemon serves these and a test compares both. */
export const ROUTES: readonly Route[] = [
  { path: '/v1/status', method: 'get', summary: 'One glance at the node', answer: statusDocument },
  { path: '/v1/matrix', method: 'get', summary: "The delay matrix from this node's view", answer: matrixDocument },
  {
    path: '/v1/path/{destination}',
    method: 'get',
    summary: 'Candidate paths to a destination and why one was chosen',
    answer: pathDocument,
    query: { color, fresh: { type: 'boolean', default: false } }
  },
  {
    path: '/v1/ping/{destination}',
    method: 'get',
    summary: 'Sealed end-to-end probes',
    answer: pingDocument,
    query: { color, count: { type: 'integer', minimum: 1, maximum: MAX_PING_COUNT, default: 1 }, intervalMs: { type: 'number', minimum: 10, maximum: 10_000, default: 1000 } }
  },
  {
    path: '/v1/trace/{destination}',
    method: 'get',
    summary: 'Sealed probes to every hop of a path',
    answer: traceDocument,
    query: {
      color,
      count: { type: 'integer', minimum: 1, maximum: MAX_TRACE_COUNT, default: 10 },
      intervalMs: { type: 'number', minimum: 10, maximum: 10_000, default: 100 },
      path: { type: 'string', description: 'Names of the hops, comma-separated; the path in use unless given' }
    }
  },
  { path: '/v1/accounting', method: 'get', summary: 'Octets carried by session, direction, path and hop', answer: accountingDocument },
  { path: '/v1/members', method: 'get', summary: 'The members of the network', answer: membersDocument },
  { path: '/v1/doctor', method: 'get', summary: 'Named checks of the machine, seen by the daemon', answer: doctorDocument },
  { path: '/v1/config', method: 'get', summary: 'Every setting in force and its origin', answer: configDocument },
  { path: '/v1/revocations', method: 'post', summary: 'Adds a signed revocation and spreads it', answer: acceptedDocument, body: revocationRequest },
  {
    path: '/v1/ditex/query',
    method: 'post',
    summary: 'A question to the exchange',
    answer: ditexDocument,
    body: ditexQuery,
    query: { peers: peersParameter }
  },
  { path: '/v1/ditex/query', method: 'get', summary: 'A question to the exchange, in parameters', answer: ditexDocument, query: { ...ditexParameters, peers: peersParameter } },
  { path: '/v1/ditex/entries/{cid}', method: 'get', summary: 'One entry of the exchange', answer: ditexDocument, query: { group: whole } },
  {
    path: '/v1/ditex/follow',
    method: 'get',
    summary: 'Entries as they are accepted, one JSON document of an entry a line',
    answer: ditexEntry,
    stream: true,
    query: ditexParameters
  },
  { path: '/v1/ditex/anchors', method: 'get', summary: 'Signed roots of epochs', answer: ditexAnchorsDocument },
  { path: '/v1/stop', method: 'post', summary: 'Stops the daemon in order', answer: acceptedDocument },
  { path: '/v1/testbed/clock', method: 'post', summary: 'Steps or slews the emulated clock', answer: acceptedDocument, body: clockRequest },
  { path: '/startedz', method: 'get', summary: '200 once the node has started', answer: probeDocument },
  { path: '/readyz', method: 'get', summary: '200 while the node measures and steers', answer: probeDocument },
  { path: '/healthyz', method: 'get', summary: '200 while no error is among the health findings', answer: probeDocument }
]

/** The OpenAPI 3.1 document, generated from the schemas of the documents. */
export function openApiDocument(): object {
  const paths: Record<string, object> = {}
  for (const route of ROUTES) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  return { openapi: '3.1.0', info: { title: 'srwan daemon', version: '1', description: 'Local HTTP interface of one node' }, paths }
}

const PATH_PARAMETERS = { destination: 'Name, SID, peer id, overlay address or an address inside a site prefix', cid: 'CID of the entry, as answers show it' }

function operation(route: Route): object {
  const inPath = Object.entries(PATH_PARAMETERS)
    .filter(([name]) => route.path.includes(`{${name}}`))
    .map(([name, description]) => ({ name, in: 'path', required: true, description, schema: { type: 'string' } }))
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
  return {
    summary: route.summary,
    parameters: [...inPath, ...inQuery],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: json(route.body) } }),
    responses: {
      200: { description: 'The document', content: json(route.answer, route.stream) },
      default: { description: 'What is wrong and what to do', content: json(errorDocument) }
    }
  }
}

/** `io: 'input'` leaves room for fields that later versions add. */
function json(schema: z.ZodType, stream?: true): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return { [stream === true ? 'application/x-ndjson' : 'application/json']: { schema: rest } }
}
