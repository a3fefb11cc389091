import { parseDuration, parsePercentage, parseRate } from '@srwan/config'
import { InvalidInputError } from '@srwan/interface'
import { definedFields } from './link-parameters.ts'
import type { LinkChange } from './link-parameters.ts'

/** Flags of `testnet link` as they were typed. */
export interface LinkFlags {
  readonly delay?: string
  readonly jitter?: string
  readonly loss?: string
  readonly rate?: string
  readonly up?: boolean
  readonly down?: boolean
}

/** Longest delay that the emulator holds a packet. */
const MAX_DELAY_MS = 60_000

function read<T extends number>(
  flag: string,
  text: string | undefined,
  rule: { parse: (text: string) => T | undefined; most: number; expected: string; least?: number }
): T | undefined {
  if (text === undefined) return undefined
  const value = rule.parse(text)
  if (value === undefined || value < (rule.least ?? 0) || value > rule.most)
    throw new InvalidInputError({ source: flag }, `expected ${rule.expected}; found ${JSON.stringify(text.slice(0, 40))}`)
  return value
}

/**
 * What the flags change.
 *
 * @throws InvalidInputError naming the flag, also where nothing changes or --up and --down are both there
 */
export function linkChangeOf(flags: LinkFlags): LinkChange {
  const duration = { parse: parseDuration, most: MAX_DELAY_MS, expected: 'a duration with its unit from 0ms to 60s, such as 45ms' }
  if (flags.up === true && flags.down === true) throw new InvalidInputError({ source: '--up' }, 'expected --up or --down, not both')
  const change = definedFields({
    delay: read('--delay', flags.delay, duration),
    jitter: read('--jitter', flags.jitter, duration),
    loss: read('--loss', flags.loss, { parse: parsePercentage, most: 1, expected: 'a percentage from 0% to 100%' }),
    rate: read('--rate', flags.rate, { parse: parseRate, least: 1, most: 1e12, expected: 'a rate with its unit above 0, such as 100mbit' }),
    up: flags.up === true ? true : flags.down === true ? false : undefined
  })
  if (Object.keys(change).length === 0)
    throw new InvalidInputError({ source: '--delay' }, 'nothing to change: expected at least one of --delay, --jitter, --loss, --rate, --down, --up')
  return change
}
