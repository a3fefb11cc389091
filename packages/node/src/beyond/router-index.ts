import type { GroupMap, Member, PeerDirectory, PeerIdText, Sid } from '@srwan/interface'

/** Everybody in the network by SID and by peer id; rebuilt when the directory's list is another. */
export class RouterIndex {
  readonly #directory: PeerDirectory
  readonly #groups: { readonly map: () => GroupMap }
  #members: readonly Member[] = []
  #bySid: ReadonlyMap<Sid, Member> = new Map()
  #byPeer: ReadonlyMap<PeerIdText, Member> = new Map()

  constructor(directory: PeerDirectory, groups: { readonly map: () => GroupMap }) {
    this.#directory = directory
    this.#groups = groups
  }

  all(): readonly Member[] {
    const members = this.#directory.members()
    if (members !== this.#members) {
      this.#members = members
      this.#bySid = new Map(members.map((member) => [member.sid, member]))
      this.#byPeer = new Map(members.map((member) => [member.peerId, member]))
    }
    return members
  }

  bySid(sid: Sid): Member | undefined {
    this.all()
    return this.#bySid.get(sid)
  }

  byPeer(peerId: PeerIdText): Member | undefined {
    this.all()
    return this.#byPeer.get(peerId)
  }

  /** As `byPeer`, and asks the network where this node does not know the router. */
  async find(peerId: PeerIdText): Promise<Member | undefined> {
    return this.byPeer(peerId) ?? (await this.#directory.find(peerId))
  }

  groupOf(peerId: PeerIdText): number | undefined {
    const map = this.#groups.map()
    return map.groupOf(peerId) ?? map.hostOf(peerId)
  }

  /** Members of the group of a router, itself left out. */
  companions(router: Member): readonly Member[] {
    const number = this.groupOf(router.peerId)
    const group = number === undefined ? undefined : this.#groups.map().group(number)
    return (group?.members ?? []).flatMap((peerId) => (peerId === router.peerId ? [] : (this.byPeer(peerId) ?? [])))
  }
}
