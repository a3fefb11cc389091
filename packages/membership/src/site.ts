import { signedOctets } from '@srwan/wire'
import { InvalidInputError } from '@srwan/interface'
import { keyOfPeerId, verifyWith } from './ed25519.ts'
import { checkSitePrefix } from './ip-prefixes.ts'
import { parseOrganisationKey } from './organisation.ts'
import type { NetworkTrust, Organisation, SitesByRouter } from './organisation.ts'
import type { IpPrefix, PeerIdText } from '@srwan/interface'

/** One entry of `sites` in a network file: the organisation lets a router serve a prefix that its certificate does not hold. */
export interface Site {
  readonly prefix: string
  /** Peer id of the router. */
  readonly router: string
  /** Of the organisation, base64url. */
  readonly signature: string
}

/** What is signed: router and prefix, the prefix in its one written form. */
function statement(networkId: string, router: string, prefix: IpPrefix): Uint8Array {
  return signedOctets('srwan-site', networkId, new TextEncoder().encode(`${router} ${prefix}`))
}

/**
 * Signs an entry for the network files of all members.
 *
 * @throws InvalidInputError where prefix or router is unusable
 */
export function signSite(organisation: Organisation, init: { readonly networkId: string; readonly router: PeerIdText; readonly prefix: string }): Site {
  const prefix = checkSitePrefix(init.prefix, { source: 'site', field: 'prefix' })
  checkRouter(init.router, { source: 'site', field: 'router' })
  const signature = organisation.sign(statement(init.networkId, init.router, prefix))
  return { prefix, router: init.router, signature: Buffer.from(signature).toString('base64url') }
}

/**
 * Checks every entry: one that does not verify makes the whole file unusable, rather than some traffic going astray.
 *
 * @throws InvalidInputError naming the entry
 */
export function verifySites(network: NetworkTrust, sites: readonly Site[]): SitesByRouter {
  const byRouter = new Map<PeerIdText, IpPrefix[]>()
  const key = parseOrganisationKey(network.organisation)
  sites.forEach((site, index) => {
    const at = { source: 'network file', field: `sites.${index}` }
    const prefix = checkSitePrefix(site.prefix, at)
    const router = checkRouter(site.router, at)
    if (!verifyWith(key, statement(network.id, router, prefix), new Uint8Array(Buffer.from(site.signature, 'base64url')))) {
      throw new InvalidInputError(at, `the organisation did not sign that ${router} serves ${prefix}`, { remedy: 'make the entry with `srwan network site`, and copy it as it is' })
    }
    byRouter.set(router, [...(byRouter.get(router) ?? []), prefix])
  })
  return byRouter
}

function checkRouter(router: string, at: { readonly source: string; readonly field: string }): PeerIdText {
  try {
    keyOfPeerId(router as PeerIdText)
  } catch (cause) {
    throw new InvalidInputError(at, 'the router is not the peer id of a node', { cause, remedy: '`srwan network members` shows peer ids' })
  }
  return router as PeerIdText
}
