import { decode, encode } from '@ipld/dag-cbor'
import { peerIdText, sid } from '@srwan/interface'
import type { LogEntry, LogScope, PeerIdText, Sid } from '@srwan/interface'
import { fieldOf } from '../../src/query/condition.ts'
import { compareLogs, comparePlaces } from '../../src/query/view-reader.ts'
import { priceOf } from '../../src/view/offer-record.ts'
import type { QuerySource } from '../../src/query/execute-query.ts'
import type { RouterFacts } from '../../src/query/place.ts'
import type { LivePlace, ViewReader } from '../../src/query/view-reader.ts'

/** What a test says of an entry. */
export interface Written {
  readonly author: PeerIdText
  readonly kind: string
  readonly key: string
  readonly scope?: LogScope
  readonly epoch: number
  readonly seq: number
  readonly ttl?: number
  readonly body: unknown
}

/** A name that looks like a peer id; its SID is its number. */
export const authorAt = (index: number): PeerIdText => peerIdText(`12D3KooW${'ABCDEFGHJKLMNPQRSTUVWXYZ'[index % 24]?.repeat(44) ?? ''}`)
export const sidAt = (index: number): Sid => sid(index.toString(16).padStart(16, '0'))

/** A reference view: keeps everything in one list and sorts it for each question. Routers have `router` entries besides, which only whoever asks for one author's sees. */
export function memoryView(written: readonly Written[], routers: readonly RouterFacts[], epoch: number): QuerySource & { reads: number } {
  const places = written.map(({ scope = 'global', ttl = 10, ...rest }): LivePlace & { readonly body: unknown } => ({ ...rest, scope, ttl, incarnation: 0 }))
  const described = routers.map(({ peerId: author, sid: _sid, ...body }): LivePlace & { readonly body: unknown } => {
    return { author, kind: 'router', key: '', scope: 'global', epoch, seq: 255, incarnation: 0, ttl: 10, body }
  })
  const encodedOf = (place: (typeof places)[number]): Uint8Array => encode(place)
  const find = (wanted: LivePlace): (typeof places)[number] | undefined =>
    [...places, ...described].find(({ author, scope, epoch, seq }) => author === wanted.author && scope === wanted.scope && epoch === wanted.epoch && seq === wanted.seq)
  const winners = (): LivePlace[] => {
    const best = new Map<string, LivePlace & { readonly body: unknown }>()
    for (const place of places) {
      const name = JSON.stringify([place.author, place.kind, place.key])
      const held = best.get(name)
      if (place.epoch + place.ttl > epoch && (held === undefined || place.epoch > held.epoch || (place.epoch === held.epoch && place.seq > held.seq))) best.set(name, place)
    }
    return [...best.values()].filter(({ body }) => body !== null).sort(comparePlaces)
  }
  const source = { reads: 0 }
  const reader: ViewReader = {
    epoch: () => epoch,
    kinds: () => [...new Set(winners().map(({ kind }) => kind))].sort(),
    live: ({ kind, fromKey, author }) => {
      if (kind === 'router' && author !== undefined && fromKey === '') return described.filter((one) => one.author === author)
      return winners().filter((one) => one.kind === kind && one.key >= fromKey && (author === undefined || one.author === author))
    },
    read: async (wanted) => {
      source.reads += wanted.length
      return wanted.map((one) => {
        const place = find(one)
        return place === undefined ? undefined : encodedOf(place)
      })
    },
    logs: ({ since, until, from }) => {
      const logs = new Map(places.map(({ author, scope, epoch }) => [JSON.stringify([author, scope, epoch]), { author, scope, epoch }]))
      return [...logs.values()].filter((log) => log.epoch >= since && log.epoch <= until && (from === undefined || compareLogs(log, from) >= 0)).sort(compareLogs)
    },
    log: async (log, fromSeq, limit) =>
      places
        .filter((one) => compareLogs(one, log) === 0 && one.seq >= fromSeq)
        .sort((a, b) => a.seq - b.seq)
        .slice(0, limit)
        .map(encodedOf),
    find: async () => ({ scanned: 0 }),
    arrived: async () => undefined,
    authorsIn: ({ country, city, asn }) =>
      routers
        .filter(
          (one) =>
            (country === undefined || one.country === country) && (city === undefined || one.city?.toLowerCase() === city.toLowerCase()) && (asn === undefined || one.asn === asn)
        )
        .map(({ peerId }) => peerId),
    author: (name) => routers.find(({ sid, peerId }) => sid === name || peerId === name)?.peerId,
    routers: () => routers,
    offers: (from, to, most) => {
      const named = (place: LivePlace): Record<string, unknown> => (place as LivePlace & { readonly body: Record<string, unknown> }).body
      const price = (place: LivePlace): number => priceOf(named(place)['price'] as number) ?? Number.NaN
      const offers = winners()
        .filter((place) => place.kind === 'listing' && price(place) >= 0 && from.has(String(named(place)['from'])) && to.has(String(named(place)['to'])))
        .sort((a, b) => price(a) - price(b))
      return { looked: Math.min(from.size * to.size, most), complete: true, offers }
    }
  }
  return Object.assign(source, {
    reader,
    open: (encoded: Uint8Array) => {
      const { author, incarnation, ...rest } = decode<Record<string, unknown>>(encoded) as unknown as { author: PeerIdText; incarnation: number } & Omit<LogEntry, 'prev'>
      return { author, incarnation, entry: { ...rest, prev: undefined } }
    },
    field: (encoded: Uint8Array, field: readonly string[]) => fieldOf(decode<{ readonly body: unknown }>(encoded).body, field),
    epochLength: 1000 as QuerySource['epochLength']
  })
}
