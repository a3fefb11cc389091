import { systemClock, systemRandom } from '@srwan/clock'
import { networkFileSchema } from '@srwan/config'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation, issueCertificate } from '@srwan/membership'
import { createNode } from '@srwan/node'
import { silentLogger } from '@srwan/testing'
import type { Clock, Roster } from '@srwan/interface'
import type { Identity, Organisation } from '@srwan/membership'
import type { SimulatedNetworkInit } from '@srwan/datapath'
import type { Node, NodeInit } from '@srwan/node'

const DAY = 86_400_000

/** A private network whose nodes run in this process: loopback TCP, simulated datapaths. */
export interface TestNetwork {
  readonly organisation: Organisation
  readonly networkId: string
  readonly clock: Clock
  readonly certificate: (identity: Identity, name: string, options?: { readonly notAfter?: number; readonly prefixes?: readonly string[] }) => Uint8Array
  readonly node: (name: string, options?: Partial<NodeInit> & { readonly bootstrap?: readonly string[] }) => Promise<Node>
  /** Stops every node that is left. */
  readonly stop: () => Promise<void>
}

/** What a test may choose of its network besides the parameters of the network file. */
export interface TestNetworkInit {
  /** One-way delay of every link of the simulated underlay. @default 2 ms */
  readonly delay?: SimulatedNetworkInit['delay']
  /** By whose calendar certificates are issued. @default the machine's */
  readonly clock?: Clock
  readonly organisation?: Organisation
}

/** @param parameters - of the network file */
export function createTestNetwork(networkId = 'test-net', parameters: Readonly<Record<string, unknown>> = {}, init: TestNetworkInit = {}): TestNetwork {
  const { delay = () => ms(2), clock = systemClock(), organisation = createOrganisation() } = init
  const random = systemRandom()
  const simulated = createSimulatedNetwork({ clock, random, delay })
  const nodes: Node[] = []
  const certificate: TestNetwork['certificate'] = (identity, name, options = {}) =>
    issueCertificate(organisation, {
      networkId,
      peerId: identity.peerId,
      name,
      prefixes: options.prefixes ?? [],
      issuedAt: clock.wallTime(),
      notAfter: ms(options.notAfter ?? clock.wallTime() + DAY)
    })
  return {
    organisation,
    networkId,
    clock,
    certificate,
    node: async (name, options = {}) => {
      const { bootstrap = [], identity = createIdentity(), ...rest } = options
      const networkFile = networkFileSchema.parse({
        id: networkId,
        kind: 'private',
        organisation: organisation.text,
        bootstrap,
        parameters: { pulseInterval: '1s', ...parameters }
      })
      const node = await createNode({
        networkFile,
        identity,
        certificate: certificate(identity, name),
        geo: {},
        roles: ['ingress', 'transit', 'egress'],
        listen: { address: '127.0.0.1', tcpPort: 0, udpPort: 4801 },
        clock,
        random,
        logger: silentLogger(),
        datapathFactory: (init) => createSimulatedDatapath(init, simulated),
        ...rest
      })
      nodes.push(node)
      return node
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  }
}

/** Resolves as soon as the condition holds; looks every 20 ms because several sources feed it. */
export async function eventually(what: string, condition: () => boolean, timeout = 15_000): Promise<void> {
  const start = Date.now()
  while (!condition()) {
    if (Date.now() - start > timeout) throw new Error(`did not happen within ${timeout} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export const namesOf = (roster: Roster): string =>
  roster.members
    .map((member) => member.name)
    .sort()
    .join(' ')
