import { expect } from 'chai'
import { ipPrefix } from '@srwan/interface'
import type { Datapath, DatapathConfig, DatapathEvents, DatapathPeer, DatapathPolicy, Milliseconds, SegmentList, Sid, UnderlayEndpoint } from '@srwan/interface'

/** What a test asks of the datapaths under test. */
export interface DatapathHarnessOptions {
  /** 2 to 5 datapaths, each on its own endpoint. */
  readonly count: number
  /** One-way delay of the underlay between two of them, ms. */
  readonly delay: (from: number, to: number) => number
  readonly probeInterval: Milliseconds
}

/** Connected datapaths on a network with given delays, real or simulated. Started by the factory; not configured. */
export interface DatapathHarness {
  readonly datapaths: readonly Datapath[]
  readonly sids: readonly Sid[]
  /** Where datapath `from` reaches datapath `to`: what its config names. */
  readonly endpoint: (from: number, to: number) => UnderlayEndpoint
  /** Difference that an exact measurement may show here, ms: 0.001 on a virtual clock, what the machine's timers allow on a real one. */
  readonly tolerance: number
  /** Changes the underlay, one way; `undefined` = everything is lost. */
  readonly setDelay: (from: number, to: number, delay: number | undefined) => void
  /** Lets that much time pass. */
  readonly advance: (duration: number) => Promise<void>
  /** Lets time pass until the promise settles. */
  readonly settle: <T>(promise: Promise<T>) => Promise<T>
  /** Sends one inner packet as a program on `from` would, to the overlay address of `to`; absent where the harness has no TUN. */
  readonly sendData?: (from: number, to: number, octets: number) => void
  /** Stops everything and frees it. */
  readonly close: () => Promise<void>
}

/** Makes started, connected datapaths; one call per test. */
export type DatapathHarnessFactory = (options: DatapathHarnessOptions) => Promise<DatapathHarness>

/** Makes datapaths for one test; they are closed when it ends. */
export type MakeHarness = (options: DatapathHarnessOptions) => Promise<DatapathHarness>

/** Overlay address that the suites give to the datapath of an index. */
export function overlayPrefix(index: number): ReturnType<typeof ipPrefix> {
  return ipPrefix(`fd53:5257::${(index + 1).toString(16)}/128`)
}

/** Everybody else as peers. */
export function peersOf(harness: DatapathHarness, self: number, except: readonly number[] = []): DatapathPeer[] {
  return harness.sids.flatMap((sid, index) =>
    index === self || except.includes(index)
      ? []
      : [
          {
            sid,
            publicKey: (harness.datapaths[index] as Datapath).publicKey,
            endpoint: harness.endpoint(self, index),
            prefixes: [overlayPrefix(index)],
            relays: harness.sids.filter((_, relay) => relay !== self && relay !== index && !except.includes(relay)).slice(0, 3)
          }
        ]
  )
}

/** A config with everybody as peers and, unless said otherwise, the default policy to each. */
export function configOf(harness: DatapathHarness, self: number, change: Partial<DatapathConfig> = {}): DatapathConfig {
  const peers = change.peers ?? peersOf(harness, self)
  const policies = peers.map(({ sid }) => policyOf(harness, self, harness.sids.indexOf(sid), {}))
  return { localPrefixes: [overlayPrefix(self)], peers, policies, transit: true, ...change }
}

export function policyOf(harness: DatapathHarness, self: number, endpoint: number, change: Partial<DatapathPolicy>): DatapathPolicy {
  return {
    endpoint: harness.sids[endpoint] as Sid,
    color: 1,
    forward: [listOf(harness, endpoint)],
    reverse: [listOf(harness, self)],
    active: { forward: 0, reverse: 0 },
    keepOpen: false,
    ...change
  }
}

/** A segment list by indexes. */
export function listOf(harness: DatapathHarness, ...indexes: readonly number[]): SegmentList {
  return indexes.map((index) => harness.sids[index] as Sid)
}

export function configureAll(harness: DatapathHarness): void {
  harness.datapaths.forEach((datapath, index) => {
    expect(datapath.reconfigure(configOf(harness, index))).to.equal('applied')
  })
}

/** Settles with the first event that fits. */
export function eventOf<K extends keyof DatapathEvents>(datapath: Datapath, name: K, fits: (event: DatapathEvents[K]) => boolean = () => true): Promise<DatapathEvents[K]> {
  return new Promise((resolve) => {
    const listener = (event: DatapathEvents[K]): void => {
      if (!fits(event)) return
      datapath.off(name, listener)
      resolve(event)
    }
    datapath.on(name, listener)
  })
}
