import { z } from 'zod'
import { clockDrift, duration, networkId, nodeConfigSchema, nodeName, parseDuration, percentage, rate, signedDuration, suggest } from '@srwan/config'
import { MAX_GROUP_SIZE } from '@srwan/interface'
import { checkSitePrefix } from '@srwan/membership'
import type { Milliseconds, Octets } from '@srwan/interface'
import { DEVICE_MTU, MIN_LINK_MTU } from './link-parameters.ts'

/** Most faults of one scenario. */
const MAX_FAULTS = 10_000
/** Longest delay that the emulator holds a packet. */
const MAX_DELAY_MS = 60_000
/** Longest name of a node: it is part of the path of a Unix socket. */
const MAX_NODE_NAME = 32

const NAT_KINDS = ['none', 'full-cone', 'restricted', 'port-restricted', 'symmetric'] as const
const { geo, asn, roles, prefixes } = nodeConfigSchema.shape

const mtuExpected = `expected a whole number of octets from ${MIN_LINK_MTU} to ${DEVICE_MTU}`
const flag = (error: string): z.ZodBoolean => z.boolean({ error })

const linkFields = {
  delay: duration({ maximum: MAX_DELAY_MS }).optional().describe('One way'),
  jitter: duration({ maximum: MAX_DELAY_MS }).optional().describe('Standard deviation of the delay'),
  loss: percentage().optional(),
  rate: rate().optional(),
  reorder: percentage().optional().describe('Share of the packets that others overtake'),
  duplicate: percentage().optional(),
  mtu: z
    .int({ error: mtuExpected })
    .min(MIN_LINK_MTU, { error: mtuExpected })
    .max(DEVICE_MTU, { error: mtuExpected })
    .transform((value) => value as Octets)
    .optional(),
  up: flag('expected true or false').optional().describe('false: nothing gets through')
}

const natExpected = `expected one of ${NAT_KINDS.join(', ')}`
const node = z.strictObject({
  name: nodeName().max(MAX_NODE_NAME, { error: `expected a name of at most ${MAX_NODE_NAME} characters` }),
  geo,
  asn,
  roles,
  prefixes,
  nat: z
    .enum(NAT_KINDS, { error: natExpected })
    .default('none')
    .refine((kind) => kind === 'none', { error: 'NAT kinds other than none are not supported yet' }),
  clock: z
    .strictObject({
      offset: signedDuration().prefault('0s').describe("How far the node's clock is ahead"),
      drift: clockDrift().prefault('0ppm').describe('How much faster it runs')
    })
    .prefault({})
})

const asymmetryExpected = 'expected a number from 0 to 0.9'
const matrix = z
  .strictObject({
    file: z
      .string({ error: 'expected a file name' })
      .min(1)
      .max(4096)
      .regex(/\.csv(\.gz)?$/, { error: 'expected a file named *.csv or *.csv.gz' })
      .describe('Relative to the scenario'),
    unit: z.enum(['us', 'ms'], { error: 'expected us or ms' }),
    kind: z.enum(['rtt', 'owd'], { error: 'expected rtt or owd' }),
    asymmetry: z.number({ error: asymmetryExpected }).min(0, { error: asymmetryExpected }).max(0.9, { error: asymmetryExpected }).default(0)
  })
  .superRefine((value, context) => {
    if (value.kind === 'owd' && value.asymmetry !== 0) {
      context.addIssue({ code: 'custom', path: ['asymmetry'], message: 'one-way delays have a direction already: leave asymmetry out', input: value.asymmetry })
    }
  })

const pair = z.strictObject({ from: nodeName(), to: nodeName(), ...linkFields })

const links = z.strictObject({
  default: z.strictObject(linkFields).prefault({}),
  matrix: matrix.optional(),
  pairs: z
    .array(pair, { error: 'expected a list of pairs' })
    .max(MAX_GROUP_SIZE * MAX_GROUP_SIZE)
    .default([])
})

const actionExpected = 'expected kill, stop, start or "clock-step: 1s"'
const stepOf = (text: string): Milliseconds | undefined => {
  const match = /^clock-step:\s*(.+)$/.exec(text.trim())
  return match === null ? undefined : parseDuration(match[1] as string)
}
const action = z
  .union([z.string({ error: actionExpected }), z.strictObject({ 'clock-step': signedDuration() })], { error: actionExpected })
  .transform((value, context): NodeAction => {
    if (typeof value !== 'string') return { kind: 'clock-step', step: value['clock-step'] }
    if (value === 'kill' || value === 'stop' || value === 'start') return { kind: value }
    const step = stepOf(value)
    if (step !== undefined) return { kind: 'clock-step', step }
    context.addIssue({ code: 'custom', message: actionExpected, input: value })
    return z.NEVER
  })

/** What happens to a node. */
export type NodeAction = { readonly kind: 'kill' | 'stop' | 'start' } | { readonly kind: 'clock-step'; readonly step: Milliseconds }

