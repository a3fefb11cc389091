import { z } from 'zod'
import { peerIdBase58, schemaVersion, sidText } from './common.ts'

/** Most peers that are asked the same question to find omissions. */
export const MAX_QUERIED_PEERS = 16

const octets = z.string().regex(/^[A-Za-z0-9_-]*$/)
const scope = z.enum(['global', 'group', 'evidence'])
const epochNumber = z.int().min(0).max(0xffff_ffff)
const wallTime = z.int().min(0).max(16_725_225_600_000)
const place = z.union([
  z.strictObject({ router: z.string().min(1).max(128).describe('SID, peer id or name; else a city') }),
  z.strictObject({ city: z.string().min(1).max(128) }),
  z.strictObject({ country: z.string().regex(/^[A-Za-z]{2}$/) }),
  z.strictObject({ asn: z.int().min(0).max(0xffff_ffff) })
])

/** A question to the exchange; everything given must hold. */
export const ditexQuery = z.strictObject({
  kind: z.string().min(1).max(32).optional(),
  key: z.string().max(128).optional(),
  keyPrefix: z.string().max(128).optional(),
  author: z.string().max(64).optional().describe('SID or peer id'),
  country: z.string().length(2).optional().describe('Of the author, by its router entry; ISO 3166 alpha-2'),
  city: z.string().min(1).max(128).optional(),
  asn: z.int().min(0).max(0xffff_ffff).optional(),
  sinceEpoch: epochNumber.optional(),
  untilEpoch: epochNumber.optional(),
  sinceMs: wallTime.optional().describe('Milliseconds since 1970'),
  untilMs: wallTime.optional().describe('Milliseconds since 1970'),
  where: z
    .array(
      z.strictObject({
        field: z.array(z.string().min(1).max(64)).min(1).max(8).describe('Names from the body inwards'),
        operator: z.enum(['=', '!=', '<', '<=', '>', '>=', '~']),
        value: z.union([z.string().max(256), z.number(), z.boolean(), z.null()])
      })
    )
    .max(8)
    .optional(),
  bestOf: z
    .strictObject({ from: place, to: place, by: z.enum(['delay', 'price']) })
    .optional()
    .describe('The best offers or segments between two places'),
  cid: z.string().max(128).optional().describe('The one entry with this CID'),
  arrived: z.boolean().optional().describe('What the asked peer takes, in order of arrival; each page says where the next begins'),
  history: z.boolean().optional().describe('Everything held instead of what is live'),
  at: epochNumber.optional().describe('Epoch at which entries count as live'),
  group: z.int().min(0).max(0xffff_ffff).optional().describe('Whose shard of group scope is meant'),
  limit: z.int().min(1).max(1000).optional(),
  cursor: z.string().max(512).optional()
})
/** See {@link ditexQuery}. */
export type DitexQueryBody = z.output<typeof ditexQuery>

/** A signed entry; what is shown comes out of `bytes`. */
export const ditexEntry = z.object({
  author: peerIdBase58,
  sid: sidText,
  scope,
  epoch: z.number(),
  incarnation: z.number(),
  seq: z.number(),
  kind: z.string(),
  key: z.string(),
  ttl: z.number().describe('Epochs for which it counts'),
  body: z.unknown().describe('As DAG-JSON'),
  cid: z.string(),
  hash: octets.describe('SHA-256 of what is signed'),
  signature: octets,
  bytes: octets.describe('Canonical dag-cbor, as signed')
})
/** See {@link ditexEntry}. */
export type DitexEntry = z.output<typeof ditexEntry>

const anchor = z.object({ epoch: z.number(), root: octets, bytes: octets.describe('Signed octets') })

const headProof = z.object({
  author: peerIdBase58,
  scope,
  epoch: z.number(),
  incarnation: z.number(),
  seq: z.number().describe('Of the last entry of the log'),
  forkedAt: z.number().optional(),
  digests: z.array(octets).describe("Head digests of the author's other logs, by scope"),
  links: z.array(octets).describe('Entries between those shown and the last one'),
  position: octets,
  path: octets
})

