import { systemClock } from '@srwan/clock'
import { DATAPATH_COUNTERS, ipPrefix, ms, ns, overlayAddress, peerIdText, ratio, sid, UnknownDestinationError, us } from '@srwan/interface'
import type { Clock, DatapathCounter, DatapathFeatures, DelayCell, DelayMatrix, Member, PathDecision, PathProbeRequest, PathProbeSample, Sid } from '@srwan/interface'
import type { HealthFinding, Node, PathSwitch } from '@srwan/node'
import { standInExchange } from './stand-in-exchange.ts'

/** What a test may look at and change while the node runs. */
export interface StandIn extends Node {
  readonly seen: { revocations: Uint8Array[]; clock: object[]; probes: PathProbeRequest[]; starts: number; stops: number; aborted: boolean }
  findings: HealthFinding[]
  /** As the running datapath says. */
  datapathFeatures: DatapathFeatures
  pathSwitches: PathSwitch[]
  heldExchange: ReturnType<typeof standInExchange>
  failStart?: Error | undefined
  /** `decide` waits until its signal is aborted. */
  hang: boolean
}

/** Three cities: fra (the node itself), chi and syd; the way from fra to syd is better through chi. Clock offsets in ms: fra 0, chi +60,000, syd −120,000. */
const NAMES = ['fra', 'chi', 'syd'] as const
const OFFSETS = [0, 60_000, -120_000] as const
/** True one-way delays in ms, alike in both directions. */
export const STAND_IN_DELAYS = [
  [0, 45, 190],
  [45, 0, 90],
  [190, 90, 0]
] as const
/** SIDs of the three routers of the stand-in. */
export const STAND_IN_SIDS: readonly Sid[] = NAMES.map((_, index) => sid(`${index + 1}`.repeat(16)))

const memberAt = (index: number): Member => ({
  peerId: peerIdText(`12D3KooW${'ABC'[index]?.repeat(44)}`),
  sid: STAND_IN_SIDS[index] as Sid,
  overlayAddress: overlayAddress(`fd53:5257::${index + 1}`),
  name: NAMES[index] as string,
  prefixes: index === 1 ? [ipPrefix('10.20.0.0/16')] : [],
  descriptor: {
    peerId: peerIdText(`12D3KooW${'ABC'[index]?.repeat(44)}`),
    number: 1,
    datapathKey: new Uint8Array(32),
    endpoints: [{ address: `192.0.2.${index + 1}`, port: 4801 }],
    multiaddrs: [],
    geo: { country: 'DE', city: NAMES[index] as string },
    roles: ['ingress', 'transit', 'egress']
  }
})

function decisionFor(endpoint: Sid, clock: Clock): PathDecision {
  const [fra, chi, syd] = STAND_IN_SIDS as [Sid, Sid, Sid]
  const far = endpoint === syd
  return {
    endpoint,
    color: 'latency',
    decidedAt: ms(clock.now() - 100),
    since: ms(clock.now() - 5000),
    forward: {
      active: far ? [chi, syd] : [endpoint],
      standby: far ? [syd] : undefined,
      candidates: [{ segments: [endpoint], cost: ms(0), reason: far ? 'standby' : 'active' }, ...(far ? [{ segments: [chi, syd], cost: ms(-55), reason: 'active' as const }] : [])]
    },
    reverse: { active: [fra], standby: undefined, candidates: [{ segments: [fra], cost: undefined, reason: 'active' }] },
    roundTrip: far ? { active: ms(325), default: ms(380) } : { active: ms(90), default: ms(90) },
    explanation: far ? 'through chi it is 55.0 ms faster than the default path' : 'the default path is the best'
  }
}

type Facts = Pick<
  Node,
  | 'self'
  | 'networkId'
  | 'listenEndpoint'
  | 'logger'
  | 'uptimeSeconds'
  | 'multiaddrs'
  | 'memberships'
  | 'roster'
  | 'group'
  | 'evidence'
  | 'quarantine'
  | 'sessions'
  | 'accounts'
  | 'counters'
  | 'traffic'
  | 'connections'
  | 'resolve'
>

