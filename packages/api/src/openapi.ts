import { z } from 'zod'
import { accountingDocument } from './documents/accounting.ts'
import { errorDocument } from './documents/common.ts'
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
  { path: '/v1/stop', method: 'post', summary: 'Stops the daemon in order', answer: acceptedDocument },
  { path: '/v1/testbed/clock', method: 'post', summary: 'Steps or slews the emulated clock', answer: acceptedDocument, body: clockRequest },
  { path: '/startedz', method: 'get', summary: '200 once the node has started', answer: probeDocument },
  { path: '/readyz', method: 'get', summary: '200 while the node measures and steers', answer: probeDocument },
  { path: '/healthyz', method: 'get', summary: '200 while no error is among the health findings', answer: probeDocument }
]

/** The OpenAPI 3.1 document, generated from the schemas of the documents. */
export function openApiDocument(): object {
  const paths: Record<string, object> = {}
  for (const route of ROUTES) paths[route.path] = { [route.method]: operation(route) }
  return { openapi: '3.1.0', info: { title: 'srwan daemon', version: '1', description: 'Local HTTP interface of one node' }, paths }
}

function operation(route: Route): object {
  const inPath = route.path.includes('{destination}')
    ? [{ name: 'destination', in: 'path', required: true, description: 'Name, SID, peer id, overlay address or an address inside a site prefix', schema: { type: 'string' } }]
    : []
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
  return {
    summary: route.summary,
    parameters: [...inPath, ...inQuery],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: json(route.body) } }),
    responses: { 200: { description: 'The document', content: json(route.answer) }, default: { description: 'What is wrong and what to do', content: json(errorDocument) } }
  }
}

/** `io: 'input'` leaves room for fields that later versions add. */
function json(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return { 'application/json': { schema: rest } }
}
