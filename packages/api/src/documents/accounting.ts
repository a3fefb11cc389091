import { z } from 'zod'
import { schemaVersion, segmentList, sidText } from './common.ts'

/** Octets of one direction each; forward is from the ingress of a session to its egress. */
export const octetsByDirection = z.object({ forwardOctets: z.number(), reverseOctets: z.number() })

const pathEntry = z.object({
  direction: z.enum(['forward', 'reverse']),
  segments: segmentList,
  sentOctets: z.number().describe('By this node, where it is the head of the list'),
  confirmedOctets: z.number().describe('Of those, what the egress has echoed'),
  receivedOctets: z.number().describe('By this node, where it is the end of the list')
})

/** What the node has carried, for whom, and what was carried for it. */
export const accountingDocument = z.object({
  schemaVersion,
  self: sidText,
  names: z.record(z.string(), z.string()).describe('Name of each SID that has one'),
  totals: z.object({ ingress: octetsByDirection, transit: octetsByDirection, egress: octetsByDirection }).describe('By role of this node; cumulative over restarts'),
  carried: z.array(octetsByDirection.extend({ member: sidText })).describe('As transit, by the member that had it carried'),
  hops: z
    .array(
      z.object({
        hop: sidText,
        egress: sidText,
        sentOctets: z.number().describe('Forward, over lists with this hop'),
        confirmedOctets: z.number().describe('Of those, what the egress has echoed'),
        receivedOctets: z.number().describe('Reverse, over lists with this hop'),
        lossRatio: z.number().nullable().describe('Share of what was sent that is not confirmed; what is under way is in it')
      })
    )
    .describe('Relays of the sessions that this node opened'),
  sessions: z
    .array(
      octetsByDirection.extend({
        run: z.string().describe('Start of the datapath; with `instance` the name of the session for good'),
        instance: z.number(),
        session: z.number(),
        role: z.enum(['ingress', 'transit', 'egress']),
        ingress: sidText,
        egress: sidText,
        ended: z.boolean(),
        seenAt: z.string().describe('When the ledger last looked at it, RFC 3339'),
        paths: z.array(pathEntry).describe('At the two ends')
      })
    )
    .describe('The 1,000 that were seen last, at most 24 h ago; the sums above are over all')
})
/** See {@link accountingDocument}. */
export type AccountingDocument = z.output<typeof accountingDocument>
