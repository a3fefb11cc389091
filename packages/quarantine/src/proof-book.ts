import { ms } from '@srwan/interface'
import type { Milliseconds, PeerIdText, Sid } from '@srwan/interface'
import { TWO_COLUMNS_TEXT, isTwoColumns, provenByTwoColumns } from './two-columns.ts'
import type { VerifyOfRouter } from './two-columns.ts'

/** What proofs are read from, and how they are checked. */
export interface ProofBookInit {
  readonly networkId: string
  readonly epoch: Milliseconds
  readonly verify: VerifyOfRouter
}

/** An entry that may be a proof. */
interface Shown {
  readonly author: PeerIdText
  readonly epoch: number
  readonly body: unknown
}

/** One proven misdeed. */
export interface Proven {
  readonly router: Sid
  /** Begin of the epoch in which it was first shown. */
  readonly since: Milliseconds
  readonly reason: string
}

/** What entries prove by themselves: checked by everybody alike, whoever wrote them. Each body is checked once. */
export class ProofBook {
  readonly #init: ProofBookInit
  readonly #checked = new WeakMap<object, Sid | 'nothing'>()
  #malformed = 0

  constructor(init: ProofBookInit) {
    this.#init = init
  }

  /** Bodies that said to be a proof and are none. */
  malformed(): number {
    return this.#malformed
  }

  /** @param shown - the order does not matter @returns each router once, with the first that showed it */
  proven(shown: Iterable<Shown>): readonly Proven[] {
    const first = new Map<Sid, number>()
    for (const { epoch, body } of shown) {
      const router = isTwoColumns(body) ? this.#check(body as object) : undefined
      if (router !== undefined) first.set(router, Math.min(epoch, first.get(router) ?? epoch))
    }
    return [...first].map(([router, epoch]) => ({ router, since: ms(epoch * this.#init.epoch), reason: TWO_COLUMNS_TEXT }))
  }

  #check(body: object): Sid | undefined {
    const known = this.#checked.get(body)
    if (known !== undefined) return known === 'nothing' ? undefined : known
    const router = provenByTwoColumns(body, this.#init.networkId, this.#init.verify)
    // Whom this node does not know yet, it may know later.
    if (router === 'unknown') return undefined
    if (router === undefined) this.#malformed++
    this.#checked.set(body, router ?? 'nothing')
    return router
  }
}
