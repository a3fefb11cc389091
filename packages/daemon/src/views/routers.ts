import type { RouterName } from '@srwan/api'
import { COLORS } from '@srwan/interface'
import type { GeoIsp, Member, Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'

/** Keeps only the fields that are set. */
export function geoOf(geo: GeoIsp): NonNullable<RouterName['geo']> {
  return Object.fromEntries(Object.entries(geo).filter(([, value]) => value !== undefined))
}

export const routerOf = (member: Member): RouterName => ({ sid: member.sid, peerId: member.peerId, name: member.name, geo: geoOf(member.descriptor.geo) })

/** SID → name of the routers that stand in the given segment lists. */
export function namesOf(node: Node, lists: readonly (readonly Sid[])[]): Record<string, string> {
  const members = new Map(node.roster().members.map((member) => [member.sid, member.name]))
  members.set(node.self.sid, node.self.name)
  return Object.fromEntries([...new Set(lists.flat())].map((sid) => [sid, members.get(sid) ?? sid]))
}

/** Milliseconds with at most three decimals: nothing below 1 µs is measured. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000
export const orNull = (value: number | undefined): number | null => (value === undefined ? null : rounded(value))

/** The own group: 1 is the whole network, greater numbers are parts of it. */
export function groupOf(node: Node): { id: string; size: number } {
  const { number, roster } = node.group()
  return { id: `${node.networkId}/${number}`, size: roster.members.length }
}

/** Name of a wire number; the number itself where it has none. */
export const colorName = (color: number): string => Object.entries(COLORS).find(([, number]) => number === color)?.[0] ?? String(color)
