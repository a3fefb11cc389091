import type { Milliseconds, Sid } from '@srwan/interface'

/** What a router can be seen to do wrong; forks are not among them, because a replica holds their proofs itself. */
export const OBSERVATION_CLASSES = ['black-hole', 'refused-session', 'unresponsive', 'latency-lie', 'light-speed'] as const
/** See {@link OBSERVATION_CLASSES}. */
export type ObservationClass = (typeof OBSERVATION_CLASSES)[number]

/** Accusations of one family are refuted by each other's counter-evidence: who carries data is no black hole. Who carries it may still refuse sessions to itself, so those are a family of their own. */
export type ObservationFamily = 'service' | 'sessions' | 'delays'
const FAMILIES: Readonly<Record<ObservationClass, ObservationFamily>> = {
  'black-hole': 'service',
  'refused-session': 'sessions',
  unresponsive: 'service',
  'latency-lie': 'delays',
  'light-speed': 'delays'
}
/** @returns the family of a class */
export const familyOf = (name: ObservationClass): ObservationFamily => FAMILIES[name]

/** What one router saw of another in one window of time; protocol document `quarantine.md` states what each class must show. */
export interface Observation {
  readonly subject: Sid
  readonly class: ObservationClass
  /** false: the observer looked and it is not so. */
  readonly holds: boolean
  /** Wall time of the end of the window, whole seconds of the observer's calendar. */
  readonly at: Milliseconds
  /** Length of the window, whole seconds, 1 to {@link MAX_WINDOW_SECONDS}. */
  readonly windowSeconds: number
  /** Other routers that it was seen with: egresses of the paths, other ends of the delays. */
  readonly seenWith: readonly Sid[]
  /** Whole numbers ≥ 0, by the names that belong to the class. */
  readonly figures: Readonly<Record<string, number>>
}

/** Longest window of one observation. */
export const MAX_WINDOW_SECONDS = 3600
/** Most routers in `seenWith`. */
export const MAX_SEEN_WITH = 8
/** Least octets, and least probes, that say something about a path. */
export const LEAST_OCTETS = 16_384
/** See {@link LEAST_OCTETS}. */
export const LEAST_PROBES = 4
/** By how much published delays are too short at least; less may be measurement. */
export const LEAST_EXCESS_MICROSECONDS = 2000
/** Others with which light would have to be outrun at least. */
export const LEAST_PAIRS = 3
/** Kind of the entries of DiTEx that carry observations; they belong to the scope `evidence`. */
export const OBSERVATION_KIND = 'observation'

const FIGURES: Readonly<Record<ObservationClass, readonly string[]>> = {
  'black-hole': ['octetsArrived', 'octetsSent', 'probesArrived', 'probesSent', 'siblingArrived', 'siblingSent'],
  'refused-session': ['answered', 'attempts', 'opened'],
  unresponsive: ['answered', 'heardBy', 'lost'],
  'latency-lie': ['excessMicroseconds', 'roundTripMicroseconds', 'samples'],
  'light-speed': ['excessMicroseconds', 'pairs']
}

/** What the figures of each class must say, for it to hold and for it not to hold. */
const CHECKS: Readonly<Record<ObservationClass, (figure: (name: string) => number, seenWith: number, holds: boolean) => boolean>> = {
  'black-hole': (figure, seenWith, holds) => {
    const [unit, least] = figure('octetsSent') > 0 ? (['octets', LEAST_OCTETS] as const) : (['probes', LEAST_PROBES] as const)
    const [sent, arrived] = [figure(`${unit}Sent`), figure(`${unit}Arrived`)]
    if (sent < least || arrived > sent || seenWith < 1) return false
    if (!holds) return 2 * arrived >= sent
    // by probes two egresses, so that a broken link between the router and one of them is no black hole
    return 4 * arrived <= sent && figure('siblingSent') >= least && 2 * figure('siblingArrived') >= figure('siblingSent') && (unit === 'octets' || seenWith >= 2)
  },
  'refused-session': (figure, _, holds) => (holds ? figure('attempts') >= 3 && figure('opened') === 0 && figure('answered') >= 1 : figure('opened') >= 1),
  unresponsive: (figure, seenWith, holds) => (holds ? figure('lost') >= 6 && figure('answered') === 0 && figure('heardBy') >= 2 && seenWith >= 2 : figure('answered') >= 1),
  'latency-lie': (figure, _, holds) => figure('samples') >= 3 && (holds ? figure('excessMicroseconds') >= LEAST_EXCESS_MICROSECONDS : figure('excessMicroseconds') === 0),
  'light-speed': (figure, seenWith, holds) =>
    holds ? figure('pairs') >= LEAST_PAIRS && seenWith >= LEAST_PAIRS && figure('excessMicroseconds') >= LEAST_EXCESS_MICROSECONDS : figure('pairs') === 0
}

/** @returns whether the figures bear what the observation says; whether they are true is another question (`recomputed.ts`) */
export function isConclusive({ class: name, figures, seenWith, holds, subject }: Observation): boolean {
  if (seenWith.includes(subject)) return false
  return CHECKS[name]((figure) => figures[figure] ?? 0, seenWith.length, holds)
}

/** @returns key of its entry: of one subject, class and second the last word of an observer counts */
export const observationKey = ({ subject, class: name, at }: Observation): string => `${subject}/${name}/${Math.floor(at / 1000)}`

/** @returns the body of its entry, for canonical dag-cbor */
export function observationBody({ subject, class: name, holds, at, windowSeconds, seenWith, figures }: Observation): Record<string, unknown> {
  return { subject, class: name, holds, at: Math.floor(at / 1000), window: windowSeconds, with: [...seenWith], figures: { ...figures } }
}

const BODY_FIELDS = 'at,class,figures,holds,subject,window,with'
const isSid = (value: unknown): value is Sid => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown, most = Number.MAX_SAFE_INTEGER): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most

/** @returns what the body of an entry says; `undefined` where it is none, exceeds a bound, or its figures do not bear it */
export function parseObservation(body: unknown): Observation | undefined {
  if (!isRecord(body) || Object.keys(body).toSorted().join() !== BODY_FIELDS) return undefined
  const { subject, class: name, holds, at, window, with: seenWith, figures } = body
  if (!isSid(subject) || !isClass(name) || typeof holds !== 'boolean') return undefined
  if (!isTime(at, window) || !isSeenWith(seenWith) || !isFigures(figures, FIGURES[name])) return undefined
  const observation = { subject, class: name, holds, at: ((at as number) * 1000) as Milliseconds, windowSeconds: window as number, seenWith, figures }
  return isConclusive(observation) ? observation : undefined
}

const isTime = (at: unknown, window: unknown): boolean => isCount(at, 2 ** 40) && isCount(window, MAX_WINDOW_SECONDS) && window > 0
const isSeenWith = (value: unknown): value is readonly Sid[] => Array.isArray(value) && value.length <= MAX_SEEN_WITH && value.every(isSid) && new Set(value).size === value.length
const isFigures = (value: unknown, names: readonly string[]): value is Readonly<Record<string, number>> =>
  isRecord(value) && Object.entries(value).every(([figure, count]) => names.includes(figure) && isCount(count))

function isClass(value: unknown): value is ObservationClass {
  return (OBSERVATION_CLASSES as readonly unknown[]).includes(value)
}
