import { ipPrefix } from '@srwan/interface'
import type { AvoidedRouters, BeyondSource, Datapath, MatrixSource, RosterSource } from '@srwan/interface'
import { createSrPolicy } from '@srwan/sr-policy'
import type { SrPolicy } from '@srwan/sr-policy'
import type { NodeInit } from './node-init.ts'
import type { OwnMembership } from './own-membership.ts'

/** What the headend of a node works with. */
interface PathChoiceParts {
  readonly datapath: Datapath
  readonly roster: RosterSource
  readonly beyond: BeyondSource
  readonly avoided: AvoidedRouters
  readonly matrix: MatrixSource
  readonly own: OwnMembership
}

/** The headend of a node: it delivers the overlay address and the site prefixes of its certificate. */
export function pathChoiceOfNode({ identity, networkFile, roles, clock, logger }: NodeInit, { own, ...parts }: PathChoiceParts): SrPolicy {
  const { pulseInterval, maxTransits } = networkFile.parameters
  const localPrefixes = [ipPrefix(`${identity.overlayAddress}/128`), ...own.sitePrefixes]
  return createSrPolicy({ ...parts, self: identity, localPrefixes, clock, logger }, { pulseInterval, maxTransits, transit: roles.includes('transit') })
}
