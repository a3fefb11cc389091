import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'

/** Near the end of an epoch, so that who waits for the end looks often. */
const WITHIN = 0.9
/** Certificates are issued by the real calendar, which must not overtake this one. */
const AHEAD = 100

/** The machine's clock with a calendar whose epochs pass when the test says so: a slow machine makes nothing late. */
export interface SteppedClock extends Clock {
  readonly epoch: () => number
  readonly enterNext: () => void
}

/** @param length - of an epoch, ms @param first - number of the epoch that it begins in @default some that come soon */
export function steppedClock(length: number, first?: number): SteppedClock {
  let epoch = first ?? Math.floor(Date.now() / length) + AHEAD
  return {
    ...systemClock(),
    wallTime: () => ms((epoch + WITHIN) * length),
    epoch: () => epoch,
    enterNext: () => {
      epoch++
    }
  }
}
