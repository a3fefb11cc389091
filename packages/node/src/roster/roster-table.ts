import { createHash } from 'node:crypto'
import { ROSTER_DIGEST_LENGTH } from '@srwan/wire'
import { BoundedUnion } from '@srwan/groups'
import { BaseError, MAX_NETWORK_MEMBERS, NotAuthorisedError } from '@srwan/interface'
import { isRevokedBy, verifyRevocation } from '@srwan/membership'
import { seenRouterOf } from './open-address.ts'
import { peekDescriptor, peerIdOfRouter, registeredEarlier, verifyRecord } from './roster-entry.ts'
import { rosterOf } from './roster-view.ts'
import type { RosterEntry } from './roster-entry.ts'
import type { RosterRecord } from '@srwan/wire'
import type { Milliseconds, PeerIdText, Roster } from '@srwan/interface'
import type { FullBound } from '@srwan/groups'
import type { NetworkAdmission, Revocation } from '@srwan/membership'

/** Most revocations kept; only the organisation can make them. */
export const MAX_REVOCATIONS = 1024
/** A wall clock may be this far ahead of ours in what others say of registrations. */
const CLOCK_TOLERANCE = 24 * 3600 * 1000

/** What became of a record: news are passed on, refusals said to whoever presents itself. */
export type RecordOutcome =
  /** `ousted`: who gave way, in an open network. */
  | { readonly kind: 'known' | 'news'; readonly peerId: PeerIdText; readonly ousted?: readonly PeerIdText[] }
  /** Open networks: it would count if its address were proven. */
  | { readonly kind: 'unproven'; readonly entry: RosterEntry }
  /** `conflict`: what we hold instead, to be told to the sender. `bounded`: the bounds of an open network. */
  | { readonly kind: 'refused'; readonly reason: string; readonly cause: 'invalid' | 'revoked' | 'conflict' | 'full' | 'bounded'; readonly holder?: PeerIdText }

/** How a record came. */
export interface RecordCourse {
  /** Does the peer present itself? */
  readonly direct: boolean
  /** Wall time. */
  readonly now: Milliseconds
  /** Open networks: is its key known to answer at the address that it names? */
  readonly proven?: boolean
}

const BOUNDED: Readonly<Record<FullBound, string>> = {
  network: 'its network (/24, or /48 for IPv6) has as many routers here as one may have',
  asn: 'its autonomous system has as many routers here as one may have',
  routers: 'the network is full'
}

/**
 * Who is a member: a set that converges to the same state at every node whatever the order of messages. Per peer the higher descriptor number wins;
 * where two peers took one invitation, share a SID, or are one too many, those registered first stay (ties: the smaller peer id). In an open network the bounds of the union of views say who is one too many, and only routers whose address is proven count.
 */
export class RosterTable {
  readonly #network: NetworkAdmission
  readonly #self: PeerIdText
  readonly #limit: number
  readonly #entries = new Map<PeerIdText, RosterEntry>()
  /** Who holds an invitation or a SID: a rival is found without a look at all members. */
  readonly #holders = new Map<string, PeerIdText>()
  readonly #revocations = new Map<string, { readonly bytes: Uint8Array; readonly revocation: Revocation }>()
  /** The bounds of an open network. */
  readonly #union: BoundedUnion | undefined
  #roster: Roster | undefined

  /** @param limit - members at most */
  constructor(network: NetworkAdmission, self: PeerIdText, limit = MAX_NETWORK_MEMBERS) {
    this.#network = network
    this.#self = self
    this.#limit = limit
    this.#union = network.organisation === undefined ? new BoundedUnion(network.id, { routers: limit }) : undefined
  }

  roster(): Roster {
    this.#roster ??= rosterOf([...this.#entries.values()])
    return this.#roster
  }

