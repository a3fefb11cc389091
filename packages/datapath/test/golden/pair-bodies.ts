import { fromHex, int64, uint } from './octets.ts'

/** Fields of one case of pair-packets.json, as the README of the vectors describes them. */
export type BodyFields = Readonly<Record<string, unknown>>

interface PathFields {
  readonly pathId: number
  readonly color: number
  readonly mtu: number
  readonly segments: readonly { readonly sid: string; readonly behaviour: number }[]
  readonly hopRoots: readonly string[]
}

const COLUMN_PART = 46

function probe(f: { reply: boolean; t1: string; t2: string; t3: string; clockEpoch: number; columnSeen: number; columnPart: string }): Buffer {
  const part = fromHex(f.columnPart)
  const padding = f.reply ? 0 : COLUMN_PART - part.length
  return Buffer.concat([int64(f.t1), int64(f.t2), int64(f.t3), uint(f.clockEpoch, 2), uint(f.columnSeen, 2), uint(f.reply ? 1 : 0, 4), part, Buffer.alloc(padding)])
}

function openMessage(f: {
  forward: boolean
  reverse: boolean
  session: number
  egress: string
  rekeyIntervalMs: number
  elapsedMs: number
  remainingMs: number
  sequence: number
}): Buffer {
  const flags = (f.forward ? 1 : 0) | (f.reverse ? 2 : 0)
  return Buffer.concat([
    uint(1, 1),
    uint(flags, 1),
    uint(0, 2),
    uint(f.session, 4),
    fromHex(f.egress),
    ...[f.rekeyIntervalMs, f.elapsedMs, f.remainingMs, f.sequence].map((value) => uint(value, 4))
  ])
}

const answer = (f: { code: number; of: number; session: number; sequence: number }): Buffer =>
  Buffer.concat([uint(2, 1), uint(f.code, 1), uint(f.of, 1), uint(0, 1), uint(f.session, 4), uint(f.sequence, 4)])

const path = (f: PathFields): Buffer =>
  Buffer.concat([
    uint(f.pathId, 1),
    uint((f.color << 4) | f.segments.length, 1),
    uint(f.mtu, 2),
    ...f.segments.map(({ sid, behaviour }) => Buffer.concat([fromHex(sid), uint(behaviour << 10, 2)])),
    ...f.hopRoots.map(fromHex)
  ])

const paths = (f: { active: number; standby: number; session: number; sequence: number; paths: readonly PathFields[] }): Buffer =>
  Buffer.concat([uint(3, 1), uint(f.paths.length, 1), uint(f.active, 1), uint(f.standby, 1), uint(f.session, 4), uint(f.sequence, 4), ...f.paths.map(path)])

const close = (f: { reason: number; session: number }): Buffer => Buffer.concat([uint(4, 1), uint(f.reason, 1), uint(0, 2), uint(f.session, 4)])

const relay = (f: { stage: number; destination: string; origin: string; inner: string }): Buffer =>
  Buffer.concat([uint(f.stage, 1), uint(0, 3), fromHex(f.destination), fromHex(f.origin), fromHex(f.inner)])

const ENCODERS: Readonly<Record<string, (fields: never) => Buffer>> = {
  probe,
  datagram: (f: { payload: string }) => fromHex(f.payload),
  open: openMessage,
  answer,
  paths,
  close,
  relayed: relay
}

/** Encodes the body of a case from its fields; the first word of its name tells the message. */
export function encodeBody(name: string, fields: BodyFields): Buffer {
  const encoder = ENCODERS[name.split('-')[0] ?? '']
  if (encoder === undefined) throw new Error(`no encoder for ${name}`)
  return encoder(fields as never)
}
