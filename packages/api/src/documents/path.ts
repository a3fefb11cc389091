import { z } from 'zod'
import { routerName, schemaVersion, segmentList } from './common.ts'

const listed = z.object({
  segments: segmentList,
  oneWayDelayMs: z.number().optional().describe('Sum of matrix cells, clock offsets included: compares between paths of the same two ends only')
})

const candidate = z.object({
  segments: segmentList,
  cost: z.number().nullable().describe('Milliseconds of one-way delay more (+) or less (−) than the default path; null where its probes were lost'),
  reason: z.string().describe('default, active, standby, not-better, below-threshold, waiting, held-down, unreachable or estimate')
})
/** One candidate path as a document lists it. */
export type CandidateEntry = z.output<typeof candidate>

const direction = z.object({
  active: listed,
  standby: listed.nullable(),
  default: listed,
  candidates: z.array(candidate)
})

/** Which path is used to a destination, and why. The top level is the way there; `reverse` the way back. */
export const pathDocument = z.object({
  schemaVersion,
  destination: routerName.extend({ overlayAddress: z.string() }),
  color: z.string(),
  active: listed.extend({ since: z.string().describe('When the active pair of paths last changed, ISO 8601') }),
  standby: listed.nullable(),
  default: listed,
  candidates: z.array(candidate),
  reverse: direction,
  roundTripMs: z.object({ active: z.number().nullable(), default: z.number().nullable() }).describe('Measured end to end; null where lost'),
  improvementMs: z.number().nullable().describe('Default round trip minus that of the active paths; null where one of them was lost'),
  decidedAgoMs: z.number(),
  explanation: z.string().describe('One sentence that says why'),
  names: z.record(z.string(), z.string()).describe('SID → name of every router above')
})
/** See {@link pathDocument}. */
export type PathDocument = z.output<typeof pathDocument>
