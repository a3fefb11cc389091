import { hash } from 'node:crypto'
import { Listeners } from '@srwan/interface'
import { seededRandom } from '@srwan/clock'
import { HeadTries } from '../../src/trie/head-tries.ts'
import { authorOfKey } from '../../src/entry/author-name.ts'
import type { AuthorRoster, LogHead, LogPlace, LogScope, PeerIdText } from '@srwan/interface'
import type { OfferOutcome, ReplicaEvents } from '../../src/replica/replica.ts'
import type { SyncSessionComponents } from '../../src/sync/sync-session-types.ts'

const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']
const NETWORK = 'test'

/** Logs without signatures and forks, for measuring what an exchange of 100,000 authors costs: the entries are of the given size and chained, nothing more. */
export class LightReplica {
  readonly network = NETWORK
  readonly instance: Uint8Array
  readonly events = new Listeners<ReplicaEvents>()
  readonly #logs = new Map<string, { readonly place: LogPlace; readonly entries: Uint8Array[]; readonly hashes: Uint8Array[] }>()
  readonly #byEpoch = new Map<number, Map<LogScope, Map<PeerIdText, string>>>()
  readonly #epoch: number

  constructor(init: { readonly seed: number; readonly epoch: number }) {
    this.instance = seededRandom(init.seed).bytes(16)
    this.#epoch = init.epoch
  }

  readonly on: LightReplicaEvents['on'] = (name, listener) => {
    this.events.on(name, listener)
  }
  readonly off: LightReplicaEvents['off'] = (name, listener) => {
    this.events.off(name, listener)
  }
  readonly currentEpoch = (): number => this.#epoch
  readonly epochs = (): readonly number[] => [...this.#byEpoch.keys()].sort((a, b) => a - b)

  readonly offer = (encoded: readonly Uint8Array[]): Promise<readonly OfferOutcome[]> => {
    const changed = new Map<string, LogPlace>()
    const outcomes = encoded.map((entry): OfferOutcome => this.#join(entry, changed))
    for (const place of changed.values()) this.events.emit('head', this.head(place) as LogHead)
    return Promise.resolve(outcomes)
  }
  readonly offerForkProof = (): Promise<OfferOutcome> => Promise.resolve({ outcome: 'known' })
  readonly forkProof = (): Promise<undefined> => Promise.resolve(undefined)
  readonly entry = (): Promise<undefined> => Promise.resolve(undefined)

  readonly head = (place: LogPlace): LogHead | undefined => {
    const log = this.#logs.get(keyOf(place))
    const last = log?.hashes.at(-1)
    return log === undefined || last === undefined ? undefined : { ...log.place, incarnation: 0, seq: log.entries.length - 1, hash: last }
  }
  readonly heads = (scope: LogScope, epoch: number): readonly LogHead[] =>
    [...(this.#byEpoch.get(epoch)?.get(scope)?.keys() ?? [])].map((author) => this.head({ scope, epoch, author }) as LogHead)
  readonly entries = (place: LogPlace, from = 0, limit = 256): Promise<readonly Uint8Array[]> =>
    Promise.resolve(this.#logs.get(keyOf(place))?.entries.slice(from, from + limit) ?? [])

  #join(encoded: Uint8Array, changed: Map<string, LogPlace>): OfferOutcome {
    const place = placeOf(encoded)
    const key = keyOf(place)
    const log = this.#logs.get(key) ?? { place, entries: [], hashes: [] }
    const seq = encoded[38] ?? 0
    if (seq < log.entries.length) return { outcome: 'known' }
    if (seq > log.entries.length) return { outcome: 'early', place, missingFrom: log.entries.length }
    log.entries.push(Uint8Array.from(encoded))
    log.hashes.push(hash('sha256', encoded, 'buffer'))
    this.#logs.set(key, log)
    const scopes = this.#byEpoch.get(place.epoch) ?? new Map<LogScope, Map<PeerIdText, string>>()
    scopes.set(place.scope, (scopes.get(place.scope) ?? new Map<PeerIdText, string>()).set(place.author, key))
    this.#byEpoch.set(place.epoch, scopes)
    changed.set(key, place)
    return { outcome: 'accepted' }
  }
}

type LightReplicaEvents = Listeners<ReplicaEvents>

const keyOf = ({ scope, epoch, author }: LogPlace): string => `${epoch}/${scope}/${author}`

const names = new Map<string, PeerIdText>()

function placeOf(encoded: Uint8Array): LogPlace {
  const data = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const key = data.toString('latin1', 0, 32)
  let author = names.get(key)
  if (author === undefined) names.set(key, (author = authorOfKey(data.subarray(0, 32))))
  return { author, epoch: data.readUInt32BE(33), scope: SCOPES[data[37] ?? 0] ?? 'global' }
}

/** An entry of this test's own form: key 32, incarnation 8, epoch 32, scope 8, seq 8, filling. */
export function lightEntry(authorKey: Uint8Array, at: { readonly epoch: number; readonly scope?: LogScope; readonly seq: number; readonly size?: number }): Uint8Array {
  const data = Buffer.alloc(at.size ?? 300, at.seq)
  data.set(authorKey, 0)
  data[32] = 0
  data.writeUInt32BE(at.epoch, 33)
  data[37] = SCOPES.indexOf(at.scope ?? 'global')
  data[38] = at.seq
  return Uint8Array.from(data)
}

/** Raw keys of authors, the same each time. */
export function authorKeys(count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => hash('sha256', Buffer.from(`author ${i}`), 'buffer'))
}

/** Everybody may write; positions are hashes of the peer ids; groups as told. */
export function openRoster(authors: readonly PeerIdText[], groupOf: (author: PeerIdText) => number | undefined = () => 0): AuthorRoster {
  const known = new Set(authors)
  const positions = new Map<PeerIdText, Uint8Array>()
  return {
    isAuthor: (author) => known.has(author),
    authors: () => authors,
    groupOf,
    position: (author) => {
      const position = positions.get(author) ?? hash('sha256', Buffer.from(author), 'buffer')
      positions.set(author, position)
      return position
    }
  }
}

/** What a session works on, over a light replica. */
export function lightSide(init: { readonly seed: number; readonly epoch: number; readonly roster: AuthorRoster }): {
  readonly replica: LightReplica
  readonly components: SyncSessionComponents
} {
  const replica = new LightReplica(init)
  const tries = new HeadTries({ replica, roster: init.roster })
  void tries.start()
  return { replica, components: { replica, tries, roster: init.roster } }
}
