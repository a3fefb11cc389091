import { openContradiction, signedOctets } from '@srwan/wire'
import type { Sid } from '@srwan/interface'

/** Class of the entries of kind `observation` that prove what they say: no observer has to be believed. */
export const TWO_COLUMNS = 'two-columns'
/** What it says to people. */
export const TWO_COLUMNS_TEXT = 'signed two pulses that cannot both be true (two-columns): proven'

/** Checks a signature by the key of the router of that SID; `undefined` where this node does not know the router. */
export type VerifyOfRouter = (router: Sid, data: Uint8Array, signature: Uint8Array) => boolean | undefined

/** @returns key of the entry: of one author and subject the last one counts */
export const twoColumnsKey = (subject: Sid): string => `${subject}/${TWO_COLUMNS}`

/** @param messages - two pulses as they were published @returns the body of the entry, for canonical dag-cbor; some 600 octets */
export function twoColumnsBody(subject: Sid, messages: readonly [Uint8Array, Uint8Array]): Record<string, unknown> {
  return { subject, class: TWO_COLUMNS, pulses: [...messages] }
}

/** Is the body said to be such a proof? */
export function isTwoColumns(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body as { readonly class?: unknown }).class === TWO_COLUMNS
}

/**
 * Checks a proof: two pulses, each with the signature of the subject, that no honest router signs both. A function of the body, the network and the router's key, the same for everybody.
 *
 * @returns the router that is proven; `unknown` while its key is not known here; `undefined` where nothing is proven
 */
export function provenByTwoColumns(body: unknown, networkId: string, verify: VerifyOfRouter): Sid | 'unknown' | undefined {
  const { subject, pulses, ...rest } = body as { readonly subject?: unknown; readonly pulses?: unknown; readonly class?: unknown }
  if (Object.keys(rest).join() !== 'class' || !Array.isArray(pulses) || !pulses.every((one) => one instanceof Uint8Array)) return undefined
  const pair = openContradiction(pulses)
  const sender = pair?.[0].pulse.sender
  if (pair === undefined || sender === undefined || sender !== subject) return undefined
  const checked = pair.map(({ unsigned, signature }) => verify(sender, signedOctets('srwan-pulse', networkId, unsigned), signature))
  if (checked.includes(undefined)) return 'unknown'
  return checked.every((isSigned) => isSigned === true) ? sender : undefined
}
