import { hash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { MemoryEntryStore, createLevelStore } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation } from '@srwan/membership'
import { frameOnTheWire, keepAlivesOnTheWire, silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { DESCRIPTOR_OCTETS, DayNode, NETWORK } from './day-node.ts'
import { FullGroup } from './full-group.ts'
import { OctetLedger } from './octet-ledger.ts'
import type { VirtualClock } from '@srwan/clock'
import type { AuthorRoster, Random } from '@srwan/interface'
import type { EntryStore, VerifyByKey } from '@srwan/ditex'
import type { OnTheWire } from '@srwan/testing'
import type { Purpose } from './octet-ledger.ts'

const HOUR = 3_600_000
/** Connections of a node, as the connection keeper keeps them. */
const CONNECTIONS = 8
/** One node goes for so long, one after the other. */
const AWAY = ms(20 * 60_000)
/** The disk is waited for after each of these, so that the virtual clock does not run away from it. */
const STEP = ms(1000)
/** The node whose store is on disk; those before it seal and report, and stay. */
const ON_DISK = 3

export interface DayInit {
  readonly nodes: number
  readonly hours: number
  /** Hours before those that count: whatever is written once, when nodes start, is over. */
  readonly warmUp?: number
  readonly epochLength: number
  readonly pulseInterval?: number
  readonly seed?: number
  /** Folder for the store of one node. */
  readonly folder: string
}

/** What a simulated time of an exchange came to. */
export interface DayResult {
  readonly nodes: number
  readonly hours: number
  readonly epochs: number
  /** Nodes that came back after they had been away. */
  readonly restarts: number
  /** Octets sent by all nodes together. */
  readonly sent: ReadonlyMap<Purpose, OnTheWire>
  readonly exchanges: number
  readonly failedExchanges: number
  readonly failedAppends: number
  /** At each hour, or at each of 24 parts of a shorter run. */
  readonly samples: readonly { readonly hour: number; readonly epochsHeld: number; readonly diskOctets: number; readonly entryOctets: number }[]
  /** Whether all nodes held the same at the end. */
  readonly equal: boolean
  /** Of this process, seconds. */
  readonly cpu: number
  readonly wall: number
}

/** Runs nodes for some virtual hours: they write what nodes write, gossip and compare; one after the other is away for a while. */
export async function simulateDay(init: DayInit): Promise<DayResult> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const day = new SimulatedDay(init)
  await day.start()
  await day.run((init.warmUp ?? 0) * HOUR, false)
  day.beginCounting()
  const parts = Math.max(24, Math.round(init.hours))
  const samples: DayResult['samples'][number][] = []
  for (let part = 1; part <= parts; part++) {
    await day.run((init.hours * HOUR) / parts, samples.length % 2 === 0)
    samples.push({ hour: (init.hours * part) / parts, ...(await day.sample()) })
  }
  const result = await day.finish()
  const used = process.cpuUsage(cpu)
  return {
    ...result,
    nodes: init.nodes,
    hours: init.hours,
    epochs: (init.hours * HOUR) / init.epochLength,
    samples,
    cpu: (used.user + used.system) / 1e6,
    wall: (performance.now() - wall) / 1000
  }
}

class SimulatedDay {
  readonly #init: DayInit
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #ledger = new OctetLedger(NETWORK)
  readonly #nodes: readonly DayNode[]
  readonly #location: string
  readonly #disk = new PendingWork()
  #next = ON_DISK + 1
  #restarts = 0

