import { genesisBeacon } from '@srwan/groups'
import { sidOf, verifySignature } from '@srwan/membership'
import { AnchoredDraw } from '../groups/anchored-draw.ts'
import { awaitAdmission } from '../membership-gate.ts'
import { createBeyond } from './create-beyond.ts'
import { createLibp2pMeasureTransport } from './libp2p-measure-transport.ts'
import type { Groups } from '@srwan/groups'
import type { Datapath, MatrixSource } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { GroupChain } from '../groups/group-chain.ts'
import type { NodeInit } from '../node-init.ts'
import type { RosterService } from '../roster/roster-service.ts'
import type { Beyond } from './beyond.ts'

/** The parts of a node that paths to other groups need. */
export interface NodeBeyondParts {
  readonly libp2p: Libp2p
  readonly datapath: Datapath
  readonly roster: RosterService
  readonly groups: Groups
  readonly chain: GroupChain
  readonly matrix: MatrixSource
}

/** Routers of other groups, for one node: over libp2p, with the roster as the directory, and landmarks drawn by the anchored beacons, or the network's first one as long as no epoch is anchored. */
export function beyondOfNode(init: NodeInit, { libp2p, datapath, roster, groups, chain, matrix }: NodeBeyondParts): Beyond {
  const { identity, networkFile, clock, random, logger } = init
  const draw = new AnchoredDraw({ groups, beacons: chain, vectors: () => chain.vectors(), sidOf, self: identity.peerId, genesis: genesisBeacon(networkFile.id) })
  const transport = createLibp2pMeasureTransport({
    libp2p,
    admitted: (peerId) => awaitAdmission(roster, clock, peerId),
    clock,
    logger: logger.forComponent('srwan:measure')
  })
  return createBeyond(
    {
      directory: roster,
      groups,
      roster: groups.roster,
      matrix,
      datapath,
      transport,
      signer: identity,
      verify: verifySignature,
      landmarkDraw: draw.landmarks,
      reporters: draw.reporters,
      clock,
      random,
      logger
    },
    { networkId: networkFile.id, pulseInterval: networkFile.parameters.pulseInterval }
  )
}
