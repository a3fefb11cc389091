import type { Member, Roster, Sid } from '@srwan/interface'
import { MAX_REMEMBERED_ROSTERS } from './constants.ts'

/** Who stands where in the columns, now and in the last few rosters. */
export class RosterIndex {
  readonly self: Sid
  #members: ReadonlyMap<Sid, Member> = new Map()
  #sids: readonly Sid[] = []
  #fingerprint = 0
  readonly #remembered = new Map<number, readonly Sid[]>()

  constructor(self: Sid) {
    this.self = self
  }

  /** @returns whether anything that columns depend on changed */
  update(roster: Roster): boolean {
    const sids = roster.members.map((member) => member.sid)
    const changed = roster.fingerprint !== this.#fingerprint || sids.join() !== this.#sids.join()
    this.#members = new Map(roster.members.map((member) => [member.sid, member]))
    this.#sids = sids
    this.#fingerprint = roster.fingerprint
    this.#remembered.delete(roster.fingerprint)
    this.#remembered.set(roster.fingerprint, sids)
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= MAX_REMEMBERED_ROSTERS) break
      this.#remembered.delete(oldest)
    }
    return changed
  }

  get sids(): readonly Sid[] {
    return this.#sids
  }
  get fingerprint(): number {
    return this.#fingerprint
  }
  get size(): number {
    return this.#sids.length
  }
  /** Can this node publish a column? It needs a place of its own and somebody else. */
  get complete(): boolean {
    return this.#members.has(this.self) && this.#sids.length > 1
  }
  member(sid: Sid): Member | undefined {
    return this.#members.get(sid)
  }
  members(): Iterable<Member> {
    return this.#members.values()
  }

  /** Order of cells under a fingerprint, if this node has had that roster. */
  order(fingerprint: number): readonly Sid[] | undefined {
    return this.#remembered.get(fingerprint)
  }
}
