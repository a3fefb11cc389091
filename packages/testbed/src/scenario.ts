import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { seededRandom } from '@srwan/clock'
import { check, orThrow, parseYaml } from '@srwan/config'
import type { YamlSource } from '@srwan/config'
import { InvalidInputError, ms } from '@srwan/interface'
import type { GeoIsp, IpPrefix, Milliseconds, PartsPerMillion, Role } from '@srwan/interface'
import { readLatencyMatrix } from './latency-matrix.ts'
import type { LatencyMatrix } from './latency-matrix.ts'
import { DEFAULT_LINK, definedFields } from './link-parameters.ts'
import type { LinkChange, LinkParameters } from './link-parameters.ts'
import { scenarioSchema } from './scenario-schema.ts'
import type { NodeAction, ScenarioDocument } from './scenario-schema.ts'

/** One node of a scenario. */
export interface ScenarioNode {
  readonly name: string
  /** With the AS number, as its descriptor announces it. */
  readonly geo: GeoIsp
  readonly roles: readonly Role[]
  /** Each a dummy network inside the node's namespace. */
  readonly prefixes: readonly IpPrefix[]
  readonly clock: { readonly offset: Milliseconds; readonly drift: PartsPerMillion }
}

/** Something that goes wrong, or right again, at a time after `ready`. */
export type Fault =
  | { readonly at: Milliseconds; readonly from: string; readonly to: string; readonly oneWay: boolean; readonly change: LinkChange; readonly duration?: Milliseconds }
  | { readonly at: Milliseconds; readonly node: string; readonly action: NodeAction }

/** A whole network to emulate, checked: nothing in it can be refused later. */
export interface Scenario {
  readonly name: string
  readonly seed: number
  /** Overrides of the network file's parameters. */
  readonly network: { readonly pulseInterval?: Milliseconds; readonly epoch?: Milliseconds; readonly maxTransits?: number; readonly groupSize?: number }
  readonly nodes: readonly ScenarioNode[]
  /** `links[i][j]` is what happens from node i to node j; the diagonal means nothing. */
  readonly links: ReadonlyArray<readonly LinkParameters[]>
  /** In the order of their times. */
  readonly faults: readonly Fault[]
  /** By names. @throws RangeError where there is no such node */
  readonly link: (from: string, to: string) => LinkParameters
}

/**
 * Reads and validates a scenario file and the matrix it names.
 *
 * @throws InvalidInputError naming file, line and field, what was found and what would do
 */
export async function loadScenario(file: string, signal?: AbortSignal): Promise<Scenario> {
  const text = await readFile(file, { encoding: 'utf8', ...(signal === undefined ? {} : { signal }) }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.name === 'AbortError') throw cause
    throw new InvalidInputError({ source: file }, cause.code === 'ENOENT' ? 'there is no such scenario file' : `the scenario cannot be read (${cause.code ?? cause.message})`, {
      cause,
      remedy: 'check the path given to --scenario'
    })
  })
  return parseScenario(text, file, signal)
}

/**
 * Validates a scenario text.
 *
 * @param source - its file name: messages name it, and the matrix file is relative to it
 * @throws InvalidInputError, see {@link loadScenario}
 */
export async function parseScenario(text: string, source: string, signal?: AbortSignal): Promise<Scenario> {
  const yaml = parseYaml(text, source)
  const document = orThrow(check(scenarioSchema, yaml))
  const matrix = await matrixOf(document, yaml, signal)
  return withLinkLookup({
    name: document.name,
    seed: document.seed,
    network: overrides(document),
    nodes: document.nodes.map((node) => ({
      name: node.name,
      geo: { ...withoutUndefined(node.geo), ...(node.asn === undefined ? {} : { asn: node.asn }) },
      roles: node.roles,
      prefixes: node.prefixes,
      clock: node.clock
    })),
    links: linksOf(document, matrix),
    faults: document.faults.map(faultOf).sort((a, b) => a.at - b.at)
  })
}

