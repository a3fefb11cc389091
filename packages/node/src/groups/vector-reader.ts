import { anchoredVectors, swapLandmarks } from '@srwan/groups'
import { readDigestBody } from '@srwan/wire'
import type { AnchoredDigest, AnchoredVectors, Groups, Landmarks } from '@srwan/groups'
import type { DitexReplication } from '@srwan/ditex'
import type { Logger, PeerIdText, SignedEntry, Sid } from '@srwan/interface'

/** Epochs whose round trips are remembered. */
const MAX_EPOCHS = 4
const DIGEST_KIND = 'digest'

/** What reads the round trips that anchored digests state. */
export interface VectorReaderComponents {
  readonly groups: Pick<Groups, 'standing' | 'stateAt'>
  readonly replication: Pick<DitexReplication, 'beacons' | 'covered'>
  readonly sidOf: (peerId: PeerIdText) => Sid
  /** Something that was asked for is read. */
  readonly onRead: (epoch: number) => void
  readonly logger: Logger
}

interface Reading {
  /** Hash of the state whose groups it was read for. */
  readonly of: string
  result: { readonly vectors: AnchoredVectors; readonly swaps: Landmarks | undefined } | undefined
}

/** Round trips of routers to the landmarks, out of the digests of anchored epochs; each is read once, when it is first asked for. */
export class VectorReader {
  readonly #components: VectorReaderComponents
  readonly #readings = new Map<number, Reading>()

  constructor(components: VectorReaderComponents) {
    this.#components = components
  }

  /** @returns `reading` until `onRead`; `undefined` where the epoch had no groups that this node knows, and so no reporters */
  at(epoch: number): { readonly vectors: AnchoredVectors; readonly swaps: Landmarks | undefined } | 'reading' | undefined {
    const { groups, replication } = this.#components
    const standing = groups.standing(epoch)
    const beacon = standing === undefined ? undefined : replication.beacons.beacon(standing.stateEpoch)
    if (standing === undefined || beacon === undefined) return undefined
    const of = Buffer.from(groups.stateAt(standing.stateEpoch)?.hash ?? []).toString('hex')
    const known = this.#readings.get(epoch)
    if (known?.of === of) return known.result ?? 'reading'
    const reading: Reading = { of, result: undefined }
    this.#readings.set(epoch, reading)
    for (const oldest of [...this.#readings.keys()].sort((a, b) => a - b)) {
      if (this.#readings.size <= MAX_EPOCHS || oldest === epoch) break
      this.#readings.delete(oldest)
    }
    this.#read(epoch, [...standing.groups.values()].flat())
      .then((digests) => {
        const vectors = anchoredVectors(digests, standing, { beacon, sidOf: this.#components.sidOf })
        reading.result = { vectors, swaps: swapLandmarks(vectors) }
        this.#components.onRead(epoch)
      })
      .catch((error: unknown) => {
        this.#components.logger.error('the groups cannot go on from the round trips that are anchored', { epoch, error })
      })
    return 'reading'
  }

  /** The digests that the anchored root covers; what cannot be read is not there, and shows as another root. */
  async #read(epoch: number, authors: readonly PeerIdText[]): Promise<readonly AnchoredDigest[]> {
    const { replication, logger } = this.#components
    const digests: AnchoredDigest[] = []
    for (const author of [...authors].sort()) {
      const covered = await replication.covered({ scope: 'global', epoch, author }).catch((error: unknown) => {
        logger.warn('entries of an anchored epoch cannot be read', { epoch, error })
        return []
      })
      digests.push(...digestsOf(author, covered))
    }
    return digests
  }
}

/** The last one of each group. */
function digestsOf(author: PeerIdText, entries: readonly SignedEntry[]): readonly AnchoredDigest[] {
  const byGroup = new Map<string, AnchoredDigest | undefined>()
  for (const { entry } of entries) if (entry.kind === DIGEST_KIND) byGroup.set(entry.key, digestOf(author, entry.key, entry.body))
  return [...byGroup.values()].filter((digest) => digest !== undefined)
}

/** Anybody may write anything: what is no digest says nothing. */
function digestOf(author: PeerIdText, key: string, body: unknown): AnchoredDigest | undefined {
  try {
    const { members, landmarks, vectors } = readDigestBody(body)
    return { author, group: Number(key), members, landmarks, vectors }
  } catch {
    return undefined
  }
}
