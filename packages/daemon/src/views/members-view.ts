import { SCHEMA_VERSION } from '@srwan/api'
import type { MembersDocument } from '@srwan/api'
import type { Node } from '@srwan/node'
import { geoOf } from './routers.ts'

/** Every member whose certificate and descriptor this node has checked. */
export function membersOf(node: Node): MembersDocument {
  const until = new Map(node.memberships().map(({ sid, notAfter }) => [sid, new Date(notAfter).toISOString()]))
  return {
    schemaVersion: SCHEMA_VERSION,
    network: node.networkId,
    source: 'daemon',
    members: node.roster().members.map((member) => ({
      name: member.name,
      peerId: member.peerId,
      sid: member.sid,
      overlayAddress: member.overlayAddress,
      prefixes: [...member.prefixes],
      geo: geoOf(member.descriptor.geo),
      roles: [...member.descriptor.roles],
      endpoints: member.descriptor.endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
      ...(until.has(member.sid) ? { validUntil: until.get(member.sid) } : {}),
      self: member.sid === node.self.sid
    })),
    revoked: []
  }
}
