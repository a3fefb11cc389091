import { createVirtualClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { columnBody, fullColumnLength } from '@srwan/wire'
import { createQueryService, documentOf, queryCodec, querySource, verifyDocument, withoutProofs } from '../../src/index.ts'
import { EPOCH, EPOCH_LENGTH, NETWORK, createSigner, encodedOf, startReplica, writeLog } from '../fixtures.ts'
import type { DitexQuery, QueryAnswer, QueryDocument, VerifyReport } from '../../src/index.ts'
import type { LogEntry, Signer } from '@srwan/interface'

const never = new AbortController().signal
const PLACES = [
  { country: 'DE', city: 'Frankfurt', lat: 50.1, lon: 8.7 },
  { country: 'US', city: 'Chicago', lat: 41.9, lon: -87.6 }
]

/** Routers of these tests, in the order of their SIDs: even ones are in Frankfurt, odd ones in Chicago. */
export const ROUTERS: readonly Signer[] = Array.from({ length: 6 }, (_, index) => createSigner(new Uint8Array(32).fill(index + 1)))
  .map((signer) => ({ ...signer, sid: queryCodec.sidOf(signer.peerId) }))
  .sort((a, b) => (a.sid < b.sid ? -1 : 1))
/** Where a router says it is, and its number as its system. */
export const routerOf = (index: number): Partial<LogEntry> => ({ kind: 'router', key: '', ttl: 100, body: { name: `r${index}`, asn: 64_500 + index, ...PLACES[index % 2] } })
export const sidOf = (index: number): string => ROUTERS[index]?.sid ?? ''

/** Round trips of one router with others. */
export function columnOf(author: number, trips: Readonly<Record<number, number>>): Partial<LogEntry> {
  const members = [author, ...Object.keys(trips).map(Number)].sort((a, b) => a - b)
  const body = columnBody({
    members: members.map((member) => ROUTERS[member]?.sid as Signer['sid']),
    column: new Uint8Array(fullColumnLength(members.length)),
    trips: members.map((member) => (member === author ? undefined : ms(trips[member] ?? 0)))
  })
  return { kind: 'column', key: '', ttl: 4, body }
}

export const offerOf = (key: string, from: number, to: number, price: number | null): Partial<LogEntry> => ({
  kind: 'listing',
  key,
  ttl: 50,
  body: { from: sidOf(from), to: sidOf(to), color: 'latency', price }
})

/** What a router wrote in one epoch. */
export interface Wrote {
  readonly router: number
  readonly says: readonly Partial<LogEntry>[]
  readonly epoch?: number
}

/** A peer that holds what was written and answers. */
export interface AnsweringPeer {
  readonly ask: (query: DitexQuery) => Promise<QueryAnswer>
  readonly stop: () => Promise<void>
}

export async function answeringPeer(wrote: readonly Wrote[]): Promise<AnsweringPeer> {
  const { replica } = await startReplica()
  for (const { router, says, epoch = EPOCH - 1 } of wrote) {
    for (const scope of ['global', 'group'] as const) {
      const own = says.filter(({ kind }) => (kind === 'column') === (scope === 'group'))
      const outcomes = own.length === 0 ? [] : await replica.offer(encodedOf(await writeLog(ROUTERS[router] as Signer, own, { epoch, scope })))
      if (!outcomes.every(({ outcome }) => outcome === 'accepted')) throw new Error('not accepted')
    }
  }
  const service = createQueryService(
    { source: querySource(replica, EPOCH_LENGTH), proofs: withoutProofs, clock: createVirtualClock(), logger: silentLogger() },
    { network: NETWORK, readers: 'anyone' }
  )
  return { ask: async (query) => service.answerOwn(query, never), stop: async () => replica.stop() }
}

/** As it is saved. */
export function saved(query: DitexQuery, answer: QueryAnswer): QueryDocument {
  return JSON.parse(JSON.stringify(documentOf(queryCodec, query, answer, { checked: false, peers: [] }))) as QueryDocument
}

export const verifiedAs = (document: QueryDocument): VerifyReport => verifyDocument(queryCodec, document, { network: NETWORK })
