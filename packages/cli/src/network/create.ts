import { formatCertificateFile, formatDuration, networkId, nodeName, writeConfig } from '@srwan/config'
import type { NetworkFileText, NodeConfigText } from '@srwan/config'
import { createIdentity, createOrganisation, issueCertificate, saveOrganisation } from '@srwan/membership'
import type { Context } from '../context.ts'
import { countOption, durationOption, namingTheFlag, textOption } from '../option-values.ts'
import { listenAddressFor, multiaddrOf, ownAddresses } from './addresses.ts'
import { validity } from './dates.ts'
import { defaultNodeName, writeHome } from './new-home.ts'

/** `srwan network create NAME`: this home becomes the first member and keeps the organisation's key. */
export async function create(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const id = textOption('NAME', args[0], networkId())
  const name = textOption('--name', options['name'] ?? defaultNodeName(), nodeName())
  const port = countOption('--port', options['port'], { minimum: 1, maximum: 65_535 })
  const pulseInterval = durationOption('--pulse-interval', options['pulseInterval'], { minimum: 500, maximum: 600_000 })
  const given = (options['address'] ?? []) as readonly string[]
  const prefixes = (options['prefix'] ?? []) as readonly string[]
  const addresses = ownAddresses(given)
  const { issuedAt, notAfter } = validity(options['valid'])

  const identity = createIdentity()
  const organisation = createOrganisation()
  const bootstrap = addresses.map((address) => multiaddrOf(address, port, identity.peerId))
  const network: NetworkFileText = {
    id,
    kind: 'private',
    organisation: organisation.text,
    bootstrap,
    parameters: { pulseInterval: formatDuration(pulseInterval), epoch: '1h', maxTransits: 3 },
    money: 'none'
  }
  const config: NodeConfigText = { name, listen: { address: listenAddressFor(addresses), tcpPort: port, udpPort: port }, ...(given.length === 0 ? {} : { advertise: [...given] }) }
  const certificate = namingTheFlag(() => issueCertificate(organisation, { networkId: id, name, prefixes, peerId: identity.peerId, issuedAt, notAfter }))
  await writeHome(context.paths, {
    identity,
    network: writeConfig(network),
    certificate: formatCertificateFile(certificate),
    config: writeConfig(config),
    organisation: { key: organisation, save: saveOrganisation }
  })

  const { peerId, sid, overlayAddress } = identity
  const { home, organisationKey } = context.paths
  if (context.json({ schemaVersion: 1, network: id, name, home, peerId, sid, overlayAddress, bootstrap })) return
  context.print(`network ${id} made; this node is ${name} at ${overlayAddress}`)
  context.note(
    bootstrap.length > 0
      ? `  others reach it at ${bootstrap.join(' ')}`
      : '  this machine has no address but loopback: name one under `bootstrap` in network.yaml before you invite others'
  )
  context.note(`  ${organisationKey} signs the members: keep a copy in a safe place`)
  context.note('  next: `srwan up` here, and `srwan network invite --name OTHER` for each other machine')
}
