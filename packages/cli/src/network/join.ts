import { systemClock } from '@srwan/clock'
import { formatCertificateFile, networkFileSchema, readYaml, writeConfig } from '@srwan/config'
import type { NetworkFileText, NodeConfigText } from '@srwan/config'
import { acceptInvitation, createIdentity } from '@srwan/membership'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { writeHome } from './new-home.ts'

/** Longest invitation that is read from stdin. */
const MAX_LINE = 16 * 1024

/** `srwan network join LINE`: this home gets a key of its own and becomes a member. */
export async function join(context: Context, args: readonly string[]): Promise<undefined> {
  const line = args[0] === '-' ? await lineFromStdin() : (args[0] ?? '')
  const identity = createIdentity()
  const { invitation, certificate } = acceptInvitation(identity, line, systemClock().wallTime())
  const { id, organisation, bootstrap, parameters } = invitation.network
  const network = writeConfig({ id, kind: 'private', organisation, bootstrap: [...bootstrap], parameters, money: 'none' } as NetworkFileText)
  readYaml(networkFileSchema, network, 'invitation')
  const v6 = bootstrap.length > 0 && bootstrap.every((address) => address.startsWith('/ip6/'))
  const config: NodeConfigText = { name: invitation.name, ...(v6 ? { listen: { address: '::' } } : {}) }
  await writeHome(context.paths, { identity, network, certificate: formatCertificateFile(certificate), config: writeConfig(config) })
  const { peerId, sid, overlayAddress } = identity
  if (context.json({ schemaVersion: 1, network: id, name: invitation.name, home: context.paths.home, peerId, sid, overlayAddress })) return
  context.print(`joined ${id} as ${invitation.name} at ${overlayAddress}`)
  context.note(`  next: \`srwan up\`; another member must see this node before ${new Date(invitation.redeemBefore).toISOString()}`)
}

async function lineFromStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk as string
    if (text.length > MAX_LINE) throw new UsageError(`stdin holds more than ${MAX_LINE} characters`, { remedy: 'Hand in the one line that `srwan network invite` printed.' })
  }
  return text.trim()
}
