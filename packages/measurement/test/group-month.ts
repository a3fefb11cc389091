import { MAX_COLUMN_PART, ms } from '@srwan/interface'
import { Announcements, GOSSIP_MESH, datagramOnTheWire, gossipOnTheWire } from '@srwan/testing'
import { fullColumnLength } from '@srwan/wire'
import { fullColumnPeriod, pulsePeriod } from '../src/schedule.ts'
import type { OnTheWire } from '@srwan/testing'

/** What a member of a group sends for measurement. */
export type GroupPurpose = 'probes' | 'column parts' | 'full columns' | 'pulses' | 'pulse announcements'
export type GroupOctets = ReadonlyMap<GroupPurpose, OnTheWire>

const MONTH_SECONDS = 30 * 86_400
/** Head and tag of a pair-keyed packet, and what a probe says besides its column part. */
const PAIR_OVERHEAD = 40
const PROBE_FIXED = 32
/** A pulse without a column. */
const PULSE = 63 + 64
/** Copies of each message that a member passes on at most: to all of its mesh but the one that it has it from. */
const COPIES = GOSSIP_MESH.most - 1

/** Octets that one member sent, by purpose. */
export class GroupLedger {
  readonly #octets = new Map<GroupPurpose, OnTheWire>()
  readonly #announcements = new Announcements()

  /** @param part - octets of the column part, padding included */
  probe(part: number, times = 1): void {
    this.#add('probes', datagramOnTheWire(PAIR_OVERHEAD + PROBE_FIXED), times)
    this.#add('column parts', { content: part, heads: 0 }, times)
  }

  /** A full column, or a request for one. */
  datagram(length: number, times = 1): void {
    this.#add('full columns', datagramOnTheWire(PAIR_OVERHEAD + length), times)
  }

  /** A pulse that came or was made: it is passed on, and announced. @param now - ms */
  pulse(length: number, now: number, times = 1): void {
    this.#add('pulses', gossipOnTheWire(length), COPIES * times)
    this.#add('pulse announcements', this.#announcements.note(now), times)
  }

  all(): GroupOctets {
    return new Map(this.#octets)
  }

  #add(purpose: GroupPurpose, { content, heads }: OnTheWire, times: number): void {
    const before = this.#octets.get(purpose) ?? { content: 0, heads: 0 }
    this.#octets.set(purpose, { content: before.content + times * content, heads: before.heads + times * heads })
  }
}

/** What was sent between two readings, as if it went on for a month. */
export function monthBetween(before: GroupOctets, after: GroupOctets, seconds: number): GroupOctets {
  const scale = MONTH_SECONDS / seconds
  return new Map(
    [...after].map(([purpose, { content, heads }]) => {
      const { content: content0, heads: heads0 } = before.get(purpose) ?? { content: 0, heads: 0 }
      return [purpose, { content: (content - content0) * scale, heads: (heads - heads0) * scale }]
    })
  )
}

/**
 * What a member sends in a month by the periods alone while its group stays as it is, every message announced by itself. Columns out of turn and pulses about bad news come in bursts; where parts overflow all
 * the time, half as many columns more.
 *
 * @param replyPart - octets of the column part on a reply; requests are padded
 */
export function monthByPeriods({ size, interval, replyPart }: { readonly size: number; readonly interval: number; readonly replyPart: number }): GroupOctets {
  const ledger = new GroupLedger()
  const timesInMonth = (period: number): number => (MONTH_SECONDS * 1000) / period
  for (const part of [MAX_COLUMN_PART, replyPart]) ledger.probe(part, ((size - 1) / 2) * timesInMonth(interval))
  ledger.datagram(fullColumnLength(size), (size - 1) * timesInMonth(fullColumnPeriod(ms(interval), size)))
  ledger.pulse(PULSE, 0, size * timesInMonth(pulsePeriod(ms(interval), size)))
  return ledger.all()
}
