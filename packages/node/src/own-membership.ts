import { InvalidInputError } from '@srwan/interface'
import { refuseUnsupported } from '@srwan/config'
import { checkSitePrefix, openMembership, parsePrefix, prefixContains, verifyCertificate, verifySites } from '@srwan/membership'
import type { NodeInit } from './node-init.ts'
import type { IpPrefix } from '@srwan/interface'
import type { NetworkAdmission, VerifiedMembership } from '@srwan/membership'

/** What this node may do here, checked before anything is opened. */
export interface OwnMembership {
  readonly network: NetworkAdmission
  readonly membership: VerifiedMembership
  /** Site prefixes that it serves. */
  readonly sitePrefixes: readonly IpPrefix[]
}

/**
 * Checks network file, certificate and prefixes against each other.
 *
 * @throws InvalidInputError, NotAuthorisedError, MalformedMessageError
 */
export function checkOwnMembership(init: Pick<NodeInit, 'networkFile' | 'certificate' | 'identity' | 'sitePrefixes' | 'clock'>): OwnMembership {
  const { id, kind, organisation, sites } = init.networkFile
  if (kind === 'open' || organisation === undefined) return checkOpen(init)
  const trust = { id, organisation }
  const membership = verifyCertificate(trust, init.certificate, init.clock.wallTime())
  if (membership.peerId !== init.identity.peerId) {
    throw new InvalidInputError({ source: 'certificate' }, 'it was made for another node key', {
      remedy: 'join again with a new invitation, or restore the key that belongs to it'
    })
  }
  const network = { ...trust, sites: verifySites(trust, sites) }
  const granted = [...membership.prefixes, ...(network.sites.get(membership.peerId) ?? [])]
  const wanted = init.sitePrefixes ?? []
  const sitePrefixes = wanted.length === 0 ? granted : wanted.map((prefix, i) => checkGranted(prefix, granted, i))
  return { network, membership, sitePrefixes }
}

/** Whoever has a key is a member of an open network; there is nobody who could grant it a site prefix. */
function checkOpen({ networkFile, identity, sitePrefixes, clock }: Pick<NodeInit, 'networkFile' | 'identity' | 'sitePrefixes' | 'clock'>): OwnMembership {
  refuseUnsupported(networkFile, 'network file')
  if ((sitePrefixes ?? []).length > 0) {
    throw new InvalidInputError({ source: 'config', field: 'prefixes.0' }, 'an open network takes no site prefixes: no organisation says who may serve them', {
      remedy: 'remove it here, or make a private network (`srwan network create NAME`)'
    })
  }
  return { network: { id: networkFile.id }, membership: openMembership(identity.peerId, clock.wallTime()), sitePrefixes: [] }
}

function checkGranted(text: string, granted: readonly IpPrefix[], index: number): IpPrefix {
  const at = { source: 'config', field: `prefixes.${index}` }
  const prefix = checkSitePrefix(text, at)
  const inner = parsePrefix(prefix)
  const covered = granted.some((outer) => {
    const parsed = parsePrefix(outer)
    return parsed !== undefined && inner !== undefined && prefixContains(parsed, inner)
  })
  if (!covered)
    throw new InvalidInputError(at, `the certificate of this node does not let it serve ${prefix}`, { remedy: 'ask for an invitation with --prefix, or remove it here' })
  return prefix
}
