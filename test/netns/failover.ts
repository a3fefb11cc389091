import type { PathDocument } from '@srwan/api'
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, reach } from './round-trips.ts'
import { eventually, pause, Testnet, type RunningProgram, type TestnetNode } from './testnet-run.ts'

/** Two ends far apart and two relays that share no link: over `one` 2 × 35 ms, over `two` 2 × 50 ms, directly 2 × 110 ms. */
const SCENARIO = `
name: failover
seed: 5
network: { pulseInterval: 2s, epoch: 600s, money: none }
nodes:
  - { name: here, geo: { country: DE, city: Frankfurt, lat: 50.11, lon: 8.68 }, asn: 3320 }
  - { name: there, geo: { country: US, city: Chicago, lat: 41.88, lon: -87.63 }, asn: 7018 }
  - { name: one, geo: { country: GB, city: London, lat: 51.5, lon: -0.12 }, asn: 2856 }
  - { name: two, geo: { country: FR, city: Paris, lat: 48.85, lon: 2.35 }, asn: 3215 }
links:
  default: { delay: 110ms, jitter: 0ms, loss: 0%, rate: 1gbit }
  pairs:
    - { from: here, to: one, delay: 10ms }
    - { from: one, to: here, delay: 10ms }
    - { from: one, to: there, delay: 25ms }
    - { from: there, to: one, delay: 25ms }
    - { from: here, to: two, delay: 20ms }
    - { from: two, to: here, delay: 20ms }
    - { from: two, to: there, delay: 30ms }
    - { from: there, to: two, delay: 30ms }
`

export const KINDS = ['link', 'transit', 'one way'] as const
export type Kind = (typeof KINDS)[number]

/** Silences longer than this are told, by the second that they ended. */
const TOLD_MS = 60
/** Paths that die all the time are kept waiting by path choice: 300 s at most. */
const LONGEST_DWELL_MS = 330_000
/** A gap longer than this is told with all that was known. */
const TOO_LONG_MS = 1000
const MOST_TRIES = 3
const PORT = 4500
const PACKETS_PER_MS = 1

const RECEIVER = `
  let last
  const socket = require('node:dgram').createSocket('udp6')
  socket.on('message', () => {
    const now = performance.timeOrigin + performance.now()
    if (last !== undefined && now - last > ${TOLD_MS}) console.log('silence ' + (now - last).toFixed(1) + ' ' + now.toFixed(1))
    last = now
  })
  socket.bind(${PORT}, () => console.log('listening'))
`
const SENDER = `
  const socket = require('node:dgram').createSocket('udp6')
  const start = performance.now()
  let sent = 0
  setInterval(() => {
    for (const due = (performance.now() - start) * ${PACKETS_PER_MS}; sent < due; sent++) socket.send(Buffer.alloc(100), ${PORT}, process.argv[1])
  }, 1)
  console.log('sending')
`
const ENDLESS_SERVER = `
  require('node:http').createServer((request, response) => {
    const more = () => { while (response.write(Buffer.alloc(16384))); }
    response.on('drain', more)
    more()
  }).listen(8080, '::', () => console.log('listening'))
`

/** How long the flow stood still at one kill, ms. */
export interface Outage {
  readonly kind: Kind
  readonly busy: boolean
  readonly gap: number
}

/** A testnet with two relays, a datagram flow of 1,000 a second and an open transfer over TCP, and ways to kill the path. */
export class FailoverRun {
  readonly #testnet: Testnet
  readonly #programs: RunningProgram[] = []
  #receiver: RunningProgram | undefined
  #transfer: RunningProgram | undefined

  private constructor(testnet: Testnet) {
    this.#testnet = testnet
  }

  static async start(): Promise<FailoverRun> {
    const before = process.env['NODE_OPTIONS']
    process.env['NODE_OPTIONS'] = `--require=${fileURLToPath(new URL('busy-loop.cjs', import.meta.url))}`
    try {
      return new FailoverRun(await Testnet.start(SCENARIO))
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS']
      else process.env['NODE_OPTIONS'] = before
    }
  }

