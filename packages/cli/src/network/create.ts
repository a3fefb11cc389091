import { formatCertificateFile, formatDuration, networkId, nodeName, writeConfig } from '@srwan/config'
import type { NetworkFileText, NodeConfigText } from '@srwan/config'
import { createIdentity, createOrganisation, issueCertificate, saveOrganisation } from '@srwan/membership'
import type { Identity } from '@srwan/membership'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { countOption, durationOption, namingTheFlag, textOption } from '../option-values.ts'
import { listenAddressFor, multiaddrOf, ownAddresses } from './addresses.ts'
import { validity } from './dates.ts'
import { defaultNodeName, writeHome } from './new-home.ts'
import type { NewHome } from './new-home.ts'

/** What the flags say, checked. */
interface Wanted {
  readonly id: string
  readonly name: string
  readonly identity: Identity
  readonly bootstrap: readonly string[]
  readonly parameters: NetworkFileText['parameters']
}

/** `srwan network create NAME`: this home becomes the first member and keeps the organisation's key; with --open there is no such key, and whoever knows a member may join. */
export async function create(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const isOpen = options['open'] === true
  const id = textOption('NAME', args[0], networkId())
  const name = textOption('--name', options['name'] ?? defaultNodeName(), nodeName())
  const port = countOption('--port', options['port'], { minimum: 1, maximum: 65_535 })
  const pulseInterval = durationOption('--pulse-interval', options['pulseInterval'], { minimum: 500, maximum: 600_000 })
  const given = (options['address'] ?? []) as readonly string[]
  const addresses = ownAddresses(given)
  const identity = createIdentity()
  const bootstrap = addresses.map((address) => multiaddrOf(address, port, identity.peerId))
  const wanted: Wanted = { id, name, identity, bootstrap, parameters: { pulseInterval: formatDuration(pulseInterval), epoch: '1h', maxTransits: 3 } }
  const config: NodeConfigText = { name, listen: { address: listenAddressFor(addresses), tcpPort: port, udpPort: port }, ...(given.length === 0 ? {} : { advertise: [...given] }) }
  await writeHome(context.paths, { identity, config: writeConfig(config), ...(isOpen ? openNetwork(wanted, options) : privateNetwork(wanted, options)) })

  const { peerId, sid, overlayAddress } = identity
  if (context.json({ schemaVersion: 1, network: id, kind: isOpen ? 'open' : 'private', name, home: context.paths.home, peerId, sid, overlayAddress, bootstrap })) return
  context.print(`${isOpen ? 'open network' : 'network'} ${id} made; this node is ${name} at ${overlayAddress}`)
  context.note(
    bootstrap.length > 0
      ? `  others reach it at ${bootstrap.join(' ')}`
      : '  this machine has no address but loopback: name one under `bootstrap` in network.yaml before you invite others'
  )
  if (isOpen) context.note('  anyone may join who has network.yaml or the line of `srwan network invite`; nobody vouches for members, and none serves site prefixes')
  else context.note(`  ${context.paths.organisationKey} signs the members: keep a copy in a safe place`)
  context.note(`  next: \`srwan up\` here, and \`srwan network invite${isOpen ? '' : ' --name OTHER'}\` for ${isOpen ? 'others' : 'each other machine'}`)
}

type NetworkOfHome = Pick<NewHome, 'network' | 'certificate' | 'organisation'>

function privateNetwork({ id, name, identity, bootstrap, parameters }: Wanted, options: Readonly<Record<string, unknown>>): NetworkOfHome {
  const prefixes = (options['prefix'] ?? []) as readonly string[]
  const { issuedAt, notAfter } = validity(options['valid'])
  const organisation = createOrganisation()
  const network: NetworkFileText = { id, kind: 'private', organisation: organisation.text, bootstrap: [...bootstrap], parameters, money: 'none' }
  const certificate = namingTheFlag(() => issueCertificate(organisation, { networkId: id, name, prefixes, peerId: identity.peerId, issuedAt, notAfter }))
  return { network: writeConfig(network), certificate: formatCertificateFile(certificate), organisation: { key: organisation, save: saveOrganisation } }
}

function openNetwork({ id, bootstrap, parameters }: Wanted, options: Readonly<Record<string, unknown>>): NetworkOfHome {
  if (options['prefix'] !== undefined) {
    throw new UsageError('--prefix cannot be given with --open: an open network has no organisation that says who may serve a site prefix', {
      remedy: 'Leave one of the two away.'
    })
  }
  const network: NetworkFileText = { id, kind: 'open', bootstrap: [...bootstrap], parameters, money: 'none' }
  return { network: writeConfig(network) }
}
