import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { seededRandom } from '@srwan/clock'
import { DEFAULT_PORT, formatCertificateFile, formatDuration, nodePaths } from '@srwan/config'
import type { NetworkFileText, NodeConfigText } from '@srwan/config'
import { ipPrefix, ms } from '@srwan/interface'
import type { Clock, IpPrefix } from '@srwan/interface'
import { createIdentity, createOrganisation, issueCertificate, saveIdentity, saveOrganisation } from '@srwan/membership'
import type { Identity, Organisation } from '@srwan/membership'
import type { Scenario, ScenarioNode } from './scenario.ts'
import { overlayIpv4, underlayAddress } from './underlay.ts'

/** How long the memberships last. */
const MEMBERSHIP_MS = 365 * 86_400_000
/** A certificate must not be from the future of a node whose calendar is a little behind. */
const BACKDATED_MS = 60_000
/** Members in the network file; any of them but one may be dead when a node starts. */
const BOOTSTRAP_NODES = 3

/** A node as it was provisioned. */
export interface ProvisionedNode {
  readonly node: ScenarioNode
  readonly home: string
  readonly identity: Identity
  readonly underlayAddress: string
  readonly overlayIpv4: string
  /** Those of the scenario and the node's own IPv4 address. */
  readonly prefixes: readonly IpPrefix[]
}

export interface ProvisionInit {
  readonly scenario: Scenario
  /** Directory of the nodes' homes. */
  readonly directory: string
  readonly clock: Clock
  readonly logLevel: NonNullable<NodeConfigText['logLevel']>
}

/**
 * Makes a private network of the scenario's nodes: an organisation, a key, a certificate and a configuration for each. The keys come from the
 * scenario's seed, so that a testnet has the same SIDs each time; they are worth nothing outside.
 *
 * @throws InvalidInputError, UnavailableResourceError where files cannot be written
 */
export async function provision(init: ProvisionInit): Promise<readonly ProvisionedNode[]> {
  const { scenario, directory } = init
  const random = seededRandom(scenario.seed)
  const organisation = createOrganisation(random)
  const nodes = scenario.nodes.map(
    (node, i): ProvisionedNode => ({
      node,
      home: join(directory, node.name),
      identity: createIdentity(random),
      underlayAddress: underlayAddress(i),
      overlayIpv4: overlayIpv4(i),
      prefixes: [ipPrefix(`${overlayIpv4(i)}/32`), ...node.prefixes]
    })
  )
  const network = stringify(networkFile(scenario, organisation, nodes))
  await Promise.all(
    nodes.map(async (node) => {
      await writeHome(init, organisation, node, network)
    })
  )
  // Somebody has to sign the roots of the exchange: the first node, as in a network that a person created on one machine.
  const [first] = nodes
  if (first !== undefined) await saveOrganisation(nodePaths({ home: first.home, environment: {} }).organisationKey, organisation)
  return nodes
}

function networkFile(scenario: Scenario, organisation: Organisation, nodes: readonly ProvisionedNode[]): NetworkFileText {
  const { pulseInterval, epoch, maxTransits, groupSize } = scenario.network
  return {
    id: scenario.name,
    kind: 'private',
    organisation: organisation.text,
    bootstrap: nodes.slice(0, BOOTSTRAP_NODES).map((node) => `/ip4/${node.underlayAddress}/tcp/${DEFAULT_PORT}/p2p/${node.identity.peerId}`),
    parameters: {
      ...(pulseInterval === undefined ? {} : { pulseInterval: formatDuration(pulseInterval) }),
      ...(epoch === undefined ? {} : { epoch: formatDuration(epoch) }),
      ...(maxTransits === undefined ? {} : { maxTransits }),
      ...(groupSize === undefined ? {} : { groupSize }),
      // A testnet is there to be looked at, by tests as by people.
      ditexReaders: 'anyone'
    },
    money: 'none'
  }
}

function nodeConfig({ node, underlayAddress, prefixes }: ProvisionedNode, logLevel: ProvisionInit['logLevel']): NodeConfigText {
  const { asn, ...geo } = node.geo
  return {
    name: node.name,
    listen: { address: underlayAddress, tcpPort: DEFAULT_PORT, udpPort: DEFAULT_PORT },
    advertise: [underlayAddress],
    geo,
    ...(asn === undefined ? {} : { asn }),
    roles: [...node.roles],
    prefixes: [...prefixes],
    tun: { name: 'srwan0', mtu: 1280 },
    logLevel,
    testbed: { clock: { offset: `${node.clock.offset}ms`, drift: `${node.clock.drift}ppm` } }
  }
}

async function writeHome(init: ProvisionInit, organisation: Organisation, node: ProvisionedNode, network: string): Promise<void> {
  await mkdir(node.home, { recursive: true, mode: 0o700 })
  const paths = nodePaths({ home: node.home, environment: {} })
  const now = init.clock.wallTime()
  const membership = issueCertificate(organisation, {
    networkId: init.scenario.name,
    name: node.node.name,
    peerId: node.identity.peerId,
    prefixes: node.prefixes,
    issuedAt: ms(now - BACKDATED_MS),
    notAfter: ms(now + MEMBERSHIP_MS)
  })
  await saveIdentity(paths.nodeKey, node.identity)
  await writeFile(paths.network, network, { mode: 0o600 })
  await writeFile(paths.certificate, formatCertificateFile(membership), { mode: 0o600 })
  await writeFile(paths.config, stringify(nodeConfig(node, init.logLevel)), { mode: 0o600 })
}
