import { LimitExceededError } from '@srwan/interface'
import { CHECKPOINT_KIND, MAX_INCARNATION, MAX_SEQ, RETENTION_EPOCHS } from '../entry/bounds.ts'
import { signEntry } from '../entry/entry-signing.ts'
import { checkpointBody } from './checkpoint-body.ts'
import type { LogHead, LogScope, Signer } from '@srwan/interface'
import type { SealedEntry } from '../entry/entry-signing.ts'
import type { Replica } from '../replica/replica.ts'
import type { Statement } from './author.ts'

/** The next entries of one of the node's own logs, made on top of what its replica holds. */
export class OwnLogTail {
  /** Everything signed so far, the checkpoint included. */
  readonly sealed: SealedEntry[] = []
  readonly #signer: Signer
  readonly #replica: Replica
  readonly #scope: LogScope
  readonly #epoch: number
  readonly #incarnation: number
  #seq = 0
  #prev: Uint8Array | undefined

  /** @throws LimitExceededError where the key has no incarnation left */
  constructor(signer: Signer, replica: Replica, at: { readonly scope: LogScope; readonly epoch: number; readonly incarnation: number }) {
    this.#signer = signer
    this.#replica = replica
    this.#scope = at.scope
    this.#epoch = at.epoch
    const head = replica.head({ scope: at.scope, epoch: at.epoch, author: signer.peerId })
    this.#incarnation = incarnationOf(head, at.incarnation)
    if (this.#incarnation > MAX_INCARNATION) throw new LimitExceededError('this key has lost its entries too often; the node needs a new one')
    if (head === undefined || head.incarnation !== this.#incarnation || head.seq < 0) return
    this.#seq = head.seq + 1
    this.#prev = head.hash
  }

  /** @throws MalformedMessageError, LimitExceededError: this one is not written, those after it may be */
  async add(statement: Statement): Promise<SealedEntry> {
    if (this.#seq === 0) {
      const body = await checkpointBody(this.#replica, this.#signer.peerId, this.#scope, { epoch: this.#epoch, incarnation: this.#incarnation })
      await this.#sign({ kind: CHECKPOINT_KIND, key: '', ttl: RETENTION_EPOCHS, body })
    }
    if (this.#seq > MAX_SEQ) throw new LimitExceededError(`the ${this.#scope} log of this epoch is full`)
    return this.#sign(statement)
  }

  async #sign({ kind, key, ttl, body }: Omit<Statement, 'scope'>): Promise<SealedEntry> {
    const entry = { scope: this.#scope, epoch: this.#epoch, seq: this.#seq, prev: this.#prev, kind, key, ttl, body }
    const sealed = await signEntry(this.#signer, this.#replica.network, this.#incarnation, entry)
    this.sealed.push(sealed)
    this.#seq++
    this.#prev = sealed.signed.hash
    return sealed
  }
}

/** A forked log ends: the next incarnation goes on. */
function incarnationOf(head: LogHead | undefined, least: number): number {
  if (head === undefined) return least
  return Math.max(least, head.forkedAt === undefined ? head.incarnation : head.incarnation + 1)
}
