import { z } from 'zod'

/** Version of every document; a change that breaks readers raises it. */
export const SCHEMA_VERSION = 1
export const schemaVersion = z.literal(SCHEMA_VERSION)
export const sidText = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .describe('Segment identifier, 16 hex digits')
export const peerIdBase58 = z.string().min(1).describe('libp2p peer id, base58')
export const segmentList = z.array(sidText).min(1).describe('Segment list, the egress last')
export const severity = z.enum(['error', 'warning', 'info'])

export const geoIsp = z.object({
  country: z.string().optional(),
  city: z.string().optional(),
  lat: z.number().optional(),
  lon: z.number().optional(),
  asn: z.number().optional()
})

/** A router as documents name it. */
export const routerName = z.object({
  sid: sidText,
  peerId: peerIdBase58,
  name: z.string().optional(),
  geo: geoIsp.optional()
})
/** See {@link routerName}. */
export type RouterName = z.output<typeof routerName>

/** What every failed request answers. */
export const errorDocument = z.object({
  schemaVersion,
  code: z.string().describe('Stable identifier, ERR_…'),
  message: z.string(),
  remedy: z.string().optional().describe('What the reader can do about it')
})
/** See {@link errorDocument}. */
export type ErrorDocument = z.output<typeof errorDocument>
