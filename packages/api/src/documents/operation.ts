import { z } from 'zod'
import { schemaVersion } from './common.ts'

/** One named check of `srwan doctor`. */
export const doctorCheck = z.object({
  name: z.string(),
  outcome: z.enum(['pass', 'warn', 'fail', 'skip']),
  found: z.string().describe('What the check saw'),
  remedy: z.string().optional().describe('How to fix it; present unless it passed')
})
/** See {@link doctorCheck}. */
export type DoctorCheck = z.output<typeof doctorCheck>

/** Every check of a machine, in the order they are shown. */
export const doctorDocument = z.object({ schemaVersion, checks: z.array(doctorCheck) })
/** See {@link doctorDocument}. */
export type DoctorDocument = z.output<typeof doctorDocument>

/** Every setting in force and where it came from. */
export const configDocument = z.object({
  schemaVersion,
  settings: z.array(
    z.object({
      setting: z.string(),
      value: z.unknown(),
      origin: z.object({ layer: z.enum(['flag', 'environment', 'file', 'default']), source: z.string() })
    })
  )
})
/** See {@link configDocument}. */
export type ConfigDocument = z.output<typeof configDocument>

/** Body of `POST /v1/revocations`. */
export const revocationRequest = z.strictObject({
  revocation: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,8192}$/)
    .describe('Signed revocation, base64url')
})
/** See {@link revocationRequest}. */
export type RevocationRequest = z.output<typeof revocationRequest>

/** Body of `POST /v1/testbed/clock`; at least one of both. */
export const clockRequest = z
  .strictObject({
    stepMs: z.number().min(-1e12).max(1e12).optional().describe('Added to the measuring clock at once'),
    driftPpm: z.number().min(-1000).max(1000).optional().describe('New rate error of the measuring clock')
  })
  .refine((body) => body.stepMs !== undefined || body.driftPpm !== undefined, { error: 'expected stepMs or driftPpm' })
/** See {@link clockRequest}. */
export type ClockRequest = z.output<typeof clockRequest>

/** Answer to a request that changes something. */
export const acceptedDocument = z.object({ schemaVersion, accepted: z.literal(true) })
/** See {@link acceptedDocument}. */
export type AcceptedDocument = z.output<typeof acceptedDocument>

/** Answer of the three endpoints for supervisors. */
export const probeDocument = z.object({ schemaVersion, ok: z.boolean(), state: z.string() })
/** See {@link probeDocument}. */
export type ProbeDocument = z.output<typeof probeDocument>
