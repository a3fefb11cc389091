import { CID } from 'multiformats/cid'

/**
 * A dag-cbor value as JSON has it, after DAG-JSON: octets as `{"/": {"bytes": "base64"}}`, links as `{"/": "bafy…"}`; whole numbers beyond 2^53 become texts.
 *
 * @see https://ipld.io/specs/codecs/dag-json/spec/
 */
export function shownBody(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return { '/': { bytes: Buffer.from(value).toString('base64').replace(/=+$/, '') } }
  if (Array.isArray(value)) return value.map((one) => shownBody(one))
  const link = CID.asCID(value)
  if (link !== null) return { '/': link.toString() }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shownBody(one)]))
}
