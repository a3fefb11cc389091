import { AuthorRouters } from './author-routers.ts'
import { fulfils } from './condition.ts'
import { Page } from './page.ts'
import { fitsPlan } from './plan.ts'
import { compareLogs } from './view-reader.ts'
import type { QueryBounds, QueryResult, QuerySource } from './execute-query.ts'
import type { QueryPlan } from './plan.ts'
import type { DitexQuery } from './query.ts'
import type { EntryPlace } from './view-reader.ts'
import type { LogPlace } from '@srwan/interface'

/** Entries read at a time. */
const BATCH = 64

/** One page of all that is held, in the order of epoch, scope, author and seq: kind and key are known only when an entry has been read. */
export async function pageOfHistory(source: QuerySource, query: DitexQuery, bounds: QueryBounds, plan: QueryPlan): Promise<QueryResult> {
  const page = new Page(query, bounds)
  const { since, until, after, authors } = plan
  const routers = new AuthorRouters(source.reader, query)
  for (const log of source.reader.logs({ since, until, from: after })) {
    if (page.isOver || !page.visit()) break
    if (authors?.has(log.author) === false) continue
    const next = after !== undefined && compareLogs(log, after) === 0 ? after.seq + 1 : 0
    await readLog({ source, query, page, plan, routers }, log, next)
  }
  return page.result(plan.at)
}

interface HistoryWalk {
  readonly source: QuerySource
  readonly query: DitexQuery
  readonly page: Page
  readonly plan: QueryPlan
  readonly routers: AuthorRouters
}

async function readLog({ source, query, page, plan, routers }: HistoryWalk, log: LogPlace, fromSeq: number): Promise<void> {
  for (let seq = fromSeq; !page.isOver; ) {
    const batch = await source.reader.log(log, seq, BATCH)
    if (batch.length === 0 || !page.reads(batch.length)) return
    const unread = routers.unread([{ ...log, kind: '', key: '', incarnation: 0, seq }])
    if (!page.reads(unread.length)) return
    await routers.load(unread)
    for (const encoded of batch) {
      const { author, incarnation, entry } = source.open(encoded)
      const place: EntryPlace = { author, incarnation, kind: entry.kind, key: entry.key, scope: entry.scope, epoch: entry.epoch, seq: entry.seq }
      const wanted = fitsPlan(place, query, plan) && isFulfilled(query, entry)
      if (!wanted || routers.lacks(place)) page.pass(place)
      else if (!page.add(place, encoded, routers.with(place))) return
    }
    if (batch.length < BATCH) return
    seq += batch.length
  }
}

/** The body is decoded once, and only where there are conditions. */
function isFulfilled({ where = [] }: DitexQuery, entry: { readonly body: unknown }): boolean {
  if (where.length === 0) return true
  const { body } = entry
  return where.every((condition) => fulfils(condition, body))
}
