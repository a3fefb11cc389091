import './polyfill.ts'
import { join } from 'node:path'
import { createAccountant } from '@srwan/accounting'
import { ipPrefix } from '@srwan/interface'
import { createMeasurement } from '@srwan/measurement'
import { verifySignature } from '@srwan/membership'
import { beyondOfNode } from './beyond/beyond-of-node.ts'
import { ComposedNode } from './composed-node.ts'
import { ConnectionKeeper } from './connection-keeper.ts'
import { directoryOfNode } from './directory/directory-of-node.ts'
import { ditexOfNode } from './ditex/ditex-of-node.ts'
import { topicOfNode } from './group-topic.ts'
import { chainOfNode, groupsOfNode } from './groups/chain-of-node.ts'
import { createHealthBoard } from './health.ts'
import { createNetworkStack } from './network-stack.ts'
import { checkOwnMembership } from './own-membership.ts'
import { pathChoiceOfNode } from './path-choice-of-node.ts'
import { evidenceOfNode, quarantineOfNode } from './quarantine/quarantine-of-node.ts'
import { RefusalList } from './refusal-list.ts'
import { RosterService } from './roster/roster-service.ts'
import { createStateStore } from './state-store.ts'
import { createTrafficMetrics } from './traffic-metrics.ts'
import type { Node } from './node.ts'
import type { NodeInit } from './node-init.ts'
import type { Datapath, IpPrefix, TunInit } from '@srwan/interface'

/** The whole overlay is on-link at the TUN: every overlay address is reached through it. */
const OVERLAY_PREFIX_LENGTH = 32
/** "RW": mark of the outer packets where there is a device, so that a site prefix which covers an underlay address cannot loop them into it. */
const OUTER_MARK = 0x5257

/**
 * Composes one node; nothing runs before its `start`.
 *
 * ```
 *   membership ──▶ roster ◀──▶ libp2p ◀── connection keeper
 *                    │            │
 *                    ▼            ▼
 *   datapath ◀─▶ measurement ◀─▶ group topic
 *     ▲ ▲ │          │
 *     │ └─┼─ sr-policy ◀┴── beyond ◀── other groups
 *     │   ▼      ▲
 *     └ evidence ┴ quarantine
 * ```
 *
 * @throws InvalidInputError, NotAuthorisedError, MalformedMessageError where network file, certificate, key and prefixes do not fit together
 */
export async function createNode(init: NodeInit): Promise<Node> {
  const { identity, networkFile, clock, random, logger } = init
  const { pulseInterval } = networkFile.parameters

  // Who we are, and who says so.
  const own = checkOwnMembership(init)
  const health = createHealthBoard()

  // The data plane: it owns its keys, and forwards whatever happens to the rest.
  const datapath = await createDatapath(init, own.sitePrefixes)

  // What was carried, for whom: begins before the datapath and ends after it.
  const accountant = createAccountant(
    { datapath, clock, logger: logger.forComponent('srwan:accounting') },
    { file: init.home === undefined ? undefined : join(init.home, 'state', 'ledger') }
  )

  // The network of control: connections, who may use them, who is known.
  const traffic = createTrafficMetrics(clock)
  const refused = new RefusalList(clock)
  const libp2p = await createNetworkStack({
    networkId: networkFile.id,
    identity,
    listen: init.listen,
    refused,
    traffic,
    admissions: () => roster,
    clock,
    logger
  })
  const roster: RosterService = new RosterService(
    { libp2p, identity, store: createStateStore(init.home), refused, health, clock, logger: logger.forComponent('srwan:roster') },
    { network: own.network, membership: init.certificate, revocations: init.revocations ?? [] }
  )

  // The group: what it measures, and the paths chosen from that.
  const chain = chainOfNode(init, { libp2p, admissions: roster })
  const groups = groupsOfNode(init, { roster, chain })
  const directory = directoryOfNode(init, { libp2p, roster, groups })
  const keeper = new ConnectionKeeper(
    { libp2p, roster, groups, directory, links: traffic.links, clock, random, logger: logger.forComponent('srwan:connections') },
    { self: identity.peerId, bootstrap: networkFile.bootstrap }
  )
  const topic = topicOfNode(init, { libp2p, roster, groups })
  const measurement = createMeasurement(
    { datapath, roster: groups.roster, topic, signer: identity, verify: verifySignature, clock, random, logger, networkId: networkFile.id },
    { pulseInterval }
  )
  // Routers of other groups: leases with them, and the relays worth probing.
  const beyond = beyondOfNode(init, { libp2p, datapath, roster, groups, chain, matrix: measurement })
  // The exchange: what everybody holds, and what this node writes into it.
  const ditex = ditexOfNode(init, { libp2p, roster, groups, chain, measurement, beyond, keeper, directory, health, own })
  // Who is left out of paths: verdicts on what was seen, here and by others.
  const quarantine = quarantineOfNode(init, { groups, log: ditex.observations, measurement })
  const srPolicy = pathChoiceOfNode(init, { datapath, roster: groups.roster, beyond, avoided: quarantine, matrix: measurement, own })
  const evidence = evidenceOfNode(init, { datapath, measurement, srPolicy, quarantine, roster: groups.roster })
  const base = { datapath, accountant, libp2p, roster, directory, keeper, health, traffic, own }
  return new ComposedNode(init, { ...base, groups, chain, topic, measurement, beyond, srPolicy, quarantine, evidence, ditex })
}

/** A prefix of one address is this machine's own: it becomes an address of the device, so that a member without a site can speak to IPv4 sites. */
function isHostPrefix(prefix: IpPrefix): boolean {
  return prefix.endsWith(prefix.includes(':') ? '/128' : '/32')
}

function tunInit({ name, mtu, mtuMax }: NonNullable<NodeInit['tun']>, addresses: readonly IpPrefix[]): TunInit {
  return { name, mtu, addresses, ...(mtuMax === undefined ? {} : { mtuMax }) }
}

async function createDatapath(init: NodeInit, sitePrefixes: readonly IpPrefix[]): Promise<Datapath> {
  const { identity, networkFile, listen, tun, testbedClock } = init
  const factory = init.datapathFactory ?? (await import('@srwan/datapath')).createNativeDatapath
  const overlay = ipPrefix(`${identity.overlayAddress}/${OVERLAY_PREFIX_LENGTH}`)
  const datapath = await factory({
    networkId: networkFile.id,
    sid: identity.sid,
    listen: { address: listen.address, port: listen.udpPort },
    probeInterval: networkFile.parameters.pulseInterval,
    ...(tun === undefined ? {} : { tun: tunInit(tun, [overlay, ...sitePrefixes.filter(isHostPrefix)]) }),
    ...(init.threads === undefined ? {} : { threads: init.threads }),
    mark: init.mark ?? (tun === undefined ? 0 : OUTER_MARK)
  })
  if (testbedClock !== undefined) datapath.adjustClock({ step: testbedClock.offset, drift: testbedClock.drift })
  return datapath
}
