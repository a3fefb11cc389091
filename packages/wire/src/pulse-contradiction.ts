import { decodePulse } from './pulse-codec.ts'
import type { UnverifiedPulse } from './pulse-codec.ts'

/** Pulses within which a column number stands for one column: far more than 65,535 columns lie between two of one number, and none of these pulses renews more than some ten. */
const NUMBER_SPAN = 256

/**
 * Can two pulses not both be of an honest member? Either they have one counter and say different things, or, not far apart, they name two roots for one column. A function of the two alone; the signatures are for the caller to check.
 * A member that restarts has a higher descriptor number, so pulses of two of its lives never contradict.
 */
export function pulsesContradict({ pulse: one, unsigned }: UnverifiedPulse, { pulse: other, unsigned: otherUnsigned }: UnverifiedPulse): boolean {
  if (one.sender !== other.sender || one.descriptorNumber !== other.descriptorNumber) return false
  if (one.counter === other.counter) return Buffer.compare(unsigned, otherUnsigned) !== 0
  const isNear = Math.abs(one.counter - other.counter) < NUMBER_SPAN
  const isOneColumn = one.clockEpoch === other.clockEpoch && one.columnNumber === other.columnNumber && one.columnNumber !== 0
  return isNear && isOneColumn && Buffer.compare(one.root, other.root) !== 0
}

/** Two messages as they were published, taken apart where they contradict each other; `undefined` where they do not, or are no pulses. */
export function openContradiction(messages: readonly Uint8Array[]): readonly [UnverifiedPulse, UnverifiedPulse] | undefined {
  const [first, second] = messages
  if (first === undefined || second === undefined || messages.length !== 2) return undefined
  try {
    const pair = [decodePulse(first), decodePulse(second)] as const
    return pulsesContradict(...pair) ? pair : undefined
  } catch {
    return undefined
  }
}
