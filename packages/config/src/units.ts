import { z } from 'zod'
import type { Milliseconds, PartsPerMillion, Quantity, Ratio } from '@srwan/interface'

/** A data rate; 1 kbit is 1,000 bits. */
export type BitsPerSecond = Quantity<'bit/s'>

const DURATION_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const RATE_BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }
const RATIO: Readonly<Record<string, number>> = { '%': 0.01 }
const PPM: Readonly<Record<string, number>> = { ppm: 1, ppb: 0.001 }

/**
 * Reads a number with its unit.
 *
 * @param text - e.g. `250ms`, `-1.5s`, `100mbit`
 * @returns the value in the unit whose factor is 1; `undefined` where text is no such quantity
 */
function quantity(text: string, factors: Readonly<Record<string, number>>): number | undefined {
  const match = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+))\s*([a-z%]+)$/i.exec(text.trim())
  const factor = match === null ? undefined : factors[(match[2] as string).toLowerCase()]
  if (match === null || factor === undefined) return undefined
  const value = Number(match[1]) * factor
  return Number.isFinite(value) ? value : undefined
}

/** `250ms`, `10s`, `1.5h`, `7d` → milliseconds; `undefined` where text is no duration. A sign is read too. */
export const parseDuration = (text: string): Milliseconds | undefined => quantity(text, DURATION_MS) as Milliseconds | undefined

/** `100mbit`, `1gbit` → bits per second; `undefined` where text is no rate. */
export const parseRate = (text: string): BitsPerSecond | undefined => quantity(text, RATE_BITS) as BitsPerSecond | undefined

/** `1%`, `0.1%` → parts in one; `undefined` where text is no percentage. */
export const parsePercentage = (text: string): Ratio | undefined => quantity(text, RATIO) as Ratio | undefined

/** `50ppm`, `-20ppm` → parts per million; `undefined` where text is no such ratio. */
export const parsePpm = (text: string): PartsPerMillion | undefined => quantity(text, PPM) as PartsPerMillion | undefined

/** The largest unit that leaves a whole number: 10_000 → `10s`, 250 → `250ms`, 0.05 → `50us`. */
export function formatDuration(value: Milliseconds): string {
  for (const suffix of ['d', 'h', 'm', 's'] as const) {
    if (value !== 0 && Number.isInteger(value / (DURATION_MS[suffix] as number))) return `${value / (DURATION_MS[suffix] as number)}${suffix}`
  }
  return Math.abs(value) >= 1 || value === 0 ? `${value}ms` : `${value * 1000}us`
}

interface QuantityRule<T> {
  readonly parse: (text: string) => T | undefined
  readonly pattern: RegExp
  readonly expected: string
  readonly minimum?: number
  readonly maximum?: number
}

function quantitySchema<T extends number>(rule: QuantityRule<T>): z.ZodType<T, string> {
  const schema = z
    .string({ error: rule.expected })
    .regex(rule.pattern, { error: rule.expected })
    .transform((text, context): T => {
      const value = rule.parse(text)
      if (value === undefined || value < (rule.minimum ?? -Infinity) || value > (rule.maximum ?? Infinity)) {
        context.addIssue({ code: 'custom', message: rule.expected, input: text })
        return z.NEVER
      }
      return value
    })
  return schema as unknown as z.ZodType<T, string>
}

/** What a quantity may be, both ends included; in the schema's own unit. */
export interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

const DURATION_PATTERN = /^\s*[+-]?(\d+(\.\d+)?|\.\d+)\s*(us|ms|s|m|min|h|d)\s*$/i

function bounds(range: Range, format: (value: number) => string): string {
  const parts = [range.minimum === undefined ? '' : `at least ${format(range.minimum)}`, range.maximum === undefined ? '' : `at most ${format(range.maximum)}`]
  const text = parts.filter((part) => part !== '').join(' and ')
  return text === '' ? '' : `, ${text}`
}

/** A duration with its unit → milliseconds. @param range - in ms; without it ≥ 0 */
export function duration(range: Range = {}): z.ZodType<Milliseconds, string> {
  const limits = { minimum: 0, ...range }
  const shown = bounds(range, (value) => formatDuration(value as Milliseconds))
  return quantitySchema({ parse: parseDuration, pattern: DURATION_PATTERN, expected: `expected a duration with its unit such as 250ms, 10s or 1h${shown}`, ...limits })
}

/** A duration that may be negative, such as a clock offset → milliseconds. */
export const signedDuration = (): z.ZodType<Milliseconds, string> =>
  quantitySchema({ parse: parseDuration, pattern: DURATION_PATTERN, expected: 'expected a duration with its unit such as 250ms, -3600s or 1h' })

/** A data rate with its unit, above 0 → bits per second. */
export const rate = (): z.ZodType<BitsPerSecond, string> =>
  quantitySchema({
    parse: parseRate,
    pattern: /^\s*(\d+(\.\d+)?)\s*(bit|kbit|mbit|gbit)\s*$/i,
    minimum: 1,
    expected: 'expected a rate with its unit such as 100mbit or 1gbit, above 0'
  })

/** A percentage from 0% to 100% → parts in one. */
export const percentage = (): z.ZodType<Ratio, string> =>
  quantitySchema({ parse: parsePercentage, pattern: /^\s*\d+(\.\d+)?\s*%\s*$/, minimum: 0, maximum: 1, expected: 'expected a percentage such as 0.1% or 30%, from 0% to 100%' })

/** The rate of one clock against another, within ± 1000ppm → parts per million. */
export const clockDrift = (): z.ZodType<PartsPerMillion, string> =>
  quantitySchema({
    parse: parsePpm,
    pattern: /^\s*[+-]?\d+(\.\d+)?\s*(ppm|ppb)\s*$/i,
    minimum: -1000,
    maximum: 1000,
    expected: 'expected a clock drift with its unit such as 50ppm or -20ppm, within ±1000ppm'
  })
