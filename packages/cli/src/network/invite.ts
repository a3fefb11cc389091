import { parse } from 'yaml'
import { nodeName } from '@srwan/config'
import { readFile } from 'node:fs/promises'
import { InvalidInputError } from '@srwan/interface'
import { loadNetwork, loadSettings } from '@srwan/daemon/light'
import { createInvitation, loadOrganisation } from '@srwan/membership'
import type { InvitedNetwork } from '@srwan/membership'
import type { Context } from '../context.ts'
import { namingTheFlag, textOption } from '../option-values.ts'
import { settingFlags } from '../setting-flags.ts'
import { expiry, validity } from './dates.ts'

/** `srwan network invite --name NODE`: one line on stdout; with --qr and a terminal a QR code on stderr. */
export async function invite(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const name = textOption('--name', options['name'], nodeName())
  const prefixes = (options['prefix'] ?? []) as readonly string[]
  const { now, issuedAt, notAfter } = validity(options['valid'])
  const redeemBefore = expiry(now, options['expires'])
  const { network, networkFile } = await loadNetwork(await loadSettings({ home: context.options.home, environment: context.environment, flags: settingFlags(context) }))
  if (network.bootstrap.length === 0) {
    throw new InvalidInputError({ source: networkFile, field: 'bootstrap' }, 'names no member that a new one could dial', {
      remedy: 'Add an address such as /ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…; `srwan status --json` shows those of this node as multiaddrs.'
    })
  }
  const organisation = await loadOrganisation(context.paths.organisationKey)
  const written = parse(await readFile(networkFile, 'utf8')) as { readonly parameters?: InvitedNetwork['parameters'] }
  const invited = { id: network.id, organisation: network.organisation ?? '', bootstrap: network.bootstrap, parameters: written.parameters ?? {} }
  const line = namingTheFlag(() => createInvitation(organisation, { network: invited, name, prefixes, issuedAt, notAfter, redeemBefore }))
  if (!context.json({ schemaVersion: 1, invitation: line, name, redeemBefore: new Date(redeemBefore).toISOString() })) context.print(line)
  if (options['qr'] === true && context.stderr.isTTY === true) {
    const { renderUnicodeCompact } = await import('uqr')
    context.note(renderUnicodeCompact(line, { ecc: 'L', border: 2 }))
  }
  if (context.options.json !== true)
    context.note(
      `  for one machine, until ${new Date(redeemBefore).toISOString()}: \`srwan network join LINE\`, then \`srwan up\`. Whoever has the line can join: send it over a channel that you trust.`
    )
}
