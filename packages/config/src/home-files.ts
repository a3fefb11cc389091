import { z } from 'zod'
import { readYaml } from './validation.ts'

/** Most revocations that a home keeps. */
export const MAX_REVOCATIONS = 4096

const octets = z.string({ error: 'expected octets in base64url' }).regex(/^[A-Za-z0-9_-]{1,16384}$/, { error: 'expected octets in base64url' })
const certificateFile = z.strictObject({ schemaVersion: z.literal(1), membership: octets })
const revocationsFile = z.strictObject({ schemaVersion: z.literal(1), revocations: z.array(octets).max(MAX_REVOCATIONS) })

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))

/** @param membership - what the node shows to others: certificate and claim, encoded @returns content of `certificate.json` */
export const formatCertificateFile = (membership: Uint8Array): string => `${JSON.stringify({ schemaVersion: 1, membership: toText(membership) }, null, 2)}\n`

/** @throws InvalidInputError with line and field; whether the certificate verifies is for packages/membership */
export const parseCertificateFile = (text: string, source: string): Uint8Array => fromText(readYaml(certificateFile, text, source).membership)

/** @param revocations - signed, each as the organisation made it @returns content of `revocations.json` */
export const formatRevocationsFile = (revocations: readonly Uint8Array[]): string => `${JSON.stringify({ schemaVersion: 1, revocations: revocations.map(toText) }, null, 2)}\n`

/** @throws InvalidInputError with line and field */
export const parseRevocationsFile = (text: string, source: string): readonly Uint8Array[] => readYaml(revocationsFile, text, source).revocations.map(fromText)
