import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatCertificateFile } from '@srwan/config'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation, issueCertificate, saveIdentity } from '@srwan/membership'
import type { Identity, Organisation } from '@srwan/membership'

export interface TestHome {
  readonly home: string
  readonly identity: Identity
  readonly organisation: Organisation
}

/** A home of a member of the network `acme`, in a fresh directory; the caller removes it. */
export async function newHome(config = ''): Promise<TestHome> {
  const home = await mkdtemp(join(tmpdir(), 'srwan-'))
  const identity = createIdentity()
  const organisation = createOrganisation()
  const certificate = issueCertificate(organisation, {
    networkId: 'acme',
    name: 'fra',
    prefixes: [],
    issuedAt: ms(Date.now() - 1000),
    notAfter: ms(Date.now() + 3_600_000),
    peerId: identity.peerId
  })
  await saveIdentity(join(home, 'node.key'), identity)
  await writeFile(join(home, 'network.yaml'), `id: acme\nkind: private\norganisation: ${organisation.text}\nparameters: { pulseInterval: 2s }\n`)
  await writeFile(join(home, 'certificate.json'), formatCertificateFile(certificate))
  if (config !== '') await writeFile(join(home, 'config.yaml'), config)
  return { home, identity, organisation }
}

/** A home of a router of the open network `commons`. @param more - lines of its network file */
export async function newOpenHome(more = ''): Promise<{ readonly home: string; readonly identity: Identity }> {
  const home = await mkdtemp(join(tmpdir(), 'srwan-'))
  const identity = createIdentity()
  await saveIdentity(join(home, 'node.key'), identity)
  await writeFile(join(home, 'network.yaml'), `id: commons\nkind: open\n${more}`)
  return { home, identity }
}