const fault = z
  .strictObject({
    at: duration().describe('After `ready`'),
    from: nodeName().optional(),
    to: nodeName().optional(),
    oneWay: flag('expected true or false').optional().describe('Only from → to'),
    ...linkFields,
    for: duration({ minimum: 1 }).optional().describe('The link is as before afterwards'),
    node: nodeName().optional(),
    action: action.optional()
  })
  .superRefine((value, context) => {
    const problem = value.node !== undefined || value.action !== undefined ? nodeFaultProblem(value) : linkFaultProblem(value)
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message, input: value })
  })

interface FaultProblem {
  readonly path: string[]
  readonly message: string
}
type FaultFields = Readonly<Record<string, unknown>>

const BOTH_KINDS: FaultProblem = { path: [], message: 'expected either from and to with what changes, or node and action' }

function nodeFaultProblem(fault: FaultFields): FaultProblem | undefined {
  if (fault['from'] !== undefined || fault['to'] !== undefined) return BOTH_KINDS
  if (fault['node'] === undefined || fault['action'] === undefined) return { path: [], message: 'expected both node and action' }
  if (fault['for'] !== undefined) return { path: ['for'], message: 'only a change of a link ends by itself: add a second fault with the opposite action' }
  const change = Object.keys(linkFields).find((field) => fault[field] !== undefined)
  return change === undefined ? undefined : { path: [change], message: 'expected from and to with what changes of a link' }
}

function linkFaultProblem(fault: FaultFields): FaultProblem | undefined {
  if (fault['from'] === undefined && fault['to'] === undefined) return BOTH_KINDS
  if (fault['from'] === undefined || fault['to'] === undefined) return { path: [], message: 'expected both from and to' }
  if (Object.keys(linkFields).every((field) => fault[field] === undefined)) return { path: [], message: `expected what changes: ${Object.keys(linkFields).join(', ')}` }
  return undefined
}

const network = z.strictObject({
  pulseInterval: duration({ minimum: 500, maximum: 600_000 }).optional(),
  epoch: duration({ minimum: 10_000, maximum: 7 * 86_400_000 }).optional(),
  maxTransits: z
    .int({ error: 'expected a whole number from 0 to 3' })
    .min(0, { error: 'expected a whole number from 0 to 3' })
    .max(3, { error: 'expected a whole number from 0 to 3' })
    .optional(),
  groupSize: z
    .int({ error: 'expected a whole number from 2 to 100' })
    .min(2, { error: 'expected a whole number from 2 to 100' })
    .max(100, { error: 'expected a whole number from 2 to 100' })
    .optional(),
  money: z
    .enum(['none', 'dev'], { error: 'expected none or dev' })
    .default('none')
    .refine((money) => money === 'none', { error: 'a testnet with money is not supported yet: expected none' })
})

const seedExpected = 'expected a whole number from 0 to 9007199254740991'
const nodesExpected = `expected a list of 2 to ${MAX_GROUP_SIZE} nodes`

/** Schema of a scenario file; see the README of packages/testbed/scenarios for its fields. */
export const scenarioSchema = z
  .strictObject({
    name: networkId(),
    seed: z.int({ error: seedExpected }).min(0, { error: seedExpected }).default(1),
    network: network.prefault({}),
    nodes: z.array(node, { error: nodesExpected }).min(2, { error: nodesExpected }).max(MAX_GROUP_SIZE, { error: nodesExpected }),
    links: links.prefault({}),
    faults: z.array(fault, { error: 'expected a list of faults' }).max(MAX_FAULTS).default([])
  })
  .superRefine((value, context) => {
    const names = value.nodes.map(({ name }) => name)
    const seen = new Set<string>()
    names.forEach((name, index) => {
      if (seen.has(name.toLowerCase()))
        context.addIssue({ code: 'custom', path: ['nodes', index, 'name'], message: 'expected a name of its own: another node has this one', input: name })
      seen.add(name.toLowerCase())
    })
    value.nodes.forEach(({ prefixes }, index) => {
      prefixes.forEach((prefix, position) => {
        try {
          checkSitePrefix(prefix, { source: 'scenario' })
        } catch (error) {
          context.addIssue({ code: 'custom', path: ['nodes', index, 'prefixes', position], message: (error as Error).message.replace(/^scenario: /, ''), input: prefix })
        }
      })
    })
    const known = (path: Array<string | number>, name: string | undefined): void => {
      if (name === undefined || names.includes(name)) return
      const meant = suggest(name, names)
      context.addIssue({ code: 'custom', path, message: `expected the name of a node${meant === undefined ? `: ${names.join(', ')}` : `: did you mean ${meant}?`}`, input: name })
    }
    const ends = (path: Array<string | number>, from: string | undefined, to: string | undefined): void => {
      known([...path, 'from'], from)
      known([...path, 'to'], to)
      if (from !== undefined && from === to) context.addIssue({ code: 'custom', path: [...path, 'to'], message: 'expected another node than from', input: to })
    }
    value.links.pairs.forEach(({ from, to }, index) => {
      ends(['links', 'pairs', index], from, to)
    })
    value.faults.forEach((one, index) => {
      ends(['faults', index], one.from, one.to)
      known(['faults', index, 'node'], one.node)
    })
  })

/** A scenario as zod hands it over: quantities read, defaults filled in, the matrix file not yet. */
export type ScenarioDocument = z.output<typeof scenarioSchema>
