import { rosterFingerprint } from '@srwan/groups'
import { ms } from '@srwan/interface'
import type { MembershipView } from '../node.ts'
import type { RosterEntry } from './roster-entry.ts'
import type { IpPrefix, Member, PeerIdText, Roster } from '@srwan/interface'

/**
 * The members in the order of their SIDs, and the 24 bits by which two nodes see that they agree on it: the first of SHA-256 over the SIDs, 8 octets each.
 * A prefix that two certificates give counts for the one issued first only.
 */
export function rosterOf(entries: readonly RosterEntry[]): Roster {
  const owners = prefixOwners(entries)
  const members = entries.map((entry): Member => ({ ...entry.member, prefixes: entry.member.prefixes.filter((prefix) => owners.get(prefix) === entry.member.peerId) }))
  members.sort((a, b) => (a.sid < b.sid ? -1 : 1))
  return { members, fingerprint: rosterFingerprint(members.map(({ sid }) => sid)) }
}

/** Are there prefixes that two certificates give? */
export function hasPrefixConflict(entries: readonly RosterEntry[]): boolean {
  return prefixOwners(entries).size < entries.reduce((count, entry) => count + new Set(entry.member.prefixes).size, 0)
}

/** For people. */
export function membershipViews(entries: readonly RosterEntry[]): readonly MembershipView[] {
  return entries.map(({ member: { peerId, sid, name }, membership, record }) => ({
    peerId,
    sid,
    name,
    serial: membership.serial,
    registeredAt: ms(record.registeredAt),
    notAfter: membership.notAfter
  }))
}

function prefixOwners(entries: readonly RosterEntry[]): ReadonlyMap<IpPrefix, PeerIdText> {
  const owners = new Map<IpPrefix, PeerIdText>()
  const byAge = [...entries].sort((a, b) => a.membership.issuedAt - b.membership.issuedAt || (a.member.peerId < b.member.peerId ? -1 : 1))
  for (const { member } of byAge) {
    for (const prefix of member.prefixes) {
      if (!owners.has(prefix)) owners.set(prefix, member.peerId)
    }
  }
  return owners
}
