import { ms } from '@srwan/interface'
import type { Clock, Datapath, Logger, Milliseconds, Startable, Timer } from '@srwan/interface'
import type { Accounts } from './accounts.ts'
import { createCheckpointFile } from './checkpoint-file.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import { Ledger } from './ledger.ts'
import type { LedgerState } from './ledger-state.ts'

/** Time between two checkpoints while something changes. */
const CHECKPOINT_INTERVAL = ms(10_000)

/** What the accountant works with. */
export interface AccountantComponents {
  readonly datapath: Pick<Datapath, 'sessions' | 'takeEndedSessions' | 'publicKey'>
  readonly clock: Clock
  readonly logger: Logger
}

/** How the accountant works. */
export interface AccountantInit {
  /** The ledger's file; `undefined` keeps it in memory. */
  readonly file?: string | undefined
  /** @default 10_000 ms */
  readonly checkpointInterval?: Milliseconds
}

/**
 * Reads the datapath's counts, keeps them, and writes them down. Start it before the datapath and stop it after, so that the last counts of sessions
 * which end with it are in.
 */
export interface Accountant extends Startable {
  /** With the datapath's counts up to now. */
  accounts: () => Accounts
}

/** The ledger of one datapath. */
export function createAccountant(components: AccountantComponents, init: AccountantInit = {}): Accountant {
  return new LedgerKeeper(components, init)
}

/** What is worth a checkpoint: that a session was looked at again is not. */
const contentOf = (state: LedgerState): string => JSON.stringify(state, (key, value: unknown) => (key === 'seenAt' ? undefined : value))

class LedgerKeeper implements Accountant {
  readonly #components: AccountantComponents
  readonly #file: CheckpointFile | undefined
  readonly #interval: Milliseconds
  /** A datapath draws its key at every start: it names the run. */
  readonly #run: string
  #ledger = new Ledger()
  #timer: Timer | undefined
  #written = ''
  /** One write at a time. */
  #writing: Promise<void> = Promise.resolve()

  constructor(components: AccountantComponents, { file, checkpointInterval = CHECKPOINT_INTERVAL }: AccountantInit) {
    this.#components = components
    this.#interval = checkpointInterval
    this.#file = file === undefined ? undefined : createCheckpointFile(file, components.logger)
    this.#run = Buffer.from(components.datapath.publicKey).toString('hex').slice(0, 16)
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.#timer !== undefined) return
    if (this.#file !== undefined) this.#ledger = new Ledger(await this.#file.load())
    signal?.throwIfAborted()
    this.#written = contentOf(this.#ledger.state())
    this.#timer = this.#components.clock.setInterval(() => {
      void this.#checkpoint()
    }, this.#interval)
  }

  async stop(): Promise<void> {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    await this.#checkpoint()
  }

  accounts(): Accounts {
    this.#collect()
    return this.#ledger.accounts()
  }

  /** A session that ends between the two reads is in the second. */
  #collect(): void {
    const { datapath, clock } = this.#components
    const now = clock.wallTime()
    this.#ledger.take(this.#run, datapath.sessions(), now, false)
    this.#ledger.take(this.#run, datapath.takeEndedSessions(), now, true)
    this.#ledger.fold(now)
  }

  #checkpoint(): Promise<void> {
    this.#collect()
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    if (this.#file === undefined) return
    const state = this.#ledger.state()
    const text = contentOf(state)
    if (text === this.#written) return
    try {
      await this.#file.save(state)
      this.#written = text
    } catch (error) {
      this.#components.logger.error('the ledger cannot be written: what is counted now would be lost with this process', { error })
    }
  }
}
