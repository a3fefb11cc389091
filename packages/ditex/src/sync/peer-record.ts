import type { Clock, PeerIdText } from '@srwan/interface'
import { ms } from '@srwan/interface'
import type { PeerCursor, SyncOutcome } from './sync-session-types.ts'

/** What a peer did that an honest one does not do. `broken`: broke the protocol or sent what is no entry · `withholds`: claims what it does not give · `never-agrees`: takes everything and still says something else. */
export type PeerFault = 'broken' | 'withholds' | 'never-agrees'

/** Peers remembered. */
const MAX_PEERS = 512
/** Exchanges in a row that fail in one way before it is a fault: entries come and go while two peers talk. */
const PATIENCE = 3
/** No exchange with a peer that was at fault: doubling from the first to the longest. */
const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 3_600_000
/** Two honest peers may differ for a while, each with another roster: then the pause stays short. */
const LONGEST_DOUBT = 300_000

interface PeerRecord {
  cursor: PeerCursor | undefined
  withheld: number
  disagreed: number
  faults: number
  pausedUntil: number
}

/** What is remembered of peers between exchanges: how far they were, and who wastes one's time. */
export class PeerRecords {
  readonly #clock: Pick<Clock, 'now'>
  readonly #onFault: (peer: PeerIdText, fault: PeerFault) => void
  readonly #records = new Map<PeerIdText, PeerRecord>()

  constructor(clock: Pick<Clock, 'now'>, onFault: (peer: PeerIdText, fault: PeerFault) => void) {
    this.#clock = clock
    this.#onFault = onFault
  }

  cursorOf(peer: PeerIdText): PeerCursor | undefined {
    return this.#records.get(peer)?.cursor
  }

  /** Is the peer left alone for a while? */
  isPaused(peer: PeerIdText): boolean {
    return (this.#records.get(peer)?.pausedUntil ?? 0) > this.#clock.now()
  }

  /** An exchange came to its end, or to some end. */
  note(peer: PeerIdText, outcome: SyncOutcome): void {
    const record = this.#recordOf(peer)
    // After a disagreement the cursor would hide what is missing: compare everything next time.
    record.cursor = outcome.equal ? outcome.cursor : undefined
    const held = holdback(outcome)
    record.withheld = held === 'withholds' ? record.withheld + 1 : 0
    record.disagreed = held === 'never-agrees' ? record.disagreed + 1 : 0
    if (record.withheld >= PATIENCE) this.fault(peer, 'withholds')
    else if (record.disagreed >= PATIENCE) this.fault(peer, 'never-agrees')
  }

  fault(peer: PeerIdText, fault: PeerFault): void {
    const record = this.#recordOf(peer)
    record.pausedUntil = this.#clock.now() + ms(Math.min(FIRST_PAUSE * 2 ** Math.min(record.faults, 20), fault === 'broken' ? LONGEST_PAUSE : LONGEST_DOUBT))
    record.faults++
    record.withheld = 0
    record.disagreed = 0
    this.#onFault(peer, fault)
  }

  #recordOf(peer: PeerIdText): PeerRecord {
    const known = this.#records.get(peer) ?? { cursor: undefined, withheld: 0, disagreed: 0, faults: 0, pausedUntil: 0 }
    this.#records.delete(peer)
    this.#records.set(peer, known)
    if (this.#records.size > MAX_PEERS) this.#records.delete(this.#records.keys().next().value ?? peer)
    return known
  }
}

/** What an exchange looks like that leaves two replicas apart; `undefined` where all is well, or where another roster explains it. */
function holdback({ complete, equal, accepted, known, refused, wanted, pushed }: SyncOutcome): Exclude<PeerFault, 'broken'> | undefined {
  if (!complete || equal) return undefined
  // It says that it has something else, and when all is said nothing has come.
  if (accepted + known + refused === 0 && (wanted > 0 || pushed === 0)) return 'withholds'
  return pushed > 0 && accepted + refused === 0 ? 'never-agrees' : undefined
}
