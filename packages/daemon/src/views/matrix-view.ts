import { SCHEMA_VERSION } from '@srwan/api'
import type { MatrixDocument } from '@srwan/api'
import type { DelayCell, DelayMatrix, Milliseconds } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { fitOffsets, removeOffsets } from '../offset-fit.ts'
import { geoOf, groupOf, orNull, routerOf } from './routers.ts'

type Grid = (number | null)[][]

function gridOf(matrix: DelayMatrix, value: (cell: DelayCell, i: number, j: number) => number | undefined): Grid {
  return matrix.sids.map((_, i) =>
    matrix.sids.map((__, j) => {
      const cell = i === j ? undefined : matrix.cells[i]?.[j]
      return cell === undefined ? null : orNull(value(cell, i, j))
    })
  )
}

const delayMs = (cell: DelayCell): number | undefined => (cell.oneWayDelay === undefined ? undefined : cell.oneWayDelay / 1000)

/** @param pulseInterval - of the network; cells older than three are stale: unknown as measured, but still estimated, for people who see the age */
export function matrixOf(node: Node, pulseInterval: Milliseconds): MatrixDocument {
  const known = node.lastKnownMatrix()
  const now = node.clock.now()
  const self = known.sids.indexOf(node.self.sid)
  const atOnce = gridOf(known, (cell, i, j) => {
    const delay = delayMs(cell)
    return delay === undefined ? undefined : delay + (now - cell.sampledAt) * ((known.rates[j] ?? 0) - (known.rates[i] ?? 0)) * 1e-6
  })
  const estimated = self < 0 ? atOnce.map((row) => row.map(() => null)) : removeOffsets(atOnce, fitOffsets(atOnce, self))
  return {
    schemaVersion: SCHEMA_VERSION,
    group: { ...groupOf(node), fingerprint: node.group().roster.fingerprint },
    self: node.self.sid,
    pulseIntervalMs: pulseInterval,
    routers: routersOf(node, known),
    oneWayDelayMs: gridOf(node.matrix(), delayMs),
    estimatedOneWayDelayMs: estimated.map((row) => row.map((cell) => orNull(cell ?? undefined))),
    loss: gridOf(known, (cell) => cell.loss),
    ipdvMs: gridOf(known, (cell) => (cell.ipdv === undefined ? undefined : cell.ipdv / 1000)),
    ageMs: gridOf(known, (cell) => Math.max(0, now - cell.sampledAt))
  }
}

function routersOf(node: Node, { sids }: DelayMatrix): MatrixDocument['routers'] {
  const members = new Map(node.roster().members.map((member) => [member.sid, member]))
  return sids.map((sid) => {
    const member = members.get(sid)
    if (member !== undefined) return routerOf(member)
    return sid === node.self.sid ? { sid, peerId: node.self.peerId, name: node.self.name, geo: geoOf(node.self.geo) } : { sid, peerId: sid }
  })
}
