import { z } from 'zod'
import { routerName, schemaVersion, sidText } from './common.ts'

const cells = z.array(z.array(z.number().nullable()))

/** The delay matrix as one node sees it: row = sender, column = receiver; null on the diagonal and where unknown. The delay as measured is null where stale (older than 3 pulse intervals) too; all else then still holds what was last known. */
export const matrixDocument = z.object({
  schemaVersion,
  group: z.object({ id: z.string(), size: z.number(), fingerprint: z.number().describe('Of the roster: two nodes agree on indexes where these agree') }),
  self: sidText.describe('The node that answers'),
  pulseIntervalMs: z.number(),
  routers: z.array(routerName),
  oneWayDelayMs: cells.describe('Clock offsets included: only path sums between one pair of ends compare'),
  estimatedOneWayDelayMs: cells.describe("Clock offsets fitted and removed, taking the two directions of a router's pairs as alike on average"),
  loss: cells.describe('One-way loss ratio, 0 to 1'),
  ipdvMs: cells.describe('Inter-packet delay variation, mean of absolute values'),
  ageMs: cells.describe('Since the cell was sampled')
})
/** See {@link matrixDocument}. */
export type MatrixDocument = z.output<typeof matrixDocument>
