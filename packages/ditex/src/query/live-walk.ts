import { AuthorRouters, asksPlace } from './author-routers.ts'
import { matches } from './condition.ts'
import { liveCandidates } from './live-candidates.ts'
import { Page } from './page.ts'
import { fitsPlan } from './plan.ts'
import type { QueryBounds, QueryResult, QuerySource } from './execute-query.ts'
import type { QueryPlan } from './plan.ts'
import type { DitexQuery } from './query.ts'
import type { LivePlace } from './view-reader.ts'

/** Entries read at a time. */
const BATCH = 64
/** The same where bodies decide: most are passed over, and a trip to the store costs as much as twenty entries. */
const BATCH_OF_CONDITIONS = 256

/** One page of what is live, in the order of kind, key and author. */
export async function pageOfLive(source: QuerySource, query: DitexQuery, bounds: QueryBounds, plan: QueryPlan): Promise<QueryResult> {
  const page = new Page(query, bounds)
  const routers = new AuthorRouters(source.reader, query)
  const candidates = liveCandidates(source.reader, query, plan)[Symbol.iterator]()
  while (!page.isOver) {
    const batch = nextBatch(page, candidates, query, plan)
    if (batch.length === 0) break
    if (!page.reads(batch.length)) break
    const found = await source.reader.read(batch)
    const wanted = batch.map((_, index) => (found[index] !== undefined && isWanted(source, query, found[index]) ? found[index] : undefined))
    const unread = routers.unread(batch.filter((_, index) => wanted[index] !== undefined))
    if (!page.reads(unread.length)) break
    await routers.load(unread)
    for (const [index, place] of batch.entries()) {
      const encoded = wanted[index]
      if (encoded === undefined || routers.lacks(place)) page.pass(place)
      else if (!page.add(place, encoded, routers.with(place))) break
    }
  }
  candidates.return?.()
  return page.result(plan.at)
}

function nextBatch(page: Page, candidates: Iterator<LivePlace>, query: DitexQuery, plan: QueryPlan): readonly LivePlace[] {
  const hasConditions = (query.where ?? []).length > 0
  // One more than has room, so that the last page says that it is the last.
  // An author's router entry may have to be read besides.
  const readable = asksPlace(query) ? Math.floor(page.readsLeft / 2) : page.readsLeft
  const wanted = Math.max(1, Math.min(hasConditions ? BATCH_OF_CONDITIONS : Math.min(BATCH, page.room) + 1, readable))
  const batch: LivePlace[] = []
  while (batch.length < wanted) {
    const { value, done } = candidates.next()
    if (done === true || !page.visit()) break
    if (fitsPlan(value, query, plan)) batch.push(value)
    else if (batch.length === 0) page.pass(value)
  }
  return batch
}

function isWanted(source: QuerySource, { where = [] }: DitexQuery, encoded: Uint8Array): boolean {
  if (where.length === 0) return true
  return where.every((condition) => matches(condition, source.field(encoded, condition.field)))
}
