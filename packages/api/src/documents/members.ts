import { z } from 'zod'
import { geoIsp, peerIdBase58, schemaVersion, sidText } from './common.ts'

/** The members that a node knows. */
export const membersDocument = z.object({
  schemaVersion,
  network: z.string(),
  source: z.enum(['daemon', 'files']).describe('files: the daemon is not running, only what the home holds is known'),
  members: z.array(
    z.object({
      name: z.string(),
      peerId: peerIdBase58,
      sid: sidText,
      overlayAddress: z.string(),
      prefixes: z.array(z.string()),
      geo: geoIsp.optional(),
      roles: z.array(z.string()).optional(),
      endpoints: z.array(z.string()).optional().describe('Underlay addresses of its datapath'),
      validUntil: z.string().optional().describe('End of the membership, ISO 8601'),
      self: z.boolean()
    })
  ),
  revoked: z.array(z.object({ peerId: peerIdBase58, name: z.string().optional() }))
})
/** See {@link membersDocument}. */
export type MembersDocument = z.output<typeof membersDocument>
