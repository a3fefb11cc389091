import { readFile, stat } from 'node:fs/promises'
import { systemClock } from '@srwan/clock'
import { formatCertificateFile, networkFileSchema, readYaml, writeConfig } from '@srwan/config'
import type { NetworkFileText, NodeConfigText } from '@srwan/config'
import { InvalidInputError } from '@srwan/interface'
import { OPEN_INVITATION_PREFIX, acceptInvitation, createIdentity, parseOpenInvitation } from '@srwan/membership'
import type { Identity } from '@srwan/membership'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { defaultNodeName, writeHome } from './new-home.ts'
import type { NewHome } from './new-home.ts'

/** Longest invitation that is read from stdin. */
const MAX_LINE = 16 * 1024
/** Longest network file that is taken. */
const MAX_FILE_OCTETS = 1024 * 1024

/** What becomes of an invitation, and what is said of it. */
interface Joined extends Pick<NewHome, 'network' | 'certificate'> {
  readonly id: string
  readonly name: string
  readonly bootstrap: readonly string[]
  readonly next: string
}

/** `srwan network join LINE|FILE`: this home gets a key of its own and becomes a member; an open network may be joined with its network file as well. */
export async function join(context: Context, args: readonly string[]): Promise<undefined> {
  const text = args[0] === '-' ? await lineFromStdin() : (args[0] ?? '').trim()
  const identity = createIdentity()
  const joined = text.startsWith(OPEN_INVITATION_PREFIX) ? byLine(text) : ((await byFile(text)) ?? byInvitation(identity, text))
  const v6 = joined.bootstrap.length > 0 && joined.bootstrap.every((address) => address.startsWith('/ip6/'))
  const config: NodeConfigText = { name: joined.name, ...(v6 ? { listen: { address: '::' } } : {}) }
  const { network, certificate } = joined
  await writeHome(context.paths, { identity, network, config: writeConfig(config), ...(certificate === undefined ? {} : { certificate }) })
  const { peerId, sid, overlayAddress } = identity
  if (context.json({ schemaVersion: 1, network: joined.id, name: joined.name, home: context.paths.home, peerId, sid, overlayAddress })) return
  context.print(`joined ${joined.id} as ${joined.name} at ${overlayAddress}`)
  context.note(joined.next)
}

function byInvitation(identity: Identity, line: string): Joined {
  const { invitation, certificate } = acceptInvitation(identity, line, systemClock().wallTime())
  const { id, organisation, bootstrap, parameters } = invitation.network
  const network = writeConfig({ id, kind: 'private', organisation, bootstrap: [...bootstrap], parameters, money: 'none' } as NetworkFileText)
  readYaml(networkFileSchema, network, 'invitation')
  const next = `  next: \`srwan up\`; another member must see this node before ${new Date(invitation.redeemBefore).toISOString()}`
  return { id, name: invitation.name, bootstrap, network, certificate: formatCertificateFile(certificate), next }
}

function byLine(line: string): Joined {
  const { id, bootstrap, parameters } = parseOpenInvitation(line)
  return ofOpenNetwork(writeConfig({ id, kind: 'open', bootstrap: [...bootstrap], parameters, money: 'none' } as NetworkFileText), 'invitation')
}

/** @returns `undefined` where there is no such file */
async function byFile(path: string): Promise<Joined | undefined> {
  const facts = await stat(path).catch(() => undefined)
  if (facts?.isFile() !== true) return undefined
  if (facts.size > MAX_FILE_OCTETS) throw new InvalidInputError({ source: path }, `is larger than ${MAX_FILE_OCTETS} octets`)
  return ofOpenNetwork(await readFile(path, 'utf8'), path)
}

function ofOpenNetwork(network: string, source: string): Joined {
  const { id, kind, bootstrap } = readYaml(networkFileSchema, network, source)
  if (kind !== 'open') {
    throw new InvalidInputError({ source, field: 'kind' }, 'this network is private: its file alone lets nobody in', {
      remedy: 'Ask whoever runs it for an invitation (`srwan network invite`), then `srwan network join LINE`.'
    })
  }
  const next = '  next: `srwan up`; others must reach this machine: name its address with `advertise` in config.yaml where it has several or is behind NAT'
  return { id, name: defaultNodeName(), bootstrap, network, next }
}

async function lineFromStdin(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk as string
    if (text.length > MAX_LINE) throw new UsageError(`stdin holds more than ${MAX_LINE} characters`, { remedy: 'Hand in the one line that `srwan network invite` printed.' })
  }
  return text.trim()
}
