import { MalformedMessageError } from '@srwan/interface'
import { ProtobufReader, ProtobufWriter } from './protobuf.ts'
import type { RawField } from './protobuf.ts'

/** How one value of a message stands on the wire, and within which bounds. Methods, not function properties: a table holds codecs of many types. */
export interface FieldCodec<T> {
  /** Value of a field that is not on the wire; a function because arrays are fresh each time. */
  readonly absent: () => T
  write(writer: ProtobufWriter, field: number, value: T): void
  /** @param previous - for repeated fields: what was read so far */
  read(raw: RawField, previous: T): T
  /** Refuses values outside of the bounds, absent ones included. */
  check(value: T): void
}

/** Fields of a message by name: the field number and how it is coded. */
export type Fields = Readonly<Record<string, readonly [number: number, codec: FieldCodec<unknown>]>>

/** The plain object behind a table of fields. */
export type Decoded<F extends Fields> = { -readonly [K in keyof F]: F[K][1] extends FieldCodec<infer T> ? T : never }

/** Encoder and bounded decoder of one message. */
export interface MessageCodec<T> {
  /** @throws MalformedMessageError where a value is outside of its bounds: what we send, others must accept */
  readonly encode: (value: T) => Uint8Array
  /** @throws MalformedMessageError · Unknown fields are skipped, so that later versions may add some. */
  readonly decode: (bytes: Uint8Array) => T
}

function refuse(what: string): never {
  throw new MalformedMessageError(what)
}

function octetsOf(raw: RawField): Uint8Array {
  return raw.wireType === 2 ? raw.value : refuse('wrong wire type')
}

/** Octets, `min` to `max` of them; copied out of the message. */
export function octetString(min: number, max = min): FieldCodec<Uint8Array> {
  return {
    absent: () => new Uint8Array(0),
    write: (writer, field, value) => {
      if (value.length > 0) writer.bytes(field, value)
    },
    read: (raw) => (octetsOf(raw).length > max ? refuse('octets too long') : octetsOf(raw).slice()),
    check: (value) => {
      if (value.length < min || value.length > max) refuse('octets of a wrong length')
    }
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** UTF-8 text, `min` to `max` octets long. */
export function text(min: number, max: number): FieldCodec<string> {
  return {
    absent: () => '',
    write: (writer, field, value) => {
      if (value !== '') writer.bytes(field, encoder.encode(value))
    },
    read: (raw) => {
      const octets = octetsOf(raw)
      if (octets.length > max) refuse('text too long')
      try {
        return decoder.decode(octets)
      } catch (cause) {
        throw new MalformedMessageError('text is not UTF-8', { cause })
      }
    },
    check: (value) => {
      const length = encoder.encode(value).length
      if (length < min || length > max) refuse('text of a wrong length')
    }
  }
}

/** Whole number, `min` to `max`. */
export function integer(min = 0, max: number = Number.MAX_SAFE_INTEGER): FieldCodec<number> {
  return {
    absent: () => 0,
    write: (writer, field, value) => {
      if (value !== 0) writer.varint(field, value)
    },
    read: (raw) => (raw.wireType === 0 ? raw.value : refuse('wrong wire type')),
    check: (value) => {
      if (!Number.isSafeInteger(value) || value < min || value > max) refuse('number out of range')
    }
  }
}

/** Finite number between `min` and `max`, or absent. */
export function optionalDouble(min: number, max: number): FieldCodec<number | undefined> {
  return {
    absent: () => undefined,
    write: (writer, field, value) => {
      if (value !== undefined) writer.double(field, value)
    },
    read: (raw) => (raw.wireType === 1 ? raw.value : refuse('wrong wire type')),
    check: (value) => {
      if (value !== undefined && !(value >= min && value <= max)) refuse('number out of range')
    }
  }
}

/** A nested message of at most `maxOctets`. */
export function nested<T>(codec: MessageCodec<T>, maxOctets: number): FieldCodec<T | undefined> {
  return {
    absent: () => undefined,
    write: (writer, field, value) => {
      if (value !== undefined) writer.bytes(field, codec.encode(value))
    },
    read: (raw) => (octetsOf(raw).length > maxOctets ? refuse('nested message too long') : codec.decode(octetsOf(raw))),
    check: () => {}
  }
}

/** At most `max` values of one kind, in order. */
export function repeated<T>(item: FieldCodec<T>, max: number): FieldCodec<readonly T[]> {
  return {
    absent: () => [],
    write: (writer, field, values) => {
      for (const value of values) item.write(writer, field, value)
    },
    read: (raw, previous) => {
      if (previous.length >= max) refuse('too many values')
      const value = item.read(raw, item.absent())
      item.check(value)
      return [...previous, value]
    },
    check: (values) => {
      if (values.length > max) refuse('too many values')
      for (const value of values) item.check(value)
    }
  }
}

/**
 * A message from a table of its fields.
 *
 * @param fields - name → [field number, codec]; the numbers are the protocol and never change meaning
 */
export function messageCodec<const F extends Fields>(fields: F): MessageCodec<Decoded<F>> {
  type Message = Decoded<F>
  const names = Object.keys(fields) as (keyof F & string)[]
  const byNumber = new Map(names.map((name) => [fields[name]?.[0], name]))
  const codecOf = (name: keyof F & string): FieldCodec<unknown> => (fields[name] as readonly [number, FieldCodec<unknown>])[1]
  const check = (value: Message): void => {
    for (const name of names) codecOf(name).check(value[name])
  }
  return {
    encode: (value) => {
      check(value)
      const writer = new ProtobufWriter()
      for (const name of names) codecOf(name).write(writer, (fields[name] as readonly [number, unknown])[0], value[name])
      return writer.finish()
    },
    decode: (bytes) => {
      const value: Record<string, unknown> = {}
      for (const name of names) value[name] = codecOf(name).absent()
      const reader = new ProtobufReader(bytes)
      for (let raw = reader.next(); raw !== undefined; raw = reader.next()) {
        const name = byNumber.get(raw.field)
        if (name !== undefined) value[name] = codecOf(name).read(raw, value[name])
      }
      check(value as Message)
      return value as Message
    }
  }
}
