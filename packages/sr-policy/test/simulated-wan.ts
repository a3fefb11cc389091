import { createVirtualClock, seededRandom } from '@srwan/clock'
import type { VirtualClock } from '@srwan/clock'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import type { SimulatedDatapath } from '@srwan/datapath'
import { ipPrefix, ms, ns, overlayAddress, peerIdText, ppm, ratio, sid, us } from '@srwan/interface'
import type { AvoidedRouters, DelayCell, DelayMatrix, MatrixSource, Member, Milliseconds, Roster, RosterSource, Sid, Startable } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { createSrPolicy } from '../src/index.ts'
import type { SrPolicy } from '../src/index.ts'

const STALE_INTERVALS = 3
const MICROSECONDS_PER_NS = 1e-3

export interface WanInit {
  /** True one-way delays in ms, mutable: row = sender. */
  readonly delays: (number | undefined)[][]
  readonly seed?: number
  readonly pulseInterval?: number
  /** Uniform extra delay up to this, ms. */
  readonly jitter?: number
  /** Share of the packets lost on every link. @default none */
  readonly loss?: number
  /** Where the matrix of a node comes from. @default its probes, shared at once instead of by pulses */
  readonly matrixOf?: (node: MatrixContext) => MatrixSource & Startable
  /** Each node's clock offset in ms and drift in ppm. @default none */
  readonly clockOf?: (node: number) => { readonly offset: number; readonly drift: number }
}

export interface MatrixContext {
  readonly index: number
  readonly sid: Sid
  readonly datapath: SimulatedDatapath
  readonly roster: RosterSource
  readonly clock: VirtualClock
  readonly pulseInterval: Milliseconds
}

export interface SimulatedNode {
  readonly sid: Sid
  readonly datapath: SimulatedDatapath
  readonly headend: SrPolicy
}

/** Headends over simulated datapaths; the matrix holds what their probes measured, shared at once instead of by pulses. */
export interface SimulatedWan {
  readonly clock: VirtualClock
  readonly nodes: readonly SimulatedNode[]
  readonly delays: (number | undefined)[][]
  readonly sidOf: (index: number) => Sid
  readonly indexOf: (sid: Sid) => number
  /** True one-way delay of a list in ms. */
  readonly trueDelay: (from: number, segments: readonly Sid[]) => number
  /** Hides the matrix from everybody, or shows it again. */
  readonly setMatrixVisible: (visible: boolean) => void
  /** Takes a member off every roster. */
  readonly removeMember: (index: number) => void
  /** Who is left out by a node. */
  readonly avoidedBy: (node: number) => { readonly set: (routers: readonly Sid[]) => void }
  /** Runs `step` each 100 ms for as long as told, or until it returns true. @returns the ms that took */
  readonly run: (duration: number, step?: () => boolean | void) => Promise<number>
  readonly stop: () => Promise<void>
}

