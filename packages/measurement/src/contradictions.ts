import { pulsesContradict } from '@srwan/wire'
import type { UnverifiedPulse } from '@srwan/wire'
import type { Sid } from '@srwan/interface'
import { MAX_CONTRADICTIONS, MAX_PULSE_SENDERS, MAX_REMEMBERED_PULSES } from './constants.ts'

/** Two signed pulses of one member that cannot both be honest; whoever has both can check. */
export interface PulseContradiction {
  readonly router: Sid
  /** As they were published, signatures included. */
  readonly messages: readonly [Uint8Array, Uint8Array]
}

interface Remembered {
  readonly opened: UnverifiedPulse
  readonly message: Uint8Array
}

/** The last pulses of each member that were taken, and the first contradiction of each. */
export class Contradictions {
  readonly #pulses = new Map<Sid, Remembered[]>()
  readonly #found = new Map<Sid, PulseContradiction>()

  /** The pulse that contradicts this one, where one is remembered and none was found of that member before. */
  against(opened: UnverifiedPulse): Uint8Array | undefined {
    const { sender } = opened.pulse
    if (this.#found.has(sender)) return undefined
    return this.#pulses.get(sender)?.find((one) => pulsesContradict(one.opened, opened))?.message
  }

  /** @param message - its signature has been checked */
  note(sender: Sid, messages: PulseContradiction['messages']): void {
    if (this.#found.size >= MAX_CONTRADICTIONS && !this.#found.has(sender)) this.#found.delete(this.#found.keys().next().value as Sid)
    this.#found.set(sender, { router: sender, messages })
  }

  /** @param opened - of a copy that nobody else changes */
  remember(opened: UnverifiedPulse, message: Uint8Array): void {
    const { sender } = opened.pulse
    const pulses = [...(this.#pulses.get(sender) ?? []), { opened, message }].slice(-MAX_REMEMBERED_PULSES)
    this.#pulses.delete(sender)
    this.#pulses.set(sender, pulses)
    for (const oldest of this.#pulses.keys()) {
      if (this.#pulses.size <= MAX_PULSE_SENDERS) break
      this.#pulses.delete(oldest)
    }
  }

  list(): readonly PulseContradiction[] {
    return [...this.#found.values()]
  }
}
