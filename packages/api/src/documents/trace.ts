import { z } from 'zod'
import { routerName, schemaVersion, segmentList, sidText } from './common.ts'

/** Most probes that one request sends to each hop. */
export const MAX_TRACE_COUNT = 100

const roundTrip = z.object({ min: z.number(), median: z.number(), max: z.number() }).nullable().describe('null where all were lost')

const hop = z.object({
  sid: sidText,
  forward: segmentList.describe('The path traced, up to this hop'),
  reverse: segmentList.describe('How the answers came back: the same hops in reverse order, or directly where that way gave no answer'),
  roundTripMs: roundTrip,
  lossRatio: z.number(),
  incrementMs: z
    .number()
    .nullable()
    .describe('Median round trip minus that of the hop before: what this segment adds, both directions; null where one is lost or came back another way'),
  matrixMs: z
    .object({ there: z.number().nullable(), back: z.number().nullable() })
    .describe('One-way delays of this segment in the delay matrix, clock offsets estimated and removed; null where unknown')
})
/** One hop of a trace. */
export type TraceHop = z.output<typeof hop>

/** Sealed probes to every hop of a path, and over the whole of it. */
export const traceDocument = z.object({
  schemaVersion,
  destination: routerName.extend({ overlayAddress: z.string() }),
  color: z.string(),
  path: z.object({ forward: segmentList, reverse: segmentList }).describe('The lists whose whole round trip stands below'),
  inUse: z.boolean().describe('false: the path was given by the caller'),
  names: z.record(z.string(), z.string()).describe('SID → name of every router above'),
  count: z.number().describe('Probes to each hop'),
  hops: z.array(hop).min(1),
  roundTripMs: roundTrip,
  lossRatio: z.number()
})
/** See {@link traceDocument}. */
export type TraceDocument = z.output<typeof traceDocument>