const logProof = headProof.extend({
  shard: z
    .object({ group: z.number(), witnesses: z.array(z.object({ statement: octets.describe('Encoded digest that states the root of the group'), proof: headProof })) })
    .optional()
    .describe('Of group scope where the network has several groups: who states the root to which the path leads')
})

const completeness = z.object({
  checked: z.boolean().describe('Whether another peer covers all that is shown'),
  peers: z.array(
    z.object({
      peer: z.string(),
      entries: z.number(),
      missing: z.number().describe('That others gave and this one lacks, as far as its page goes'),
      superseded: z.number().optional().describe('Of which another peer gave a later one'),
      invalid: z.number().optional().describe('That do not verify or were not asked for'),
      partial: z.boolean().optional().describe('Its page ends before the one that is shown'),
      error: z.string().optional()
    })
  )
})

/** An answer of the exchange; self-contained, so that `srwan ditex verify` can check it offline. */
export const ditexDocument = z.object({
  schemaVersion,
  network: z.string(),
  query: ditexQuery,
  at: z.number().describe('Epoch at which entries counted as live'),
  epochMs: z.number().describe('Length of an epoch'),
  group: z.number().optional().describe('Whose shard of group scope it is from'),
  shards: z
    .object({ used: z.array(z.number()), missing: z.array(z.number()) })
    .optional()
    .describe('Where it is about several groups: whose shards it is from, and whose are not in it'),
  entries: z.array(ditexEntry),
  ranked: z
    .array(
      z.object({
        from: z.string(),
        to: z.string(),
        roundTripMs: z.number().optional(),
        price: z.number().optional(),
        color: z.string().optional(),
        entries: z.array(z.number()).describe('Positions of the entries that say so')
      })
    )
    .optional(),
  routers: z.array(ditexEntry).optional().describe('Entries that show where authors or ends of pairs are, where the question is about that'),
  cursor: z.string().optional().describe('Present where there may be more'),
  endedBy: z.enum(['visits', 'reads', 'octets']).optional().describe('The bound that ended the page'),
  anchor: anchor.optional().describe('The latest one'),
  anchors: z.array(anchor),
  proofs: z.array(logProof),
  proof: logProof.optional().describe('Of the first entry: one of `proofs`'),
  completeness
})
/** See {@link ditexDocument}. */
export type DitexDocument = z.output<typeof ditexDocument>

/** Anchors that a node holds, the latest last. */
export const ditexAnchorsDocument = z.object({ schemaVersion, network: z.string(), anchors: z.array(anchor) })
/** See {@link ditexAnchorsDocument}. */
export type DitexAnchorsDocument = z.output<typeof ditexAnchorsDocument>

/** What `srwan ditex verify` found. */
export const ditexVerification = z.object({
  schemaVersion,
  ok: z.boolean(),
  network: z.object({ said: z.string(), expected: z.string().optional(), ok: z.boolean() }),
  entries: z.array(
    z.object({
      index: z.number(),
      author: z.string(),
      kind: z.string(),
      key: z.string(),
      cid: z.string(),
      signature: z.boolean(),
      hash: z.boolean(),
      cidMatches: z.boolean(),
      fields: z.boolean(),
      fits: z.boolean().describe('Whether it is what was asked for'),
      proof: z.enum(['anchored', 'unchecked', 'absent', 'wrong']),
      witnesses: z.number().optional().describe("Of group scope: members of the author's group that state its root"),
      ok: z.boolean()
    })
  ),
  anchors: z.array(z.object({ epoch: z.number(), signature: z.boolean().optional(), ok: z.boolean() })),
  faults: z.array(z.string()).describe('What is wrong with the answer as a whole: order, repetition, ranking'),
  freshness: z.object({
    state: z.enum(['fresh', 'stale', 'ahead', 'unknown']),
    answerAgeMs: z.number().optional().describe('Since the end of the epoch of the answer, as the peer says'),
    anchorAgeMs: z.number().optional().describe('Since the end of the epoch of the newest anchor that came along'),
    anchorEpoch: z.number().optional(),
    epochMs: z.number(),
    maxAgeMs: z.number().optional().describe('The bound beyond which it is refused'),
    ok: z.boolean()
  }),
  completeness
})
/** See {@link ditexVerification}. */
export type DitexVerification = z.output<typeof ditexVerification>
