import { SCHEMA_VERSION } from '@srwan/api'
import type { TraceDocument, TraceHop } from '@srwan/api'
import { COLORS, InvalidInputError, MAX_SEGMENTS, ms } from '@srwan/interface'
import type { Color, Member, Milliseconds, PathProbeResult, SegmentList, Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { matrixOf } from './matrix-view.ts'
import { pathInUse } from './ping-view.ts'
import { namesOf, rounded, routerOf } from './routers.ts'

export interface TraceRequest {
  readonly member: Member
  readonly color: Color
  /** Probes to each hop, and the time between two of them. */
  readonly count: number
  readonly intervalMs: number
  /** Names of the hops, comma-separated; the path in use where absent. */
  readonly path?: string | undefined
  /** Of the network, for the matrix. */
  readonly pulseInterval: Milliseconds
}

interface Pair {
  readonly forward: SegmentList
  readonly reverse: SegmentList
}

/** What came back over one pair of lists; ms, `undefined` for each probe that was lost. */
interface Outcome {
  readonly reverse: SegmentList
  readonly times: readonly (number | undefined)[]
}

/** Probes every prefix of a path at the same time, each as sealed end-to-end probes to its last hop. */
export async function traceOver(node: Node, request: TraceRequest, signal: AbortSignal): Promise<TraceDocument> {
  const { member, color, count } = request
  const given = request.path === undefined ? undefined : listThrough(node, request.path, member)
  const path = given === undefined ? await pathInUse(node, member, color, signal) : { forward: given, reverse: mirrored(node, given) }
  const prefixes = path.forward.map((_, index) => path.forward.slice(0, index + 1))
  const [whole, ...outcomes] = await Promise.all([probe(node, request, path, signal), ...prefixes.map(async (forward) => probeHop(node, request, forward, signal))])
  const hops = hopsOf(node, request, prefixes, outcomes)
  return {
    schemaVersion: SCHEMA_VERSION,
    destination: { ...routerOf(member), overlayAddress: member.overlayAddress },
    color,
    path: { forward: [...path.forward], reverse: [...path.reverse] },
    inUse: given === undefined,
    names: namesOf(node, [path.forward, path.reverse, [node.self.sid]]),
    count,
    hops,
    roundTripMs: summaryOf(whole.times),
    lossRatio: lossOf(whole.times)
  }
}

/** @throws UnknownDestinationError, InvalidInputError where the text names no usable path to the member */
function listThrough(node: Node, text: string, member: Member): SegmentList {
  const refuse = (message: string): never => {
    throw new InvalidInputError({ source: '--path' }, message, { remedy: 'Name the transits in order; the destination at the end may be left out.' })
  }
  const named = text.split(',').map((name) => node.resolve(name.trim()).sid)
  const list = named.at(-1) === member.sid ? named : [...named, member.sid]
  if (list.length > MAX_SEGMENTS) refuse(`has ${list.length} hops, at most ${MAX_SEGMENTS} fit`)
  if (list.includes(node.self.sid)) refuse('holds this node itself')
  if (new Set(list).size < list.length) refuse('visits a member twice')
  return list
}

/** The way back over the same hops. */
const mirrored = (node: Node, forward: SegmentList): SegmentList => [...forward.slice(0, -1).reverse(), node.self.sid]

/** A hop that gives no answer over the way back that the trace takes may still be reached: the direct way tells. */
async function probeHop(node: Node, request: TraceRequest, forward: SegmentList, signal: AbortSignal): Promise<Outcome> {
  const first = await probe(node, request, { forward, reverse: mirrored(node, forward) }, signal)
  if (forward.length === 1 || first.times.some((time) => time !== undefined)) return first
  const direct = await probe(node, request, { forward, reverse: [node.self.sid] }, signal)
  return direct.times.some((time) => time !== undefined) ? direct : first
}

async function probe(node: Node, { color, count, intervalMs }: TraceRequest, { forward, reverse }: Pair, signal: AbortSignal): Promise<Outcome> {
  const endpoint = forward.at(-1) as Sid
  const { samples } = await node.probePaths({ endpoint, color: COLORS[color], paths: [{ forward, reverse }], count, duration: ms(count * intervalMs) }, signal).catch(noneIfGone)
  const times = Array.from({ length: count }, (_, index) => {
    const sample = samples[0]?.[index]
    return sample === undefined ? undefined : Number(sample.roundTrip) / 1e6
  })
  return { reverse, times }
}

/** A hop that left while we looked answers as little as one that is down. */
function noneIfGone(error: unknown): PathProbeResult {
  if ((error as { code?: unknown }).code === 'ERR_UNKNOWN_DESTINATION') return { samples: [] }
  throw error
}

function hopsOf(node: Node, request: TraceRequest, prefixes: readonly SegmentList[], outcomes: readonly Outcome[]): TraceHop[] {
  const { routers, estimatedOneWayDelayMs: cells } = matrixOf(node, request.pulseInterval)
  const row = (sid: Sid): number => routers.findIndex((router) => router.sid === sid)
  const cell = (from: Sid, to: Sid): number | null => cells[row(from)]?.[row(to)] ?? null
  const mirror = (index: number): boolean => outcomes[index]?.reverse.length === index + 1
  let before: number | undefined = 0
  return prefixes.map((forward, index): TraceHop => {
    const { reverse, times } = outcomes[index] as Outcome
    const sid = forward.at(-1) as Sid
    const from = forward.at(-2) ?? node.self.sid
    const median = mirror(index) ? medianOf(times) : undefined
    const incrementMs = before === undefined || median === undefined ? null : rounded(median - before)
    before = median
    return {
      sid,
      forward: [...forward],
      reverse: [...reverse],
      roundTripMs: summaryOf(times),
      lossRatio: lossOf(times),
      incrementMs,
      matrixMs: { there: cell(from, sid), back: cell(sid, from) }
    }
  })
}

const sortedAnswers = (times: Outcome['times']): number[] => times.filter((time) => time !== undefined).sort((a, b) => a - b)

function medianOf(times: Outcome['times']): number | undefined {
  const sorted = sortedAnswers(times)
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

function summaryOf(times: Outcome['times']): TraceDocument['roundTripMs'] {
  const sorted = sortedAnswers(times)
  const median = medianOf(times)
  if (median === undefined) return null
  return { min: rounded(sorted[0] as number), median: rounded(median), max: rounded(sorted.at(-1) as number) }
}

const lossOf = (times: Outcome['times']): number => times.filter((time) => time === undefined).length / times.length
