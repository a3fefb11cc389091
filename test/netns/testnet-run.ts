import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

/** The built command, as a user runs it. */
export const SRWAN = fileURLToPath(new URL('../../packages/cli/bin/srwan.js', import.meta.url))
/** The scenario of the demo: twelve cities on real measured latencies. */
export const CLOUD12 = fileURLToPath(new URL('../../packages/testbed/scenarios/cloud12.yaml', import.meta.url))

/** What a program printed and how it ended. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; never rejects for an exit code. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv } = {}
): Promise<Ended> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      env: options.env ?? process.env
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.stdin?.end(options.input)
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code: code ?? 143, stdout, stderr })
    })
  })
}

/** Runs the command line. */
export async function srwan(...args: readonly string[]): Promise<Ended> {
  return await runProgram(process.execPath, [SRWAN, ...args])
}

/** One node of a running testnet, as `testnet status --json` names it. */
export interface TestnetNode {
  readonly name: string
  readonly home: string
  readonly sid: string
  readonly peerId: string
  readonly overlayAddress: string
  readonly underlayAddress: string
  readonly state: string
}

const succeeded = (ended: Ended, what: string): Ended => {
  if (ended.code !== 0) throw new Error(`${what} ended with ${ended.code}\n${ended.stdout}${ended.stderr}`)
  return ended
}

/** A testnet in a directory of its own, driven by the commands that users have. */
export class Testnet {
  readonly dir: string
  readonly #parent: string
  #members: Promise<readonly TestnetNode[]> | undefined

  private constructor(parent: string) {
    this.#parent = parent
    this.dir = join(parent, 't')
  }

  /** @param scenario - text of a scenario file; files that it names are relative to `base` */
  static async start(scenario: string): Promise<Testnet> {
    const testnet = new Testnet(await mkdtemp(join(tmpdir(), 'sw-')))
    const file = join(testnet.#parent, 'scenario.yaml')
    await writeFile(file, scenario)
    try {
      succeeded(await srwan('testnet', 'up', '--scenario', file, '--dir', testnet.dir, '--detach'), 'testnet up')
    } catch (error) {
      await testnet.down()
      throw error
    }
    return testnet
  }

  async down(): Promise<void> {
    await srwan('testnet', 'down', '--dir', this.dir)
    await rm(this.#parent, { recursive: true, force: true })
  }

  /** As they are now. */
  async nodes(): Promise<readonly TestnetNode[]> {
    const { stdout } = succeeded(await srwan('testnet', 'status', '--json', '--dir', this.dir), 'testnet status')
    return (JSON.parse(stdout) as { nodes: TestnetNode[] }).nodes
  }

  /** What is fixed of a node is asked for once: each question is a process. Its `state` is that of the first question. */
  async node(name: string): Promise<TestnetNode> {
    const found = (await this.members()).find((node) => node.name === name)
    if (found === undefined) throw new Error(`the testnet has no node ${name}`)
    return found
  }

  /** All of them, as `node` tells each. */
  async members(): Promise<readonly TestnetNode[]> {
    this.#members ??= this.nodes().catch((error: unknown) => {
      this.#members = undefined
      throw error
    })
    return await this.#members
  }

  /** Runs a program inside a node's namespace. */
  async exec(name: string, ...command: readonly string[]): Promise<Ended> {
    return await srwan('testnet', 'exec', '--dir', this.dir, name, '--', ...command)
  }

  /** Starts a program inside a node's namespace that goes on until `stop`. */
  spawn(name: string, ...command: readonly string[]): RunningProgram {
    return new RunningProgram(process.execPath, [SRWAN, 'testnet', 'exec', '--dir', this.dir, name, '--', ...command])
  }

  async link(from: string, to: string, ...change: readonly string[]): Promise<void> {
    succeeded(await srwan('testnet', 'link', '--dir', this.dir, from, to, ...change), 'testnet link')
  }

  async change(name: string, action: '--stop' | '--start' | '--kill'): Promise<void> {
    succeeded(await srwan('testnet', 'node', '--dir', this.dir, name, action), `testnet node ${action}`)
  }

  /** Asks a node's daemon through its socket, without the cost of a process. */
  async get<T>(node: TestnetNode, path: string, timeoutMs = 60_000): Promise<T> {
    return JSON.parse(await exchange(node, { path, timeoutMs })) as T
  }

  async post(node: TestnetNode, path: string, body: object): Promise<void> {
    await exchange(node, { path, timeoutMs: 10_000, body: JSON.stringify(body) })
  }
}

interface Exchange {
  readonly path: string
  readonly timeoutMs: number
  readonly body?: string
}

/** Speaks HTTP itself: what a stranger's program would meet, not what our client makes of it. */
async function exchange(node: TestnetNode, { path, timeoutMs, body }: Exchange): Promise<string> {
  return await new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: join(node.home, 'api.sock'),
        path,
        timeout: timeoutMs,
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? {} : { 'content-type': 'application/json' }
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => {
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`${path} at ${node.name}: ${response.statusCode} ${text}`))
        })
      }
    )
    asked.on('timeout', () => asked.destroy(new Error(`${path} at ${node.name}: no answer in ${timeoutMs} ms`)))
    asked.on('error', reject)
    asked.end(body)
  })
}

/** A program that runs beside the test. */
export class RunningProgram {
  stdout = ''
  stderr = ''
  readonly #child
  readonly #ended: Promise<number>

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk
    })
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        resolve(code ?? 143)
      })
    })
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Waits for a line on either stream. */
  async printed(pattern: RegExp, timeoutMs = 20_000): Promise<void> {
    await eventually(async () => pattern.test(this.stdout + this.stderr) || Promise.reject(new Error(`not printed: ${pattern}\n${this.stdout}${this.stderr}`)), timeoutMs)
  }

  async ended(): Promise<number> {
    return await this.#ended
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.#child.kill(signal)
    return await this.#ended
  }
}

/** How often a condition is tried again. */
const POLL_MS = 200

/** Tries until the condition no longer rejects; the last reason is the failure. */
export async function eventually<T>(condition: () => Promise<T>, timeoutMs: number): Promise<T> {
  const end = performance.now() + timeoutMs
  for (;;) {
    try {
      return await condition()
    } catch (error) {
      if (performance.now() > end) throw error
      await pause(POLL_MS)
    }
  }
}

/** Lets time pass where time itself is what is tested (idle use, spacing of attempts). */
export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

/** The parts of a scenario's text that tests change; the product validates what comes out. */
export interface ScenarioText {
  seed?: number
  network?: Record<string, unknown>
  nodes: { name: string; clock?: unknown }[]
  links?: { matrix?: { file?: string } }
}

/** A scenario of the product with changes; the files that it names stay where they are. */
export async function deriveScenario(file: string, change: (scenario: ScenarioText) => void): Promise<string> {
  const scenario = parse(await readFile(file, 'utf8')) as ScenarioText
  if (scenario.links?.matrix?.file !== undefined) scenario.links.matrix.file = resolve(dirname(file), scenario.links.matrix.file)
  change(scenario)
  return stringify(scenario)
}

const shared = new Map<string, Promise<Testnet>>()

/** One testnet per scenario for all suites that leave it as they found it; stopped after the last suite. */
export async function sharedTestnet(name: string, scenario: () => Promise<string>): Promise<Testnet> {
  const running = shared.get(name) ?? scenario().then(async (text) => await Testnet.start(text))
  shared.set(name, running)
  return await running
}

after(async function () {
  this.timeout(60_000)
  for (const running of shared.values()) await (await running.catch(() => undefined))?.down()
})
