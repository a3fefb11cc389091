import { decode, encode } from '@ipld/dag-cbor'
import { InvalidInputError } from '@srwan/interface'
import { MAX_ENCODED_ENTRY } from '../entry/bounds.ts'
import { AuthorRouters } from './author-routers.ts'
import { fulfils } from './condition.ts'
import { fingerprint } from './cursor.ts'
import { fitsPlan, planQuery } from './plan.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { QueryBounds, QueryResult, QuerySource } from './execute-query.ts'
import type { DitexQuery } from './query.ts'
import type { ArrivalCursor, EntryPlace } from './view-reader.ts'

/** Arrivals looked at in one step. */
const STEP = 32
/** Octets of the random part of a cursor. */
const INSTANCE_LENGTH = 16
/** Another first number than cursors of other questions have. */
const VERSION = 2

/** What the peer took since the page before, in order of arrival; there is always a cursor to go on with. */
export async function pageOfArrivals(source: QuerySource, query: DitexQuery, bounds: QueryBounds): Promise<QueryResult> {
  const { reader, epochLength } = source
  const { cursor, at: _at, ...lasting } = query
  const plan = planQuery(reader, lasting, epochLength)
  const page = new ArrivalPage(reader, query)
  let since = cursor === undefined ? undefined : decodeArrivalCursor(query, cursor)
  for (;;) {
    const arrived = await reader.arrived(since, STEP)
    if (arrived === undefined) throw unusable('is too old, or of another peer or another start of this one')
    since = arrived.cursor
    page.read += arrived.looked
    await page.add(
      arrived.entries.flatMap((encoded) => {
        const place = fittingPlace(source, query, encoded, plan)
        return place === undefined ? [] : [{ place, encoded }]
      })
    )
    const endedBy = arrived.more ? boundOf({ looked: page.read, octets: page.octets }, bounds) : undefined
    if (arrived.more && endedBy === undefined) continue
    return { at: plan.at, ...page.content(), visited: 0, read: page.read, cursor: encodeArrivalCursor(query, since), ...(endedBy === undefined ? {} : { endedBy }) }
  }
}

/** Entries as they arrived, and the `router` entries of their authors where the question is about places. */
class ArrivalPage {
  readonly #along: AuthorRouters
  readonly #places: EntryPlace[] = []
  readonly #entries: Uint8Array[] = []
  readonly #routers = new Set<Uint8Array>()
  octets = 0
  read = 0

  constructor(reader: QuerySource['reader'], query: DitexQuery) {
    this.#along = new AuthorRouters(reader, query)
  }

  async add(fitting: readonly { readonly place: EntryPlace; readonly encoded: Uint8Array }[]): Promise<void> {
    const unread = this.#along.unread(fitting.map(({ place }) => place))
    this.read += unread.length
    await this.#along.load(unread)
    for (const { place, encoded } of fitting) {
      if (this.#along.lacks(place)) continue
      const router = this.#along.with(place)
      this.#places.push(place)
      this.#entries.push(encoded)
      this.octets += encoded.length + (router === undefined || this.#routers.has(router) ? 0 : router.length)
      if (router !== undefined) this.#routers.add(router)
    }
  }

  content(): Pick<QueryResult, 'places' | 'entries' | 'routers'> {
    return { places: this.#places, entries: this.#entries, ...(this.#routers.size === 0 ? {} : { routers: [...this.#routers] }) }
  }
}

/** The bound that another step could pass. */
function boundOf({ looked, octets }: { readonly looked: number; readonly octets: number }, bounds: QueryBounds): QueryResult['endedBy'] {
  if (looked + STEP > bounds.reads) return 'reads'
  // Each may bring the router entry of another author along.
  return octets + 2 * STEP * MAX_ENCODED_ENTRY > bounds.octets ? 'octets' : undefined
}

function fittingPlace({ open }: QuerySource, query: DitexQuery, encoded: Uint8Array, plan: ReturnType<typeof planQuery>): EntryPlace | undefined {
  const { author, incarnation, entry } = open(encoded)
  const { kind, key, scope, epoch, seq, body } = entry
  const place = { author, incarnation, kind, key, scope, epoch, seq }
  return fitsPlan(place, query, plan) && (query.where ?? []).every((condition) => fulfils(condition, body)) ? place : undefined
}

function encodeArrivalCursor(query: DitexQuery, { instance, counts }: ArrivalCursor): string {
  return Buffer.from(encode([VERSION, instance, ...counts, fingerprint(query)])).toString('base64url')
}

/** @throws InvalidInputError where it is no cursor, or one of another question */
function decodeArrivalCursor(query: DitexQuery, cursor: string): ArrivalCursor {
  const [version, instance, ...rest] = partsOf(cursor)
  const counts = rest.slice(0, LOG_SCOPES.length)
  const print = rest[LOG_SCOPES.length]
  if (version !== VERSION || !(instance instanceof Uint8Array) || instance.length !== INSTANCE_LENGTH || !(print instanceof Uint8Array))
    throw unusable('is not a cursor of such an answer')
  if (!counts.every((count): count is number => Number.isSafeInteger(count) && (count as number) >= 0)) throw unusable('is not a cursor of such an answer')
  if (!fingerprint(query).equals(print)) throw unusable('belongs to another question')
  return { instance, counts }
}

function partsOf(cursor: string): readonly unknown[] {
  try {
    const value: unknown = decode(Buffer.from(cursor, 'base64url'))
    if (Array.isArray(value)) return value
  } catch {
    /* said below */
  }
  throw unusable('is not a cursor of such an answer')
}

const unusable = (message: string): InvalidInputError =>
  new InvalidInputError({ source: 'query', field: 'cursor' }, message, {
    remedy: 'Ask again without a cursor; what came meanwhile is in the answer to the same question without `arrived`.'
  })
