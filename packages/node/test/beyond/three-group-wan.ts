import { createVirtualClock, seededRandom } from '@srwan/clock'
import type { VirtualClock } from '@srwan/clock'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import type { SimulatedDatapath } from '@srwan/datapath'
import { Listeners, ipPrefix, ms, ns, ppm, ratio, us } from '@srwan/interface'
import type { DelayCell, DelayMatrix, GroupMap, Member, PeerIdText, Roster, Sid, Signer } from '@srwan/interface'
import { reportersOf } from '@srwan/groups'
import { createIdentity, verifySignature } from '@srwan/membership'
import { createSrPolicy } from '@srwan/sr-policy'
import type { SrPolicy } from '@srwan/sr-policy'
import { silentLogger } from '@srwan/testing'
import { createBeyond } from '../../src/beyond/create-beyond.ts'
import type { Beyond } from '../../src/beyond/beyond.ts'
import type { MeasureHandler, MeasureTransport } from '../../src/beyond/measure-transport.ts'

const PULSE = ms(10_000)
const HOUR_MS = 3_600_000
const NS_PER_MS = 1e6

export interface WanNode {
  readonly index: number
  readonly group: number
  readonly member: Member
  readonly signer: Signer
  readonly datapath: SimulatedDatapath
  readonly beyond: Beyond
  readonly headend: SrPolicy
}

/** Routers in groups, each group measuring only itself: real headends, leases and datapaths (simulated ones) on a virtual clock; the control streams take the true delays. */
export interface ThreeGroupWan {
  readonly clock: VirtualClock
  readonly nodes: readonly WanNode[]
  /** True one-way delays in ms, row = sender. */
  readonly delays: number[][]
  readonly trueDelay: (from: number, segments: readonly Sid[]) => number
  readonly indexOf: (sid: Sid) => number
  /** One request of a router to another, as its own. */
  readonly ask: (from: number, to: number, request: Uint8Array) => Promise<Uint8Array>
  /** Replaces what a router answers on `/srwan/measure/1`. */
  readonly tamper: (index: number, change: (handler: MeasureHandler) => MeasureHandler) => void
  /** Cuts a router off the control streams. */
  readonly silence: (index: number) => void
  readonly stop: () => Promise<void>
}

