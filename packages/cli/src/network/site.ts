import { systemClock } from '@srwan/clock'
import { loadHome } from '@srwan/daemon/light'
import { peerIdText, UnknownDestinationError } from '@srwan/interface'
import { loadOrganisation, signSite } from '@srwan/membership'
import type { Context } from '../context.ts'
import { settingFlags } from '../setting-flags.ts'
import { knownMembers } from './known-members.ts'
import { refuseWithoutOrganisation } from './organisation-only.ts'

/** `srwan network site ROUTER PREFIX`: signs that a member serves a prefix; prints the entry for `sites:` in every member's network file. */
export async function signSitePrefix(context: Context, args: readonly string[]): Promise<undefined> {
  const [router = '', prefix = ''] = args
  const home = await loadHome({ home: context.options.home, environment: context.environment, flags: settingFlags(context) }, systemClock().wallTime())
  refuseWithoutOrganisation(home.network, home.networkFile, 'let a member serve a site prefix')
  const organisation = await loadOrganisation(context.paths.organisationKey)
  const site = signSite(organisation, { networkId: home.network.id, router: peerIdText(await peerIdOf(context, router)), prefix })
  if (context.json({ schemaVersion: 1, site })) return
  context.print(`- { prefix: ${site.prefix}, router: ${site.router}, signature: ${site.signature} }`)
  context.note('  put this under `sites:` in network.yaml at every member, and start it again; whoever does not have it cannot reach the prefix')
}

async function peerIdOf(context: Context, router: string): Promise<string> {
  if (router.startsWith('12D3Koo')) return router
  const { members } = await knownMembers(context)
  const found = members.find((member) => member.name === router)
  if (found === undefined) throw new UnknownDestinationError(`no member called ${router} has been seen`, { remedy: 'see `srwan network members`, or give its peer id' })
  return found.peerId
}
