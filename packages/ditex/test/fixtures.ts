import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { MemoryEntryStore, authorOfKey, createReplica, signEntry } from '../src/index.ts'
import { keyOfAuthor } from '../src/entry/author-name.ts'
import { sha256 } from '../src/entry/parsed-entry.ts'
import type { AuthorRoster, LogEntry, LogScope, PeerIdText, Signer } from '@srwan/interface'
import type { VirtualClock } from '@srwan/clock'
import type { EntryStore, Replica, SealedEntry } from '../src/index.ts'

export const NETWORK = 'srwan-test'
export const EPOCH = 500_000
export const EPOCH_LENGTH = ms(3_600_000)

/** PKCS #8 head of a raw Ed25519 key (RFC 8410, section 7). */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key that signs at once. @param seed - 32 octets, where a run is to repeat */
export function createSigner(seed: Uint8Array = randomBytes(32)): Signer {
  const privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(12)
  const peerId = authorOfKey(raw)
  return { peerId, sid: sid(Buffer.from(sha256(raw)).toString('hex', 0, 8)), sign: (data) => Promise.resolve(sign(null, data, privateKey)) }
}

/** A roster that takes whoever is asked about, or those given. */
export function rosterOf(authors?: readonly PeerIdText[]): AuthorRoster {
  const named = authors === undefined ? undefined : new Set(authors)
  return {
    isAuthor: (author) => named?.has(author) ?? true,
    authors: () => authors ?? [],
    groupOf: () => 0,
    position: (author) => sha256(keyOfAuthor(author))
  }
}

const verdicts = new Map<string, boolean>()

/** Checks each signature once: properties offer the same entries again and again. */
function verifyOnce(key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  const name = Buffer.concat([key, signature, data]).toString('latin1')
  const verdict = verdicts.get(name) ?? verifyWith(key, data, signature)
  verdicts.set(name, verdict)
  return verdict
}

/** Wall time of the middle of an epoch. */
export function timeOf(epoch: number): number {
  return (epoch + 0.5) * EPOCH_LENGTH
}

export function clockAt(epoch = EPOCH): VirtualClock {
  return createVirtualClock({ wallStart: ms(timeOf(epoch)) })
}

export interface TestReplica {
  readonly replica: Replica
  readonly store: EntryStore
  readonly clock: VirtualClock
}

export async function startReplica(
  options: { readonly store?: EntryStore; readonly clock?: VirtualClock; readonly roster?: AuthorRoster; readonly seed?: number } = {}
): Promise<TestReplica> {
  const { store = new MemoryEntryStore(), clock = clockAt(), roster = rosterOf(), seed = 1 } = options
  const replica = newReplica(store, clock, { roster, seed })
  await replica.start()
  return { replica, store, clock }
}

/** A replica that is not started. */
export function newReplica(store: EntryStore, clock: VirtualClock, { roster = rosterOf(), seed = 1 }: { readonly roster?: AuthorRoster; readonly seed?: number } = {}): Replica {
  return createReplica({ clock, random: seededRandom(seed), logger: silentLogger(), roster, store, verify: verifyOnce }, { network: NETWORK, epochLength: EPOCH_LENGTH })
}

export interface LogInit {
  readonly scope?: LogScope
  readonly epoch?: number
  readonly incarnation?: number
  /** Entries to go on from. */
  readonly after?: readonly SealedEntry[]
}

/** A chain of entries by one signer: a checkpoint, then one for each of `says`. */
export async function writeLog(signer: Signer, says: readonly Partial<LogEntry>[], init: LogInit = {}): Promise<SealedEntry[]> {
  const { scope = 'global', epoch = EPOCH, incarnation = 0, after = [] } = init
  const log = [...after]
  const checkpoint: Partial<LogEntry> = { kind: 'checkpoint', key: '', ttl: 192, body: { live: new Uint8Array(32), count: 0, previous: null } }
  for (const said of log.length === 0 ? [checkpoint, ...says] : says) {
    const entry: LogEntry = { scope, epoch, seq: log.length, prev: log.at(-1)?.signed.hash, kind: 'listing', key: 'k', ttl: 10, body: null, ...said }
    log.push(await signEntry(signer, NETWORK, incarnation, entry))
  }
  return log
}

export function encodedOf(log: readonly SealedEntry[]): Uint8Array[] {
  return log.map(({ encoded }) => encoded)
}
