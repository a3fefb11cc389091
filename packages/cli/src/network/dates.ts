import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Milliseconds } from '@srwan/interface'
import { durationOption } from '../option-values.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * 86_400_000
/** Longest that a membership lasts and a line is good for. */
const MAX_VALID_MS = 20 * YEAR_MS
const MAX_EXPIRES_MS = YEAR_MS

/** Dates of a certificate that starts now. @throws InvalidInputError naming the flag */
export function validity(valid: unknown): { readonly now: Milliseconds; readonly issuedAt: Milliseconds; readonly notAfter: Milliseconds } {
  const now = systemClock().wallTime()
  return { now, issuedAt: now, notAfter: ms(now + durationOption('--valid', valid, { minimum: MINUTE_MS, maximum: MAX_VALID_MS })) }
}

/** @throws InvalidInputError naming the flag */
export const expiry = (now: Milliseconds, expires: unknown): Milliseconds => ms(now + durationOption('--expires', expires, { minimum: MINUTE_MS, maximum: MAX_EXPIRES_MS }))
