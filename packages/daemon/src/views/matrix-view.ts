import { SCHEMA_VERSION } from '@srwan/api'
import type { MatrixDocument } from '@srwan/api'
import type { DelayCell, Milliseconds } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { fitOffsets, removeOffsets } from '../offset-fit.ts'
import { geoOf, groupOf, orNull, routerOf } from './routers.ts'

type Grid = (number | null)[][]

/** @param pulseInterval - of the network; cells older than three are stale */
export function matrixOf (node: Node, pulseInterval: Milliseconds): MatrixDocument {
  const matrix = node.matrix()
  const now = node.clock.now()
  const members = new Map(node.roster().members.map((member) => [member.sid, member]))
  const grid = (value: (cell: DelayCell, i: number, j: number) => number | undefined): Grid =>
    matrix.sids.map((_, i) => matrix.sids.map((__, j) => {
      const cell = i === j ? undefined : matrix.cells[i]?.[j]
      return cell === undefined ? null : orNull(value(cell, i, j))
    }))
  const self = matrix.sids.indexOf(node.self.sid)
  const atOnce = grid((cell, i, j) => cell.oneWayDelay === undefined ? undefined : cell.oneWayDelay / 1000 + (now - cell.sampledAt) * ((matrix.rates[j] ?? 0) - (matrix.rates[i] ?? 0)) * 1e-6)
  const estimated = self < 0 ? atOnce.map((row) => row.map(() => null)) : removeOffsets(atOnce, fitOffsets(atOnce, self))
  return {
    schemaVersion: SCHEMA_VERSION,
    group: { ...groupOf(node), fingerprint: node.roster().fingerprint },
    self: node.self.sid,
    pulseIntervalMs: pulseInterval,
    routers: matrix.sids.map((sid) => {
      const member = members.get(sid)
      if (member !== undefined) return routerOf(member)
      return sid === node.self.sid ? { sid, peerId: node.self.peerId, name: node.self.name, geo: geoOf(node.self.geo) } : { sid, peerId: sid }
    }),
    oneWayDelayMs: grid((cell) => cell.oneWayDelay === undefined ? undefined : cell.oneWayDelay / 1000),
    estimatedOneWayDelayMs: estimated.map((row) => row.map((cell) => orNull(cell ?? undefined))),
    loss: grid((cell) => cell.loss),
    ipdvMs: grid((cell) => cell.ipdv === undefined ? undefined : cell.ipdv / 1000),
    ageMs: grid((cell) => Math.max(0, now - cell.sampledAt))
  }
}
