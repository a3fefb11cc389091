import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { UnavailableResourceError } from '@srwan/interface'
import { TestnetFailedError } from './errors.ts'
import { askOnce } from './json-lines.ts'
import type { LinkParameters } from './link-parameters.ts'
import type { Scenario } from './scenario.ts'
import { UNDERLAY_PREFIX_LENGTH, UNDERLAY_ROUTER, underlayAddress } from './underlay.ts'

export interface EmulatorInit {
  /** Executable. */
  readonly program: string
  /** Path of its control socket. */
  readonly control: string
  /** 127.0.0.0/8 address that marks this testnet's namespaces. */
  readonly marker: string
}

/** How late packets left the emulator in the last seconds, compared with when they were due. */
export interface EmulatorLateness {
  readonly windowSeconds: number
  readonly packets: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

/** Packets of one directed pair since the start. */
export interface LinkCounters {
  readonly from: string
  readonly to: string
  readonly offered: number
  readonly delivered: number
  readonly deliveredOctets: number
  readonly lost: number
  readonly queueDropped: number
  readonly downDropped: number
  readonly tooBig: number
  readonly poolDropped: number
  readonly duplicated: number
  readonly reordered: number
  readonly writeFailed: number
}

/** What the emulator says of itself. */
export interface EmulatorStatistics {
  readonly lateness: EmulatorLateness
  readonly inFlight: number
  readonly notIpv4: number
  readonly noSuchAddress: number
  readonly poolEmpty: number
  /** Pairs that carried something; only where asked for. */
  readonly links?: readonly LinkCounters[]
}

/** The running emulator; it ends when this process does, and its namespaces with the last process in them. */
export interface EmulatorProcess {
  readonly pid: number
  /** Process that keeps each node's namespace, in node order. */
  readonly holders: readonly number[]
  readonly ended: Promise<void>
}

/** A link's parameters as the emulator takes them. */
export function linkLine(from: string, to: string, link: LinkParameters): object {
  const { delay, jitter, loss, reorder, duplicate, rate, mtu, up } = link
  return { op: 'link', from, to, delayNs: Math.round(delay * 1e6), jitterNs: Math.round(jitter * 1e6), loss, reorder, duplicate, rate, mtu, up }
}

function planLines(scenario: Scenario, marker: string): object[] {
  return [
    { op: 'network', seed: scenario.seed, router: UNDERLAY_ROUTER, marker, prefixLength: UNDERLAY_PREFIX_LENGTH },
    ...scenario.nodes.map(({ name }, i) => ({ op: 'node', name, address: underlayAddress(i) })),
    ...scenario.nodes.flatMap((from, i) => scenario.nodes.flatMap((to, j) => (i === j ? [] : [linkLine(from.name, to.name, scenario.links[i]?.[j] as LinkParameters)]))),
    { op: 'start' }
  ]
}

/**
 * Starts the emulator: when it resolves, every node's namespace and underlay device are there and packets flow.
 *
 * @throws UnavailableResourceError where the machine does not allow it, TestnetFailedError for anything else
 */
export async function startEmulator(scenario: Scenario, init: EmulatorInit): Promise<EmulatorProcess> {
  const child = spawn(init.program, ['run', init.control], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve()
    })
  })
  try {
    child.stdin.on('error', () => {
      /* it ended: what it printed says why */
    })
    child.stdin.write(
      planLines(scenario, init.marker)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('')
    )
    const answer = await firstLine(child)
    if (!answer.ok) throw explain(answer)
    return { pid: child.pid as number, holders: answer.nodes.map(({ pid }) => pid), ended }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

type Answer =
  | { readonly ok: true; readonly nodes: ReadonlyArray<{ readonly name: string; readonly pid: number }> }
  | { readonly ok: false; readonly code: string; readonly message: string }

async function firstLine(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new UnavailableResourceError('ERR_MISSING_PROGRAM', `the emulator cannot be run (${cause.message})`, { cause, remedy: 'Build it: `npm run build` in the repository.' })
      )
    })
    child.once('close', (code, signal) => {
      reject(new TestnetFailedError(`the emulator ended at once (${signal ?? `exit code ${code}`})`))
    })
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      resolve(JSON.parse(line) as Answer)
    })
  })
}

function explain({ code, message }: { readonly code: string; readonly message: string }): Error {
  if (code === 'ERR_NO_PRIVILEGE')
    return new UnavailableResourceError(code, `the emulator may not ${message}`, { remedy: 'Run as root, or allow user namespaces and open /dev/net/tun to this user.' })
  if (code === 'ERR_NO_DEVICE') return new UnavailableResourceError(code, `the emulator could not ${message}`, { remedy: 'Load the module with `modprobe tun`.' })
  return new TestnetFailedError(`the emulator could not start: ${message}`)
}

/** Asks a running emulator. @throws TestnetUnreachableError, TestnetFailedError */
export async function askEmulator(control: string, request: object, signal?: AbortSignal): Promise<Record<string, unknown>> {
  const answer = await askOnce(control, request, signal)
  if (answer['ok'] !== true) throw new TestnetFailedError(`the emulator refused: ${String(answer['message'])}`)
  return answer
}