/** What never changes while the stand-in runs. */
function factsOf(members: readonly Member[]): Facts {
  const [fra, chi, syd] = STAND_IN_SIDS as [Sid, Sid, Sid]
  const [first, second] = members as [Member, Member]
  return {
    self: { peerId: first.peerId, sid: fra, overlayAddress: 'fd53:5257::1', name: 'fra', geo: { country: 'DE', city: 'Frankfurt' }, roles: ['ingress', 'transit', 'egress'] },
    networkId: 'acme',
    listenEndpoint: { address: '127.0.0.1', port: 4801 },
    logger: { forComponent: () => ({ error() {}, warn() {}, info() {}, debug() {} }) },
    uptimeSeconds: () => 12.5,
    multiaddrs: () => ['/ip4/192.0.2.1/tcp/4801/p2p/12D3KooW'],
    memberships: () => members.map(({ peerId, sid, name }) => ({ peerId, sid, name, serial: '0'.repeat(32), registeredAt: ms(1), notAfter: ms(2e12) })),
    roster: () => ({ members, fingerprint: 0xabcdef }),
    group: () => ({ number: 1, roster: { members, fingerprint: 0xabcdef } }),
    quarantine: () => [
      {
        router: fra,
        state: 'quarantined',
        since: ms(1_800_000_000_000),
        until: ms(1_800_000_060_000),
        reasons: ['answers probes and drops data (black-hole): seen by 4 routers'],
        isAvoided: true
      }
    ],
    evidence: () => [{ kind: 'light-speed', from: fra, to: syd, boundMs: 165, excessMs: 3.25 }],
    sessions: () => [{ instance: 1, session: 1, ingress: fra, egress: syd, role: 'ingress', state: 'open', ageSeconds: 3, forwardOctets: 1, reverseOctets: 2, paths: [] }],
    accounts: () => ({
      totals: { ingress: { forwardOctets: 1000, reverseOctets: 400 }, transit: { forwardOctets: 5_000_000, reverseOctets: 0 }, egress: { forwardOctets: 0, reverseOctets: 0 } },
      carried: [{ member: syd, forwardOctets: 5_000_000, reverseOctets: 0 }],
      hops: [{ hop: chi, egress: syd, sentOctets: 1000, confirmedOctets: 990, receivedOctets: 400 }],
      sessions: [
        {
          run: '0123456789abcdef',
          instance: 1,
          session: 1,
          role: 'ingress',
          ingress: fra,
          egress: syd,
          ended: false,
          seenAt: 1_767_225_600_000,
          forwardOctets: 1000,
          reverseOctets: 400,
          paths: [{ direction: 'forward', segments: [chi, syd], sentOctets: 1000, confirmedOctets: 990, receivedOctets: 0 }]
        }
      ]
    }),
    counters: () => Object.fromEntries(DATAPATH_COUNTERS.map((name, index) => [name, index])) as Record<DatapathCounter, number>,
    traffic: () => ({ probe: { sentOctets: 1000, receivedOctets: 900 }, data: { sentOctets: 5_000_000, receivedOctets: 4_000_000 } }),
    connections: () => [{ peerId: second.peerId, address: '/ip4/192.0.2.2/tcp/4801', direction: 'outbound' }],
    resolve: (text) => {
      const found = members.find((member) => [member.name, member.sid, member.peerId, member.overlayAddress].some((one) => one === text))
      if (found === undefined) throw new UnknownDestinationError(`no member is called ${text}`, { remedy: 'see `srwan network members`' })
      return found
    }
  }
}

/** The cell syd → fra is lost; everything else was measured 2 s ago. */
function matricesOf(clock: Clock): Pick<Node, 'matrix' | 'lastKnownMatrix'> {
  const measured = (i: number, j: number): DelayCell => ({
    oneWayDelay: us(1000 * ((STAND_IN_DELAYS[i]?.[j] ?? 0) + (OFFSETS[j] ?? 0) - (OFFSETS[i] ?? 0))),
    loss: ratio(0.01),
    ipdv: us(120),
    sampledAt: ms(clock.now() - 2000)
  })
  const grid = (cell: (i: number, j: number) => DelayCell | undefined): DelayMatrix => ({
    sids: STAND_IN_SIDS,
    cells: STAND_IN_SIDS.map((_, i) => STAND_IN_SIDS.map((__, j) => (i === j ? undefined : cell(i, j)))),
    rates: [0, 0, 0]
  })
  const isLost = (i: number, j: number): boolean => i === 2 && j === 0
  return {
    matrix: () => grid((i, j) => (isLost(i, j) ? undefined : measured(i, j))),
    lastKnownMatrix: () => grid((i, j) => (isLost(i, j) ? { ...measured(i, j), loss: ratio(0), sampledAt: ms(clock.now() - 60_000) } : measured(i, j)))
  }
}

/** Rejects when the signal is aborted, and never resolves. */
async function untilAborted(signal: AbortSignal | undefined, onAbort: () => void): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => {
      onAbort()
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Every fourth probe is lost; the others take 90 ms and one more each. */
const sampleOf = (index: number): PathProbeSample | undefined =>
  index % 4 === 3 ? undefined : { forward: ns(0n), reverse: ns(0n), roundTrip: ns(BigInt(90_000_000 + index * 1_000_000)) }

/** A node that runs nothing, for tests of what is around a node. */
export function standInNode(): StandIn {
  const clock = systemClock()
  const seen: StandIn['seen'] = { revocations: [], clock: [], probes: [], starts: 0, stops: 0, aborted: false }
  const [, chi, syd] = STAND_IN_SIDS as [Sid, Sid, Sid]
  let state: ReturnType<Node['state']> = 'starting'
  const node: StandIn = {
    ...factsOf(NAMES.map((_, index) => memberAt(index))),
    ...matricesOf(clock),
    seen,
    findings: [],
    pathSwitches: [],
    heldExchange: standInExchange(),
    datapathFeatures: {
      threads: 2,
      cipher: 'aes-256-gcm',
      tunOffload: 'tso+uso',
      udpSegmentation: true,
      udpReceiveOffload: true,
      steering: true,
      receiveBufferOctets: 4_194_304,
      sendBufferOctets: 4_194_304,
      wantedBufferOctets: 4_194_304
    },
    features: () => node.datapathFeatures,
    switches: () => node.pathSwitches,
    exchange: () => node.heldExchange,
    hang: false,
    clock,
    on: () => {},
    off: () => {},
    start: async (signal) => {
      seen.starts++
      if (node.failStart !== undefined) throw node.failStart
      signal?.throwIfAborted()
      state = 'running'
    },
    stop: async () => {
      seen.stops++
      state = 'stopped'
    },
    state: () => state,
    decisions: () => [decisionFor(chi, clock), decisionFor(syd, clock)],
    decide: async (endpoint, _color, options) => {
      if (!node.hang) return decisionFor(endpoint, clock)
      return untilAborted(options?.signal, () => {
        seen.aborted = true
      })
    },
    probePaths: async (request) => {
      seen.probes.push(request)
      return { samples: [Array.from({ length: request.count ?? 10 }, (_, index) => sampleOf(index))] }
    },
    health: () => node.findings,
    revoke: async (revocation) => {
      seen.revocations.push(revocation)
    },
    adjustClock: (change) => {
      seen.clock.push(change)
    }
  }
  return node
}
