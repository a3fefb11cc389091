import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { createIdentity, issueCertificate } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { createHealthBoard } from '../src/health.ts'
import { createNetworkStack } from '../src/network-stack.ts'
import { RefusalList } from '../src/refusal-list.ts'
import { RosterService } from '../src/roster/roster-service.ts'
import { createStateStore } from '../src/state-store.ts'
import { createTrafficMetrics } from '../src/traffic-metrics.ts'
import type { Identity, Organisation } from '@srwan/membership'
import type { NetworkStack, NetworkStackInit } from '../src/network-stack.ts'
import type { TrafficMetrics } from '../src/traffic-metrics.ts'
import type { RosterRecord } from '@srwan/wire'

const clock = systemClock()

/** What a node of these tests says of itself. */
export const DESCRIPTOR = { datapathKey: new Uint8Array(32), endpoints: [{ address: '127.0.0.1', port: 4801 }], multiaddrs: [], geo: {}, roles: [] }

/** What a stranger thinks of membership. */
export const EVERYBODY: ReturnType<NetworkStackInit['admissions']> = { isAdmitted: () => true, isMember: () => true, on: () => {}, off: () => {} }

/** A node's libp2p and roster, not started. */
export interface TestStack {
  readonly identity: Identity
  readonly stack: NetworkStack
  readonly roster: RosterService
  readonly traffic: TrafficMetrics
}

export function membershipOf(organisation: Organisation, networkId: string, identity: Identity): Uint8Array {
  const issuedAt = clock.wallTime()
  return issueCertificate(organisation, { networkId, peerId: identity.peerId, name: 'n', prefixes: [], issuedAt, notAfter: ms(issuedAt + 1e7) })
}

/** The network of a test stack, and where the stack lives in it. */
export interface TestStackNetwork {
  readonly id: string
  /** Without one the network is open. */
  readonly organisation?: Organisation
  /** @default 127.0.0.1 */
  readonly address?: string
  /** What it remembers of a life before. */
  readonly records?: readonly RosterRecord[]
}

/** libp2p on loopback and the roster behind it. @param admissions - who may speak; the own roster decides by default */
export async function createTestStack(network: TestStackNetwork, admissions?: NetworkStackInit['admissions']): Promise<TestStack> {
  const { id, organisation, address = '127.0.0.1', records = [] } = network
  const identity = createIdentity()
  const refused = new RefusalList(clock)
  const logger = silentLogger()
  const traffic = createTrafficMetrics(clock)
  const stack = await createNetworkStack({
    networkId: id,
    identity,
    listen: { address, tcpPort: 0 },
    refused,
    traffic,
    admissions: admissions ?? (() => roster),
    clock,
    logger
  })
  const store = createStateStore(undefined)
  if (records.length > 0) await store.save({ descriptorNumber: 0, records, revocations: [] })
  const roster: RosterService = new RosterService(
    { libp2p: stack, identity, store, refused, health: createHealthBoard(), clock, logger: logger.forComponent('t') },
    organisation === undefined
      ? { network: { id }, membership: new Uint8Array(0), revocations: [] }
      : { network: { id, organisation: organisation.text }, membership: membershipOf(organisation, id, identity), revocations: [] }
  )
  return { identity, stack, roster, traffic }
}
