import { sid } from '@srwan/interface'
import type { SessionSnapshot, Sid } from '@srwan/interface'
import type { AccountedPath, AccountedSession, HopUse } from './accounts.ts'

/** Sums of sessions that were folded. */
export interface FoldedRecord {
  readonly role: SessionSnapshot['role']
  readonly ingress: Sid
  readonly egress: Sid
  readonly forwardOctets: number
  readonly reverseOctets: number
}

/** What a checkpoint holds. */
export interface LedgerState {
  readonly sessions: readonly AccountedSession[]
  readonly folded: readonly FoldedRecord[]
  readonly foldedHops: readonly HopUse[]
}

export const EMPTY_LEDGER: LedgerState = { sessions: [], folded: [], foldedHops: [] }

type Fields = Readonly<Record<string, unknown>>

/** @returns the state as checked values · @throws TypeError where anything is not what a ledger writes */
export function parseLedgerState(value: unknown): LedgerState {
  const fields = object(value)
  return {
    sessions: list(fields['sessions']).map(sessionOf),
    folded: list(fields['folded']).map((item) => ({ ...endsOf(item), ...octets(item, ['forwardOctets', 'reverseOctets']) })),
    foldedHops: list(fields['foldedHops']).map((item) => ({
      hop: sidOf(item['hop']),
      egress: sidOf(item['egress']),
      ...octets(item, ['sentOctets', 'confirmedOctets', 'receivedOctets'])
    }))
  }
}

function sessionOf(item: Fields): AccountedSession {
  return {
    run: text(item['run']),
    ...endsOf(item),
    ended: item['ended'] === true,
    ...octets(item, ['instance', 'session', 'seenAt', 'forwardOctets', 'reverseOctets']),
    paths: list(item['paths']).map(pathOf)
  }
}

function pathOf(item: Fields): AccountedPath {
  const direction = item['direction'] === 'reverse' ? 'reverse' : 'forward'
  if (!Array.isArray(item['segments'])) throw new TypeError('a path without segments')
  return { direction, segments: item['segments'].map(sidOf), ...octets(item, ['sentOctets', 'confirmedOctets', 'receivedOctets']) }
}

function endsOf(item: Fields): Pick<AccountedSession, 'role' | 'ingress' | 'egress'> {
  const role = item['role']
  if (role !== 'ingress' && role !== 'transit' && role !== 'egress') throw new TypeError('an unknown role')
  return { role, ingress: sidOf(item['ingress']), egress: sidOf(item['egress']) }
}

function octets<K extends string>(item: Fields, names: readonly K[]): Record<K, number> {
  const values = names.map((name) => {
    const value = item[name]
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name} is not a count`)
    return [name, value] as const
  })
  return Object.fromEntries(values) as Record<K, number>
}

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object')
  return value as Fields
}

function list(value: unknown): readonly Fields[] {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value.map(object)
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('not a text')
  return value
}

function sidOf(value: unknown): Sid {
  if (typeof value !== 'string' || !/^[0-9a-f]{16}$/.test(value)) throw new TypeError('not a SID')
  return sid(value)
}