/** @param delays - one-way, ms; the groups are consecutive indexes */
export async function createThreeGroupWan(init: { readonly delays: number[][]; readonly groupSize: number; readonly seed: number }): Promise<ThreeGroupWan> {
  const { delays, groupSize, seed } = init
  const clock = createVirtualClock()
  const random = seededRandom(seed)
  const identities = delays.map(() => createIdentity())
  const sids = identities.map(({ sid }) => sid)
  const indexOf = (sid: Sid): number => sids.indexOf(sid)
  const network = createSimulatedNetwork({ clock, random, delay: (from, to) => ms(delays[indexOf(from)]?.[indexOf(to)] ?? NaN) })
  const clocks = delays.map(() => ({ offset: (random.next() - 0.5) * HOUR_MS, drift: (random.next() - 0.5) * 100 }))
  const datapaths = sids.map((sid, index) =>
    createSimulatedDatapath(
      {
        networkId: 'three-groups',
        sid,
        listen: { address: `192.0.2.${index + 1}`, port: 4802 },
        probeInterval: PULSE,
        measuringClock: { offset: ns(BigInt(Math.round((clocks[index]?.offset ?? 0) * NS_PER_MS))), drift: ppm(clocks[index]?.drift ?? 0) }
      },
      network
    )
  )
  const members: readonly Member[] = identities.map((identity, index) => ({
    peerId: identity.peerId,
    sid: identity.sid,
    overlayAddress: identity.overlayAddress,
    name: `router${index}`,
    prefixes: [],
    descriptor: {
      peerId: identity.peerId,
      number: 1,
      datapathKey: (datapaths[index] as SimulatedDatapath).publicKey,
      endpoints: [{ address: `192.0.2.${index + 1}`, port: 4802 }],
      multiaddrs: [],
      geo: {},
      roles: ['ingress', 'transit', 'egress']
    }
  }))
  const groupOf = (index: number): number => Math.floor(index / groupSize)
  const groups: readonly (readonly Member[])[] = Array.from({ length: Math.ceil(delays.length / groupSize) }, (_, group) =>
    members.slice(group * groupSize, (group + 1) * groupSize).toSorted((a, b) => (a.sid < b.sid ? -1 : 1))
  )
  const map = groupMapOf(groups)
  const handlers = new Map<PeerIdText, MeasureHandler>()
  const tampered = new Map<PeerIdText, (handler: MeasureHandler) => MeasureHandler>()
  const silent = new Set<PeerIdText>()
  const cells = sids.map(() => sids.map((): DelayCell | undefined => undefined))
  watchProbes(datapaths, { cells, indexOf, clock })

  const transportOf = (index: number): MeasureTransport => ({
    exchange: async (peer, use, signal) => {
      const self = members[index] as Member
      const to = indexOf(peer.sid)
      const travel = async (from: number, other: number): Promise<void> => await clock.sleep(ms(delays[from]?.[other] ?? NaN), signal)
      if (silent.has(peer.peerId) || silent.has(self.peerId)) throw new Error('no connection')
      return await use({
        ask: async (request) => {
          const handler = handlers.get(peer.peerId)
          if (handler === undefined) throw new Error('not listening')
          await travel(index, to)
          const reply = await (tampered.get(peer.peerId)?.(handler) ?? handler)(self.peerId, request)
          await travel(to, index)
          return reply
        }
      })
    },
    serve: (handler) => {
      handlers.set((members[index] as Member).peerId, handler)
      return Promise.resolve()
    },
    close: () => {
      handlers.delete((members[index] as Member).peerId)
      return Promise.resolve()
    }
  })

  const nodes = members.map((member, index): WanNode => {
    const own = groups[groupOf(index)] ?? []
    const roster: Roster = { members: own, fingerprint: groupOf(index) + 1 }
    const rosterSource = Object.assign(new Listeners<{ change: Roster }>(), { current: () => roster })
    const view = (): DelayMatrix => ({
      sids: own.map(({ sid }) => sid),
      cells: own.map((from) => own.map((to) => cells[indexOf(from.sid)]?.[indexOf(to.sid)])),
      rates: own.map(({ sid }) => (clocks[indexOf(sid)]?.drift ?? 0) - (clocks[index]?.drift ?? 0))
    })
    const matrix = Object.assign(new Listeners<{ update: DelayMatrix }>(), { current: view })
    const datapath = datapaths[index] as SimulatedDatapath
    const logger = silentLogger()
    const signer = identities[index] as Signer
    const directory = { members: () => members, find: (peerId: PeerIdText) => Promise.resolve(members.find((one) => one.peerId === peerId)) }
    const beyond = createBeyond(
      {
        directory,
        groups: { map: () => map },
        roster: rosterSource,
        matrix,
        datapath,
        transport: transportOf(index),
        signer,
        verify: verifySignature,
        landmarkDraw: () => ({ beacon: new Uint8Array(32).fill(seed) }),
        reporters: () =>
          reportersOf(
            own.map(({ sid }) => sid),
            new Uint8Array(32).fill(seed)
          ),
        clock,
        random,
        logger
      },
      { networkId: 'three-groups', pulseInterval: PULSE, peersUpTo: 0 }
    )
    const headend = createSrPolicy(
      { datapath, matrix, roster: rosterSource, beyond, self: member, localPrefixes: [ipPrefix(`${member.overlayAddress}/128`)], clock, logger },
      { pulseInterval: PULSE, transit: true }
    )
    return { index, group: groupOf(index), member, signer, datapath, beyond, headend }
  })
  for (const { datapath } of nodes) await datapath.start()
  for (const { beyond, headend } of nodes) {
    await beyond.start()
    await headend.start()
  }
  return {
    clock,
    nodes,
    delays,
    indexOf,
    trueDelay: (from, segments) => segments.reduce(({ sum, here }, sid) => ({ sum: sum + (delays[here]?.[indexOf(sid)] ?? NaN), here: indexOf(sid) }), { sum: 0, here: from }).sum,
    ask: async (from, to, request) => await transportOf(from).exchange(members[to] as Member, ({ ask }) => ask(request), new AbortController().signal),
    tamper: (index, change) => tampered.set((members[index] as Member).peerId, change),
    silence: (index) => silent.add((members[index] as Member).peerId),
    stop: async () => {
      for (const { beyond, headend, datapath } of nodes) {
        await headend.stop()
        await beyond.stop()
        await datapath.stop()
      }
    }
  }
}

function watchProbes(
  datapaths: readonly SimulatedDatapath[],
  into: { readonly cells: (DelayCell | undefined)[][]; readonly indexOf: (sid: Sid) => number; readonly clock: VirtualClock }
): void {
  datapaths.forEach((datapath, to) => {
    datapath.on('probe', ({ from, sentAt, receivedAt }) => {
      const row = into.cells[into.indexOf(from)] as (DelayCell | undefined)[]
      row[to] = { oneWayDelay: us(Number(receivedAt - sentAt) / 1000), loss: ratio(0), ipdv: us(0), sampledAt: into.clock.now() }
    })
  })
}

function groupMapOf(groups: readonly (readonly Member[])[]): GroupMap {
  const all = groups.map((members, index) => ({ number: index + 1, members: members.map(({ peerId }) => peerId), guests: [] }))
  return {
    groups: all,
    group: (number) => all[number - 1],
    groupOf: (peerId) => all.find(({ members }) => members.includes(peerId))?.number,
    hostOf: () => undefined
  }
}
