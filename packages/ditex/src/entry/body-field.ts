import { ENTRY_HEAD } from './bounds.ts'
import { ARRAY, CanonicalReader } from './canonical-cbor.ts'
import type { ParsedEntry } from './parsed-entry.ts'

/** A value that conditions compare with; `undefined` where the field is absent, or a map, a list, octets or a link. */
export type FieldValue = number | string | boolean | null | undefined

/** Items of an entry before its body. */
const BEFORE_BODY = 8

/**
 * One field of the body of an encoded entry that was checked before, without decoding the rest: questions with conditions look at many bodies for a number each.
 *
 * @param encoded - as {@link parseKnownEntry} takes it
 * @param field - names from the body inwards; a number selects from a list
 */
export function bodyField(encoded: Uint8Array, field: readonly string[]): FieldValue {
  const reader = new CanonicalReader(encoded, ENTRY_HEAD)
  if (reader.head() !== ARRAY) return undefined
  for (let left = BEFORE_BODY; left > 0; left--) reader.skip()
  return field.every((name) => reader.enter(name)) ? reader.single() : undefined
}

/** Fields of the body of an entry of which the head has been read, in the order of their names: one walk for all. */
export function fieldsOfBody({ encoded, bodyAt }: Pick<ParsedEntry, 'encoded' | 'bodyAt'>, names: readonly string[]): readonly FieldValue[] {
  return new CanonicalReader(encoded, bodyAt).pick(names)
}