  /** Starts the flows over a relay. */
  async begin(): Promise<void> {
    const there = await this.#testnet.node('there')
    await reach(this.#testnet, 'here', there.overlayAddress)
    this.#receiver = await this.#run('there', /listening/, process.execPath, '-e', RECEIVER)
    await this.#run('there', /listening/, process.execPath, '-e', ENDLESS_SERVER)
    await this.#run('here', /sending/, process.execPath, '-e', SENDER, there.overlayAddress)
    await this.#relayInUse()
    this.#transfer = this.#testnet.spawn('here', 'curl', '-sS', '--limit-rate', '100k', '-o', '/dev/null', `http://[${there.overlayAddress}]:8080/`)
    this.#programs.push(this.#transfer)
  }

  /** Kills the path in use, sees how long the flow stands still, and mends it. */
  async kill(kind: Kind, busy: boolean): Promise<Outage> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const outage = await this.#killOnce(kind, busy)
      if (outage !== undefined) return outage
    }
    throw new Error(`the flow was never on the path that was killed: ${kind}`)
  }

  /** @returns `undefined` where path choice had just left the path by itself */
  async #killOnce(kind: Kind, busy: boolean): Promise<Outage | undefined> {
    const relay = await this.#relayInUse()
    const before = await this.#path()
    if (busy) await this.#blockEverybody()
    const told = this.#silences().length
    await this.#break(kind, relay)
    try {
      await eventually(async () => this.#silences().length > told || Promise.reject(new Error(`no gap seen after the kill of ${relay.name}: ${kind}`)), 8000)
    } catch (error) {
      if (!(await this.#leftBefore(relay, before))) throw error
      await this.#mend(kind, relay)
      return undefined
    }
    await pause(2000)
    const gap = Math.max(...this.#silences().slice(told))
    if (gap > TOO_LONG_MS) await this.#tell(`${kind} at ${relay.name}: ${gap.toFixed(0)} ms`, before)
    await this.#mend(kind, relay)
    return { kind, busy, gap }
  }

  /** Lets every path of the two ends lose at random, each way. */
  async lose(share: string): Promise<void> {
    for (const far of ['one', 'two', 'there']) await this.#testnet.link('here', far, '--loss', share)
  }

  async switches(): Promise<number> {
    const status = await this.#testnet.get<{ failovers: { total: number } }>(await this.#testnet.node('here'), '/v1/status')
    return status.failovers.total
  }

  /** @throws where the transfer over TCP has ended */
  transferGoesOn(): void {
    expect(this.#transfer?.stderr, 'what curl said').to.equal('')
    expect(this.#transfer?.isRunning, 'the transfer over TCP goes on').to.equal(true)
  }

  async end(): Promise<void> {
    await Promise.all(this.#programs.map(async (program) => await program.stop()))
    await this.#testnet.down()
  }

  async #run(node: string, ready: RegExp, ...command: readonly string[]): Promise<RunningProgram> {
    const program = this.#testnet.spawn(node, ...command)
    this.#programs.push(program)
    await program.printed(ready)
    return program
  }

  #silences(): number[] {
    return [...(this.#receiver?.stdout ?? '').matchAll(/^silence ([\d.]+)/gm)].map((match) => Number(match[1]))
  }

  async #path(): Promise<PathDocument> {
    const [here, there] = await Promise.all([this.#testnet.node('here'), this.#testnet.node('there')])
    return await this.#testnet.get<PathDocument>(here, `/v1/path/${there.sid}`)
  }

  /** What a reader needs to find out why: which standby there was, and what the datapath and path choice did. */
  async #tell(what: string, before: PathDocument): Promise<void> {
    const here = await this.#testnet.node('here')
    const status = await this.#testnet.get<{ failovers: unknown; health: unknown }>(here, '/v1/status')
    const after = await this.#path()
    process.stderr.write(`${what}\n${JSON.stringify({ before, after, failovers: status.failovers, health: status.health })}\n`)
  }

  /** Did path choice, and not the datapath, take the flow to another relay? */
  async #leftBefore(relay: TestnetNode, before: PathDocument): Promise<boolean> {
    const { active } = await this.#path()
    return active.since !== before.active.since && !active.segments.includes(relay.sid)
  }

  /** The relay of the forward direction, once there is one. */
  async #relayInUse(): Promise<TestnetNode> {
    return await eventually(async () => {
      const { active, candidates } = await this.#path()
      const relay = (await this.#testnet.members()).find(({ sid, name }) => sid === active.segments[0] && name !== 'there')
      if (relay === undefined || active.segments.length !== 2) throw new Error(`no relay in use: ${JSON.stringify(candidates)}`)
      return relay
    }, LONGEST_DWELL_MS)
  }

  /** Waits until a standby is there again. */
  async settled(): Promise<void> {
    await pause(5000)
    await this.#relayInUse()
    await reach(this.#testnet, 'one', (await this.#testnet.node('two')).overlayAddress, 60_000)
    await pause(8000)
    this.transferGoesOn()
  }

  async #break(kind: Kind, relay: TestnetNode): Promise<void> {
    if (kind === 'transit') return await this.#testnet.change(relay.name, '--kill')
    await this.#testnet.link('here', relay.name, '--loss', '100%', ...(kind === 'one way' ? ['--one-way'] : []))
  }

  async #mend(kind: Kind, relay: TestnetNode): Promise<void> {
    if (kind === 'transit') return await this.#testnet.change(relay.name, '--start')
    await this.#testnet.link('here', relay.name, '--loss', '0%')
  }

  async #blockEverybody(): Promise<void> {
    for (const { home } of await this.#testnet.members()) {
      const { pid } = JSON.parse(await readFile(join(home, 'daemon.lock'), 'utf8')) as { pid: number }
      process.kill(pid, 'SIGUSR2')
    }
  }
}

/** Median, 99th percentile and maximum of the gaps of each kind, as a line for people. */
export function report(outages: readonly Outage[]): string {
  const lines = KINDS.flatMap((kind) => [false, true].map((busy) => ({ title: `${kind}${busy ? ', JavaScript busy' : ''}`, gaps: gapsOf(outages, kind, busy) })))
  return [...lines, { title: 'all', gaps: outages.map(({ gap }) => gap) }]
    .filter(({ gaps }) => gaps.length > 0)
    .map(
      ({ title, gaps }) => `${title}: ${gaps.length} kills, median ${median(gaps).toFixed(0)} ms, p99 ${percentile99(gaps).toFixed(0)} ms, max ${Math.max(...gaps).toFixed(0)} ms`
    )
    .join('\n')
}

export function percentile99(gaps: readonly number[]): number {
  return [...gaps].sort((a, b) => a - b)[Math.ceil(0.99 * gaps.length) - 1] ?? NaN
}

function gapsOf(outages: readonly Outage[], kind: Kind, busy: boolean): number[] {
  return outages.filter((outage) => outage.kind === kind && outage.busy === busy).map(({ gap }) => gap)
}