  constructor(init: DayInit) {
    this.#init = init
    this.#location = join(init.folder, 'store')
    this.#clock = createVirtualClock({ wallStart: ms(init.epochLength * 500_000) })
    this.#random = seededRandom(init.seed ?? 1)
    const organisation = createOrganisation(this.#random)
    const identities = Array.from({ length: init.nodes }, () => createIdentity(this.#random))
    const group = new FullGroup(
      identities.map(({ sid }) => sid),
      this.#random
    )
    const shared = { clock: this.#clock, random: this.#random, ledger: this.#ledger, organisation, group, roster: rosterOf(identities), verify: verifiedOnce() }
    const times = { epochLength: ms(init.epochLength), pulseInterval: ms(init.pulseInterval ?? 10_000) }
    this.#nodes = identities.map((identity, index) => new DayNode({ ...shared, identity, store: this.#storeOf(index) }, { index, ...times }))
    this.#connect()
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) await node.start()
    for (const { links } of this.#nodes) links.graft()
  }

  /** What was sent so far does not count. */
  beginCounting(): void {
    this.#ledger.clear()
    for (const node of this.#nodes) node.beginCounting()
  }

  /** @param withChurn - one node goes at the beginning, and comes back */
  async run(duration: number, withChurn: boolean): Promise<void> {
    const away = withChurn ? this.#nodes[this.#next] : undefined
    this.#next = this.#next + 1 < this.#nodes.length ? this.#next + 1 : ON_DISK + 1
    const absence = Math.min(AWAY, duration / 2)
    await away?.stop()
    await this.#advance(absence)
    if (away !== undefined) await this.#restart(away)
    await this.#advance(duration - absence)
  }

  async sample(): Promise<{ readonly epochsHeld: number; readonly diskOctets: number; readonly entryOctets: number }> {
    const [onDisk, inMemory] = [this.#nodes[ON_DISK]!, this.#nodes[ON_DISK - 1]!]
    return { epochsHeld: onDisk.replica.epochs().length, diskOctets: await octetsIn(this.#location), entryOctets: await inMemory.store.size() }
  }

  async finish(): Promise<Pick<DayResult, 'sent' | 'exchanges' | 'failedExchanges' | 'failedAppends' | 'equal' | 'restarts'>> {
    // Exchanges end before what is held is compared: nobody writes for a while after the first part of an epoch.
    const equal = new Set(this.#nodes.map((node) => rootsOf(node))).size === 1
    for (const node of this.#nodes) {
      const { control, entries } = node.sent()
      this.#ledger.add('exchange control', { content: control, heads: 0 })
      this.#ledger.add('exchange entries', { content: entries, heads: 0 })
    }
    const total = (of: (node: DayNode) => number): number => this.#nodes.reduce((sum, node) => sum + of(node), 0)
    const connections = total(({ links }) => links.neighbours.size)
    this.#ledger.add('keep-alives', keepAlivesOnTheWire(this.#init.hours * 3600), connections)
    const sums = {
      sent: this.#ledger.all(),
      exchanges: total((node) => node.sent().exchanges) / 2,
      failedExchanges: total((node) => node.sent().failures),
      failedAppends: total(({ failedAppends }) => failedAppends),
      equal,
      restarts: this.#restarts
    }
    for (const node of this.#nodes) await node.stop()
    return sums
  }

  async #advance(duration: number): Promise<void> {
    for (let left = duration; left > 0; left -= STEP) {
      await this.#clock.advance(Math.min(STEP, left))
      await this.#disk.done()
    }
  }

  /** The new descriptor goes on from everybody to all its other connections. */
  async #restart(node: DayNode): Promise<void> {
    const copies = this.#nodes.reduce((sum, { links }) => sum + links.neighbours.size - 1, 0)
    this.#ledger.add('roster exchange', frameOnTheWire(DESCRIPTOR_OCTETS), copies)
    this.#restarts++
    await node.restart()
  }

  #storeOf(index: number): EntryStore {
    return index === ON_DISK ? this.#disk.watch(createLevelStore({ logger: silentLogger() }, { location: this.#location })) : new MemoryEntryStore()
  }

  #connect(): void {
    const shuffled = (): DayNode[] =>
      this.#nodes
        .map((node) => [this.#random.next(), node] as const)
        .sort(([one], [other]) => one - other)
        .map(([, node]) => node)
    for (const node of this.#nodes) {
      for (const other of shuffled()) {
        if (node.links.neighbours.size >= CONNECTIONS) break
        if (other === node || other.links.neighbours.size > CONNECTIONS) continue
        node.links.neighbours.add(other)
        other.links.neighbours.add(node)
      }
    }
  }
}

function rosterOf(identities: readonly { readonly peerId: DayNode['peerId'] }[]): AuthorRoster {
  const positions = new Map(identities.map(({ peerId }) => [peerId, hash('sha256', peerId, 'buffer') as Uint8Array]))
  const authors = [...positions.keys()]
  return {
    isAuthor: (author) => positions.has(author),
    authors: () => authors,
    groupOf: (author) => (positions.has(author) ? 1 : undefined),
    position: (author) => positions.get(author)!
  }
}

/** Each signature is verified by the first node that sees it; the others take its word, or a hundred nodes would verify for hours. */
function verifiedOnce(): VerifyByKey {
  const verdicts = new Map<string, boolean>()
  return (key, data, signature) => {
    const name = hash('sha256', Buffer.concat([key, signature, data]), 'binary')
    const verdict = verdicts.get(name) ?? verifyWith(key, data, signature)
    verdicts.set(name, verdict)
    return verdict
  }
}

function rootsOf({ replica, replication }: DayNode): string {
  const roots = replica
    .epochs()
    .flatMap((epoch) => [
      replication.tries.rootText({ scope: 'global', epoch }),
      replication.tries.rootText({ scope: 'group', epoch, group: 1 }),
      replication.tries.rootText({ scope: 'evidence', epoch })
    ])
  return roots.join()
}

async function octetsIn(folder: string): Promise<number> {
  let octets = 0
  for (const name of await readdir(folder))
    octets += await stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0
    )
  return octets
}

/** Waits for what a store has been asked for: its threads do not run on the virtual clock. */
class PendingWork {
  readonly #pending = new Set<Promise<unknown>>()

  watch(store: EntryStore): EntryStore {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (...args: unknown[]) => this.#note(Reflect.apply(value, target, args) as unknown) : value
      }
    })
  }

  async done(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
  }

  #note(result: unknown): unknown {
    if (result instanceof Promise) {
      this.#pending.add(result)
      const forget = (): void => void this.#pending.delete(result)
      result.then(forget, forget)
    }
    return result
  }
}
