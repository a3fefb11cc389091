import { z } from 'zod'
import { routerName, schemaVersion, segmentList } from './common.ts'

/** Most probes of one request. */
export const MAX_PING_COUNT = 100

/** Sealed end-to-end probes over the active pair of paths. */
export const pingDocument = z.object({
  schemaVersion,
  destination: routerName.extend({ overlayAddress: z.string() }),
  color: z.string(),
  path: z.object({ forward: segmentList, reverse: segmentList }),
  names: z.record(z.string(), z.string()).describe('SID → name of every router on the path'),
  probes: z.array(z.object({ sequence: z.number(), roundTripMs: z.number().nullable().describe('null: lost') })),
  roundTripMs: z.object({ min: z.number(), avg: z.number(), max: z.number() }).nullable().describe('null where all were lost'),
  lossRatio: z.number()
})
/** See {@link pingDocument}. */
export type PingDocument = z.output<typeof pingDocument>
