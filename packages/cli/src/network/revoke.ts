import { systemClock } from '@srwan/clock'
import { loadHome } from '@srwan/daemon/light'
import { addRevocation } from '@srwan/daemon/light'
import { suggest } from '@srwan/config'
import { InvalidInputError, peerIdText, UnknownDestinationError } from '@srwan/interface'
import { loadOrganisation, revoke } from '@srwan/membership'
import type { RevocationTarget } from '@srwan/membership'
import type { Context } from '../context.ts'
import { settingFlags } from '../setting-flags.ts'
import { knownMembers } from './known-members.ts'
import { refuseWithoutOrganisation } from './organisation-only.ts'

/** `srwan network revoke NAME|PEERID`: signs, hands it to the running daemon or keeps it for the next start. */
export async function revokeMember(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const text = args[0] ?? ''
  const now = systemClock().wallTime()
  const home = await loadHome({ home: context.options.home, environment: context.environment, flags: settingFlags(context) }, now)
  refuseWithoutOrganisation(home.network, home.networkFile, 'end a membership')
  const organisation = await loadOrganisation(context.paths.organisationKey)
  const target: RevocationTarget = text.startsWith('12D3Koo') ? { peerId: peerIdText(text) } : { name: text }
  if (text === home.membership.name || text === home.identity.peerId) {
    throw new InvalidInputError({ source: 'NAME' }, `${text} is this node itself`, {
      remedy: 'Stop it with `srwan down`; another member cannot revoke without the organisation key.'
    })
  }
  if ('name' in target && options['unseen'] !== true) await refuseUnknown(context, text)
  const octets = revoke(organisation, { networkId: home.network.id, target, issuedAt: now })
  const running = await context.client.revoke(octets, context.signal).then(
    () => true,
    (error: { code?: unknown }) => {
      if (error.code !== 'ERR_DAEMON_UNREACHABLE') throw error
      return false
    }
  )
  if (!running) await addRevocation(context.paths.revocations, octets)
  if (context.json({ schemaVersion: 1, revoked: text, spreading: running })) return
  context.print(`${text} is revoked`)
  context.note(running ? '  the running node spreads it now' : '  it spreads with the next `srwan up`: no daemon runs here')
}

async function refuseUnknown(context: Context, name: string): Promise<void> {
  const { members } = await knownMembers(context)
  if (members.some((member) => member.name === name)) return
  const meant = suggest(
    name,
    members.map((member) => member.name)
  )
  throw new UnknownDestinationError(`no member called ${name} has been seen${meant === undefined ? '' : `; did you mean ${meant}?`}`, {
    remedy: 'See `srwan network members`; with --unseen it is revoked all the same, invitations that nobody has used included.'
  })
}
