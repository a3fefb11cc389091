import { HASH_LENGTH, bitOf } from './merkle-hash.ts'
import type { AuthorRoster, LogScope, PeerIdText } from '@srwan/interface'

/** What two peers compare as one: the logs of one scope in one epoch; in the group's scope those of one group. */
export interface Shard {
  readonly scope: LogScope
  readonly epoch: number
  /** Of the group's scope only. */
  readonly group?: number
}

/** The scopes in the order of their numbers on the wire. */
export const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']

/** Is a position in the subtree of a group? Its number is that of the subtree, as in a heap. */
export function isUnder(position: Uint8Array, group: number): boolean {
  if (!Number.isSafeInteger(group) || group < 1) return false
  const path = group.toString(2).slice(1)
  return position.length === HASH_LENGTH && path.split('').every((bit, depth) => bitOf(position, depth) === Number(bit))
}

/** What two members have in common in one epoch: the group's scope only where both are in one group. */
export function sharedShards(roster: AuthorRoster, pair: readonly [PeerIdText, PeerIdText], epoch: number): readonly Shard[] {
  const group = sharedGroup(roster, pair, epoch)
  return SCOPES.flatMap((scope): readonly Shard[] => {
    if (scope !== 'group') return [{ scope, epoch }]
    return group === undefined ? [] : [{ scope, epoch, group }]
  })
}

function sharedGroup(roster: AuthorRoster, [a, b]: readonly [PeerIdText, PeerIdText], epoch: number): number | undefined {
  const group = roster.groupOf(a, epoch)
  return group !== undefined && roster.groupOf(b, epoch) === group ? group : undefined
}