  entries(): readonly RosterEntry[] {
    return [...this.#entries.values()]
  }

  entry(peerId: PeerIdText): RosterEntry | undefined {
    return this.#entries.get(peerId)
  }

  revocations(): readonly Uint8Array[] {
    return [...this.#revocations.values()].sort((a, b) => a.revocation.number - b.revocation.number).map(({ bytes }) => bytes)
  }

  /** Over all members (who, number, registration) and revocations: equal at nodes that know the same. */
  digest(): Uint8Array {
    const hash = createHash('sha256')
    for (const { member, record } of [...this.#entries.values()].sort((a, b) => (a.member.sid < b.member.sid ? -1 : 1))) {
      hash.update(`${member.peerId} ${member.descriptor.number} ${record.registeredAt}\n`)
    }
    for (const key of [...this.#revocations.keys()].sort()) hash.update(key)
    return Uint8Array.from(hash.digest().subarray(0, ROSTER_DIGEST_LENGTH))
  }

  /**
   * Takes a record that a peer presents of itself (`direct`) or that a member passes on.
   *
   * @param how - a peer that presents itself is registered with the wall time
   */
  apply(record: RosterRecord, how: RecordCourse): RecordOutcome {
    try {
      const known = this.#entries.get(peerIdOfRouter(peekDescriptor(record.descriptor).router))
      const registeredAt = this.#registration(record, known, how)
      if (known !== undefined && this.#isNotNewer(record, known)) return this.#touch(known, registeredAt)
      const entry = verifyRecord(this.#network, { ...record, registeredAt }, how.now)
      return this.#admit(entry, known, how.proven === true)
    } catch (error) {
      if (error instanceof BaseError) return { kind: 'refused', cause: 'invalid', reason: error.message }
      throw error
    }
  }

  /** @returns the peers that it removed; `undefined` where it was known · @throws MalformedMessageError, NotAuthorisedError */
  revoke(bytes: Uint8Array): readonly PeerIdText[] | undefined {
    const key = createHash('sha256').update(bytes).digest('base64url')
    if (this.#revocations.has(key)) return undefined
    if (this.#network.organisation === undefined) throw new NotAuthorisedError('an open network has nobody who could revoke')
    const revocation = verifyRevocation(this.#network, bytes)
    if (this.#revocations.size >= MAX_REVOCATIONS) throw new NotAuthorisedError(`more than ${MAX_REVOCATIONS} revocations`)
    this.#revocations.set(key, { bytes: Uint8Array.from(bytes), revocation })
    return this.#removeWhere((entry) => isRevokedBy(entry.membership, revocation))
  }

  /** Removes members whose certificates are over; in an open network, descriptors: this node's own is renewed instead. @param now - wall time */
  expire(now: Milliseconds): readonly PeerIdText[] {
    return this.#removeWhere((entry) => entry.membership.notAfter <= now && !(this.#union !== undefined && entry.member.peerId === this.#self))
  }

  /** Forgets everybody else: what is left when this node is no member any more. */
  clearOthers(): void {
    for (const peerId of [...this.#entries.keys()]) this.#remove(peerId)
  }

  #removeWhere(gone: (entry: RosterEntry) => boolean): readonly PeerIdText[] {
    const removed = [...this.#entries.values()].filter(gone).map((entry) => entry.member.peerId)
    for (const peerId of removed) this.#remove(peerId)
    return removed
  }

  /** This node itself stays in its own view whatever others think of it: every index in the group refers to a roster that holds the own entry. */
  #remove(peerId: PeerIdText): void {
    if (peerId === this.#self) return
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return
    this.#release(entry)
    this.#union?.delete(peerId)
    this.#entries.delete(peerId)
    this.#roster = undefined
  }

  #set(entry: RosterEntry): RecordOutcome & { readonly kind: 'news' } {
    const before = this.#entries.get(entry.member.peerId)
    if (before !== undefined) this.#release(before)
    this.#entries.set(entry.member.peerId, entry)
    for (const claim of claimsOf(entry)) this.#holders.set(claim, entry.member.peerId)
    const seen = seenRouterOf(entry.member)
    if (seen !== undefined) this.#union?.set(seen)
    this.#roster = undefined
    return { kind: 'news', peerId: entry.member.peerId }
  }

  #release(entry: RosterEntry): void {
    for (const claim of claimsOf(entry)) if (this.#holders.get(claim) === entry.member.peerId) this.#holders.delete(claim)
  }

  #isNotNewer(record: RosterRecord, known: RosterEntry): boolean {
    return Buffer.from(record.membership).equals(known.record.membership) && peekDescriptor(record.descriptor).number <= known.member.descriptor.number
  }

  #registration(record: RosterRecord, known: RosterEntry | undefined, how: RecordCourse): number {
    if (how.direct) return known?.record.registeredAt ?? Math.round(how.now)
    const told = record.registeredAt > how.now + CLOCK_TOLERANCE ? Math.round(how.now) : record.registeredAt
    return Math.min(told, known?.record.registeredAt ?? told)
  }

  #touch(known: RosterEntry, registeredAt: number): RecordOutcome {
    if (registeredAt >= known.record.registeredAt) return { kind: 'known', peerId: known.member.peerId }
    return this.#set(registeredEarlier(known, registeredAt))
  }

  #admit(entry: RosterEntry, known: RosterEntry | undefined, proven: boolean): RecordOutcome {
    const { peerId } = entry.member
    const revoked = [...this.#revocations.values()].some(({ revocation }) => isRevokedBy(entry.membership, revocation))
    if (revoked) return { kind: 'refused', cause: 'revoked', reason: 'the membership has been revoked' }
    if (known !== undefined && known.member.descriptor.number > entry.member.descriptor.number) return { kind: 'known', peerId }
    if (known !== undefined && known.membership.issuedAt > entry.membership.issuedAt) return { kind: 'known', peerId }
    const { redeemBefore } = entry.membership
    if (redeemBefore !== undefined && peerId !== this.#self && entry.record.registeredAt > redeemBefore) {
      return { kind: 'refused', cause: 'invalid', reason: 'the invitation had expired when it was first used' }
    }
    if (this.#union !== undefined) return this.#admitBounded(this.#union, entry, { known, proven })
    return this.#settleRivalry(entry) ?? this.#settleSize(entry) ?? this.#set(entry)
  }

  /** Whoever would not fit is refused before anybody tries its address. */
  #admitBounded(union: BoundedUnion, entry: RosterEntry, how: { readonly known: RosterEntry | undefined; readonly proven: boolean }): RecordOutcome {
    if (entry.member.peerId === this.#self) return this.#settleRivalry(entry) ?? this.#set(entry)
    const seen = seenRouterOf(entry.member)
    if (seen === undefined) return { kind: 'refused', cause: 'invalid', reason: 'it names no address' }
    const fit = union.fit(seen, this.#self)
    if (!fit.fits) return { kind: 'refused', cause: 'bounded', reason: BOUNDED[fit.full] }
    if (!how.proven && !standsAt(how.known, seen.address)) return { kind: 'unproven', entry }
    return this.#settleRivalry(entry) ?? this.#setInsteadOf(entry, fit.ousted)
  }

  #setInsteadOf(entry: RosterEntry, ousted: readonly PeerIdText[]): RecordOutcome {
    for (const peerId of ousted) this.#remove(peerId)
    return { ...this.#set(entry), ousted }
  }

  /** @returns the refusal, or `undefined` after removing the rival that lost */
  #settleRivalry(entry: RosterEntry): RecordOutcome | undefined {
    for (const claim of claimsOf(entry)) {
      const rival = this.#entries.get(this.#holders.get(claim) ?? entry.member.peerId)
      if (rival === undefined || rival.member.peerId === entry.member.peerId) continue
      const sameInvitation = rival.membership.serial === entry.membership.serial
      if (isBefore(rival, entry) || rival.member.peerId === this.#self) {
        const reason = sameInvitation ? 'the invitation has already been used by another node' : 'another member has the same SID'
        return { kind: 'refused', cause: 'conflict', reason, holder: rival.member.peerId }
      }
      this.#remove(rival.member.peerId)
    }
    return undefined
  }

  #settleSize(entry: RosterEntry): RecordOutcome | undefined {
    if (this.#entries.has(entry.member.peerId) || this.#entries.size < this.#limit) return undefined
    const last = [...this.#entries.values()].reduce((a, b) => (isBefore(a, b) ? b : a))
    if (isBefore(last, entry) || last.member.peerId === this.#self) return { kind: 'refused', cause: 'full', reason: `the network is full: it has ${this.#limit} members` }
    this.#remove(last.member.peerId)
    return undefined
  }
}

/** Does a router count under this address already? */
function standsAt(known: RosterEntry | undefined, address: string): boolean {
  return known !== undefined && seenRouterOf(known.member)?.address === address
}

/** What only one member may have: the invitation that it used, and its SID. */
function claimsOf({ member, membership }: RosterEntry): readonly string[] {
  return [`serial ${membership.serial}`, `sid ${member.sid}`]
}

function isBefore(a: RosterEntry, b: RosterEntry): boolean {
  if (a.record.registeredAt !== b.record.registeredAt) return a.record.registeredAt < b.record.registeredAt
  return a.member.peerId < b.member.peerId
}
