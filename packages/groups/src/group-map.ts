import { LeafFinder } from './splits.ts'
import type { GroupState } from './group-state.ts'
import type { Group, GroupMap, PeerIdText } from '@srwan/interface'

class ComputedGroupMap implements GroupMap {
  readonly groups: readonly Group[]
  readonly #byNumber: ReadonlyMap<number, Group>
  readonly #byMember: ReadonlyMap<PeerIdText, number>
  readonly #hosts: ReadonlyMap<PeerIdText, number>

  constructor(state: GroupState) {
    const finder = new LeafFinder(state.splits)
    const members = finder.leaves.map((): PeerIdText[] => [])
    const byMember = new Map<PeerIdText, number>()
    for (const { peerId, key } of state.routers) {
      const index = finder.indexOf(key)
      members[index]?.push(peerId)
      byMember.set(peerId, finder.leaves[index] as number)
    }
    const hosted = state.guests.filter(({ host }) => host !== 0)
    const guests = new Map<number, PeerIdText[]>()
    for (const { peerId, host } of hosted) guests.set(host, [...(guests.get(host) ?? []), peerId])
    this.groups = finder.leaves.map((number, i) => ({ number, members: members[i] ?? [], guests: guests.get(number) ?? [] }))
    this.#byNumber = new Map(this.groups.map((group) => [group.number, group]))
    this.#byMember = byMember
    this.#hosts = new Map(hosted.map(({ peerId, host }) => [peerId, host]))
  }

  group(number: number): Group | undefined {
    return this.#byNumber.get(number)
  }
  groupOf(peerId: PeerIdText): number | undefined {
    return this.#byMember.get(peerId)
  }
  hostOf(guest: PeerIdText): number | undefined {
    return this.#hosts.get(guest)
  }
}

/** The groups of a state: every router is in exactly one, a guest in none but measured by at most one. */
export function groupsOf(state: GroupState): GroupMap {
  return new ComputedGroupMap(state)
}
