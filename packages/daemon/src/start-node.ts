import { systemRandom } from '@srwan/clock'
import { ns } from '@srwan/interface'
import type { Clock, ComponentLogger } from '@srwan/interface'
import { createNode } from '@srwan/node'
import type { Node, NodeInit } from '@srwan/node'
import type { Home } from './home.ts'

/** What a node is made of, besides its home. */
export interface NodeComponents {
  readonly clock: Clock
  readonly logger: ComponentLogger
}

/**
 * Makes the real node of a home; nothing runs before its `start`.
 *
 * @throws InvalidInputError, NotAuthorisedError where network file, certificate, key and prefixes do not fit together
 */
export async function startNode(home: Home, { clock, logger }: NodeComponents): Promise<Node> {
  const { config, network, identity, certificate, revocations, organisation } = home
  const { tun, testbed, asn } = config
  return createNode({
    home: home.paths.home,
    networkFile: network,
    identity,
    certificate,
    revocations,
    ...(organisation === undefined ? {} : { organisation }),
    ...(config.name === undefined ? {} : { name: config.name }),
    geo: present({ ...config.geo, asn }),
    roles: config.roles,
    listen: config.listen,
    advertise: config.advertise,
    sitePrefixes: config.prefixes,
    ...(tun === 'none' ? {} : { tun }),
    threads: config.datapath.threads,
    clock,
    random: systemRandom(),
    logger,
    ...(testbed === undefined ? {} : { testbedClock: { offset: ns(BigInt(Math.round(testbed.clock.offset * 1e6))), drift: testbed.clock.drift } })
  })
}

/** Fields that are set; the interfaces distinguish absent from `undefined`. */
function present(geo: { [K in keyof NodeInit['geo']]: NodeInit['geo'][K] | undefined }): NodeInit['geo'] {
  return Object.fromEntries(Object.entries(geo).filter(([, value]) => value !== undefined))
}