export async function createSimulatedWan(init: WanInit): Promise<SimulatedWan> {
  const { delays, seed = 1, pulseInterval = 10_000, jitter = 0, loss = 0, clockOf = () => ({ offset: 0, drift: 0 }) } = init
  const clock = createVirtualClock()
  const size = delays.length
  const sids = Array.from({ length: size }, (_, index) => sid((0xa0 + index).toString(16).padStart(16, '0')))
  const indexOf = (value: Sid): number => sids.indexOf(value)
  const network = createSimulatedNetwork({
    clock,
    random: seededRandom(seed),
    delay: (from, to) => {
      const delay = delays[indexOf(from)]?.[indexOf(to)]
      return delay === undefined ? undefined : ms(delay)
    },
    jitter: () => ms(jitter),
    loss: () => ratio(loss)
  })
  const cells: (DelayCell | undefined)[][] = sids.map(() => sids.map(() => undefined))
  const drifts = sids.map((_, index) => clockOf(index).drift)
  const datapaths = sids.map((self, index) =>
    createSimulatedDatapath(
      {
        networkId: 'simulated',
        sid: self,
        listen: { address: `192.0.2.${index + 1}`, port: 4802 },
        probeInterval: ms(pulseInterval),
        measuringClock: { offset: ns(BigInt(Math.round(clockOf(index).offset * 1e6))), drift: ppm(drifts[index] ?? 0) }
      },
      network
    )
  )
  datapaths.forEach((datapath, to) => {
    const put = (from: number, cell: DelayCell): void => {
      ;(cells[from] as (DelayCell | undefined)[])[to] = cell
    }
    datapath.on('probe', ({ from, sentAt, receivedAt }) => {
      put(indexOf(from), { oneWayDelay: us(Number(receivedAt - sentAt) * MICROSECONDS_PER_NS), loss: ratio(0), ipdv: us(0), sampledAt: clock.now() })
    })
    datapath.on('probeLost', ({ to: peer }) => {
      put(indexOf(peer), { oneWayDelay: undefined, loss: ratio(1), ipdv: undefined, sampledAt: clock.now() })
    })
  })
  let visible = true
  const listeners = new Set<(matrix: DelayMatrix) => void>()
  const view = (node: number): DelayMatrix => ({
    sids,
    cells: cells.map((row) => row.map((cell) => (visible && cell !== undefined && clock.now() - cell.sampledAt <= STALE_INTERVALS * pulseInterval ? cell : undefined))),
    rates: drifts.map((drift) => ppm(drift - (drifts[node] ?? 0)))
  })
  const members = sids.map((self, index) => memberOf(self, index, (datapaths[index] as SimulatedDatapath).publicKey))
  let roster: Roster = { members, fingerprint: 1 }
  const rosterListeners = new Set<(roster: Roster) => void>()
  const rosterSource: RosterSource = {
    current: () => roster,
    on: (_, listener) => {
      rosterListeners.add(listener)
    },
    off: (_, listener) => {
      rosterListeners.delete(listener)
    }
  }
  const avoidances = sids.map(() => avoidance())
  const nodes = sids.map((self, index) => {
    const shared: MatrixSource & Startable = {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      current: () => view(index),
      on: (_, listener) => {
        listeners.add(listener)
      },
      off: (_, listener) => {
        listeners.delete(listener)
      }
    }
    const datapath = datapaths[index] as SimulatedDatapath
    const matrix = init.matrixOf?.({ index, sid: self, datapath, roster: rosterSource, clock, pulseInterval: ms(pulseInterval) }) ?? shared
    const localPrefixes = [ipPrefix(`${members[index]?.overlayAddress}/128`)]
    const headend = createSrPolicy(
      { datapath, matrix, roster: rosterSource, self: { sid: self }, localPrefixes, clock, logger: silentLogger(), avoided: avoidances[index] as AvoidedRouters },
      { pulseInterval: ms(pulseInterval), transit: true }
    )
    return { sid: self, datapath, headend, matrix }
  })
  for (const { datapath } of nodes) await datapath.start()
  for (const { headend, matrix } of nodes) {
    await matrix.start()
    await headend.start()
  }
  const ticker = clock.setInterval(() => {
    for (const listener of listeners) listener(view(0))
  }, ms(1000))
  return {
    clock,
    nodes,
    delays,
    sidOf: (index) => sids[index] as Sid,
    indexOf,
    trueDelay: (from, segments) =>
      segments.reduce(({ sum, here }, segment) => ({ sum: sum + (delays[here]?.[indexOf(segment)] ?? Infinity), here: indexOf(segment) }), { sum: 0, here: from }).sum,
    setMatrixVisible: (value) => {
      visible = value
    },
    removeMember: (index) => {
      roster = { members: roster.members.filter(({ sid: member }) => member !== sids[index]), fingerprint: roster.fingerprint + 1 }
      for (const listener of rosterListeners) listener(roster)
    },
    avoidedBy: (node) => avoidances[node] as ReturnType<typeof avoidance>,
    run: async (duration, step = () => {}) => {
      for (let passed = 0; passed < duration; passed += 100) {
        if (step() === true) return passed
        await clock.advance(100)
      }
      return duration
    },
    stop: async () => {
      ticker.cancel()
      for (const { headend, matrix, datapath } of nodes) {
        await headend.stop()
        await matrix.stop()
        await datapath.stop()
      }
    }
  }
}

function avoidance(): AvoidedRouters & { set: (routers: readonly Sid[]) => void } {
  const listeners = new Set<(routers: ReadonlySet<Sid>) => void>()
  let current: ReadonlySet<Sid> = new Set()
  return {
    current: () => current,
    on: (_, listener) => {
      listeners.add(listener)
    },
    off: (_, listener) => {
      listeners.delete(listener)
    },
    set: (routers) => {
      current = new Set(routers)
      for (const listener of listeners) listener(current)
    }
  }
}

function memberOf(self: Sid, index: number, datapathKey: Uint8Array): Member {
  const peerId = peerIdText(`peer-${index}`)
  return {
    peerId,
    sid: self,
    overlayAddress: overlayAddress(`fd53:5257::${(index + 1).toString(16)}`),
    name: `node${index}`,
    prefixes: [],
    descriptor: { peerId, number: 1, datapathKey, endpoints: [{ address: `192.0.2.${index + 1}`, port: 4802 }], multiaddrs: [], geo: {}, roles: ['ingress', 'transit', 'egress'] }
  }
}
