import { parse } from 'yaml'
import { nodeName } from '@srwan/config'
import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '@srwan/interface'
import { loadNetwork, loadSettings } from '@srwan/daemon/light'
import { createInvitation, createOpenInvitation, loadOrganisation } from '@srwan/membership'
import type { InvitedNetwork, NetworkEssentials } from '@srwan/membership'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { namingTheFlag, textOption } from '../option-values.ts'
import { settingFlags } from '../setting-flags.ts'
import { expiry, validity } from './dates.ts'

type Options = Readonly<Record<string, unknown>>

/** `srwan network invite`: one line on stdout; with --qr and a terminal a QR code on stderr. A private network invites one node by name, an open one everybody who gets the line. */
export async function invite(context: Context, _args: readonly string[], options: Options): Promise<undefined> {
  const { network, networkFile } = await loadNetwork(await loadSettings({ home: context.options.home, environment: context.environment, flags: settingFlags(context) }))
  if (network.bootstrap.length === 0) {
    throw new InvalidInputError({ source: networkFile, field: 'bootstrap' }, 'names no member that a new one could dial', {
      remedy: 'Add an address such as /ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…; `srwan status --json` shows those of this node as multiaddrs.'
    })
  }
  const written = parse(await readFile(networkFile, 'utf8')) as { readonly parameters?: NetworkEssentials['parameters'] }
  const essentials: NetworkEssentials = { id: network.id, bootstrap: network.bootstrap, parameters: written.parameters ?? {} }
  if (network.organisation === undefined) await inviteAnyone(context, essentials, options)
  else await inviteOne(context, { ...essentials, organisation: network.organisation }, options)
}

async function inviteOne(context: Context, network: InvitedNetwork, options: Options): Promise<void> {
  const name = textOption('--name', options['name'], nodeName())
  const prefixes = (options['prefix'] ?? []) as readonly string[]
  const { now, issuedAt, notAfter } = validity(options['valid'])
  const redeemBefore = expiry(now, options['expires'])
  const organisation = await loadOrganisation(context.paths.organisationKey)
  const line = namingTheFlag(() => createInvitation(organisation, { network, name, prefixes, issuedAt, notAfter, redeemBefore }))
  if (!context.json({ schemaVersion: 1, invitation: line, name, redeemBefore: new Date(redeemBefore).toISOString() })) context.print(line)
  await showCode(context, line, options)
  if (context.options.json !== true)
    context.note(
      `  for one machine, until ${new Date(redeemBefore).toISOString()}: \`srwan network join LINE\`, then \`srwan up\`. Whoever has the line can join: send it over a channel that you trust.`
    )
}

async function inviteAnyone(context: Context, network: NetworkEssentials, options: Options): Promise<void> {
  for (const flag of ['name', 'prefix']) {
    if (options[flag] !== undefined) throw new UsageError(`--${flag} means nothing in an open network: whoever joins says itself who it is`, { remedy: 'Leave it away.' })
  }
  const line = createOpenInvitation(network)
  if (!context.json({ schemaVersion: 1, invitation: line })) context.print(line)
  await showCode(context, line, options)
  if (context.options.json !== true)
    context.note('  for anyone, as often as it is used: `srwan network join LINE`, then `srwan up`. It is no secret; it goes on for as long as one of its members does.')
}

async function showCode(context: Context, line: string, options: Options): Promise<void> {
  if (options['qr'] !== true || context.stderr.isTTY !== true) return
  const { renderUnicodeCompact } = await import('uqr')
  context.note(renderUnicodeCompact(line, { ecc: 'L', border: 2 }))
}