/** Adds the look-up by names. */
export function withLinkLookup(scenario: Omit<Scenario, 'link'>): Scenario {
  const index = new Map(scenario.nodes.map(({ name }, i) => [name, i]))
  const indexOf = (name: string): number => {
    const found = index.get(name)
    if (found === undefined) throw new RangeError(`the scenario has no node ${name}`)
    return found
  }
  return { ...scenario, link: (from, to) => (scenario.links[indexOf(from)] as readonly LinkParameters[])[indexOf(to)] as LinkParameters }
}

const withoutUndefined = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined))

function overrides(document: ScenarioDocument): Scenario['network'] {
  const { pulseInterval, epoch, maxTransits, groupSize } = document.network
  return withoutUndefined({ pulseInterval, epoch, maxTransits, groupSize })
}

async function matrixOf(document: ScenarioDocument, yaml: YamlSource, signal?: AbortSignal): Promise<LatencyMatrix | undefined> {
  const named = document.links.matrix
  if (named === undefined) return undefined
  const path = ['links', 'matrix', 'file']
  const line = yaml.lineOf(path)
  const at = { source: yaml.source, field: path.join('.'), ...(line === undefined ? {} : { line }) }
  const file = resolve(dirname(yaml.source), named.file)
  const matrix = await readLatencyMatrix(file, signal).catch((cause: Error) => {
    if (!(cause.cause instanceof Error)) throw cause
    throw new InvalidInputError(at, `${cause.message}; expected a file relative to the scenario`, { cause })
  })
  if (matrix.cells.length !== document.nodes.length) {
    throw new InvalidInputError(at, `expected one row and column for each of the ${document.nodes.length} nodes, in their order; found ${matrix.cells.length}`)
  }
  return matrix
}

function linksOf(document: ScenarioDocument, matrix: LatencyMatrix | undefined): LinkParameters[][] {
  const base: LinkParameters = { ...DEFAULT_LINK, ...definedFields(document.links.default) }
  const delays = matrix === undefined ? undefined : oneWayDelays(document, matrix)
  const links = document.nodes.map((_, i) => document.nodes.map((__, j) => ({ ...base, ...(delays === undefined || i === j ? {} : { delay: delays[i]?.[j] as Milliseconds }) })))
  const index = new Map(document.nodes.map(({ name }, i) => [name, i]))
  for (const pair of document.links.pairs) {
    const row = links[index.get(pair.from) as number] as LinkParameters[]
    const column = index.get(pair.to) as number
    row[column] = { ...(row[column] as LinkParameters), ...definedFields(pair) }
  }
  return links
}

/**
 * Round trips → one-way delays: d(i→j) = (rtt_ij + rtt_ji)/4 · (1 + a), d(j→i) = … · (1 − a), a uniform in ± asymmetry, drawn for i < j row by row.
 * One-way delays are taken as they are.
 */
function oneWayDelays(document: ScenarioDocument, matrix: LatencyMatrix): Milliseconds[][] {
  const named = document.links.matrix
  const scale = named?.unit === 'us' ? 0.001 : 1
  const cell = (i: number, j: number): number => (matrix.cells[i]?.[j] ?? 0) * scale
  const delays = matrix.cells.map((row, i) => row.map((_, j) => ms(cell(i, j))))
  if (named?.kind !== 'rtt') return delays
  const random = seededRandom(document.seed)
  for (let i = 0; i < delays.length; i++) {
    for (let j = i + 1; j < delays.length; j++) {
      const asymmetry = (2 * random.next() - 1) * named.asymmetry
      const mean = (cell(i, j) + cell(j, i)) / 4
      ;(delays[i] as Milliseconds[])[j] = ms(mean * (1 + asymmetry))
      ;(delays[j] as Milliseconds[])[i] = ms(mean * (1 - asymmetry))
    }
  }
  return delays
}

function faultOf(fault: ScenarioDocument['faults'][number]): Fault {
  if (fault.node !== undefined && fault.action !== undefined) return { at: fault.at, node: fault.node, action: fault.action }
  return {
    at: fault.at,
    from: fault.from as string,
    to: fault.to as string,
    oneWay: fault.oneWay ?? false,
    change: definedFields(fault),
    ...(fault.for === undefined ? {} : { duration: fault.for })
  }
}
