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

/** libp2p on loopback and the roster behind it. @param admissions - who may speak; the own roster decides by default */
export async function createTestStack(network: { readonly id: string; readonly organisation: Organisation }, admissions?: NetworkStackInit['admissions']): Promise<TestStack> {
  const identity = createIdentity()
  const refused = new RefusalList(clock)
  const logger = silentLogger()
  const traffic = createTrafficMetrics(clock)
  const stack = await createNetworkStack({
    networkId: network.id,
    identity,
    listen: { address: '127.0.0.1', tcpPort: 0 },
    refused,
    traffic,
    admissions: admissions ?? (() => roster),
    clock,
    logger
  })
  const roster: RosterService = new RosterService(
    { libp2p: stack, identity, store: createStateStore(undefined), refused, health: createHealthBoard(), clock, logger: logger.forComponent('t') },
    { network: { id: network.id, organisation: network.organisation.text }, membership: membershipOf(network.organisation, network.id, identity), revocations: [] }
  )
  return { identity, stack, roster, traffic }
}
