import { ms } from '@srwan/interface'
import type { Groups } from '@srwan/groups'
import type { Clock, Logger, Timer } from '@srwan/interface'
import type { StateFile } from '../state-file.ts'

/** Largest file of states: what is archived of them, and their lengths. */
export const MAX_STATES_FILE = 16 * 1024 * 1024
/** After a step of the chain; several of them come together when a node catches up. */
const SAVE_DELAY = ms(2000)
const LENGTH = 4

/** What keeping the states takes. */
export interface KeptStatesComponents {
  readonly groups: Pick<Groups, 'resume' | 'statesFrom'>
  readonly file: StateFile
  readonly clock: Clock
  readonly logger: Logger
}

/** The groups of the last epochs over restarts: a node comes back into the group that it was in, and goes on proving the epochs that it could prove. */
export class KeptStates {
  readonly #components: KeptStatesComponents
  #timer: Timer | undefined

  constructor(components: KeptStatesComponents) {
    this.#components = components
  }

  /** Never rejects: what cannot be read, peers give again. */
  async load(): Promise<void> {
    const { groups, file, logger } = this.#components
    try {
      const octets = await file.load()
      if (octets !== undefined) groups.resume(split(octets))
    } catch (error) {
      logger.warn('the groups of the life before cannot be read; others are asked for them', { error })
    }
  }

  /** There is a new state. */
  schedule(): void {
    this.#timer ??= this.#components.clock.setTimeout(() => {
      this.#timer = undefined
      void this.#save()
    }, SAVE_DELAY)
  }

  async stop(): Promise<void> {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    await this.#save()
  }

  async #save(): Promise<void> {
    const { groups, file, logger } = this.#components
    const parts = groups.statesFrom(0).flatMap(({ encoded }) => [lengthOf(encoded), encoded])
    await file.save(Buffer.concat(parts)).catch((error: unknown) => {
      logger.warn('the groups cannot be written', { error })
    })
  }
}

function lengthOf(encoded: Uint8Array): Uint8Array {
  const length = Buffer.alloc(LENGTH)
  length.writeUInt32BE(encoded.length)
  return length
}

/** What is cut off at the end was not written whole. */
function split(octets: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength)
  const parts: Uint8Array[] = []
  let at = 0
  while (at + LENGTH <= octets.length) {
    const end = at + LENGTH + view.getUint32(at)
    if (end > octets.length) break
    parts.push(octets.slice(at + LENGTH, end))
    at = end
  }
  return parts
}
