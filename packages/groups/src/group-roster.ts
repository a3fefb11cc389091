import { createHash } from 'node:crypto'
import type { Member, PeerIdText, Roster, Sid } from '@srwan/interface'

/** The 24 bits by which two nodes see that they agree on a roster: the first of SHA-256 over the SIDs, 8 octets each. @param sids - sorted */
export function rosterFingerprint(sids: readonly Sid[]): number {
  return createHash('sha256')
    .update(Buffer.from(sids.join(''), 'hex'))
    .digest()
    .readUIntBE(0, 3)
}

/** The members of a roster that `isIn` says, in the same order, with their own fingerprint. */
export function rosterPart(roster: Roster, isIn: (peerId: PeerIdText) => boolean): Roster {
  const members = roster.members.filter(({ peerId }: Member) => isIn(peerId))
  return { members, fingerprint: rosterFingerprint(members.map(({ sid }) => sid)) }
}
