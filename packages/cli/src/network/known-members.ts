import { join } from 'node:path'
import { systemClock } from '@srwan/clock'
import { loadHome, readIfPresent } from '@srwan/daemon/light'
import type { Home } from '@srwan/daemon/light'
import { isRevokedBy, overlayAddressOf, sidOf, verifyCertificate, verifyOpenMembership, verifyRevocation } from '@srwan/membership'
import type { VerifiedMembership } from '@srwan/membership'
import type { MembersDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { settingFlags } from '../setting-flags.ts'

/** The members as the daemon knows them or, where none runs, as the home's files do. */
export async function knownMembers(context: Context): Promise<MembersDocument> {
  try {
    return await context.client.members(context.signal)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_DAEMON_UNREACHABLE') throw error
    return membersFromFiles(await loadHome({ home: context.options.home, environment: context.environment, flags: settingFlags(context) }, systemClock().wallTime()))
  }
}

async function membersFromFiles(home: Home): Promise<MembersDocument> {
  const { id, organisation } = home.network
  const revocations = organisation === undefined ? [] : home.revocations.map((octets) => verifyRevocation({ id, organisation }, octets))
  const all = unique([home.membership, ...(await rememberedMemberships(home))])
  const gone = all.filter((membership) => revocations.some((revocation) => isRevokedBy(membership, revocation)))
  return {
    schemaVersion: 1,
    network: id,
    source: 'files',
    members: all
      .filter((membership) => !gone.includes(membership))
      .map(({ name, peerId, prefixes }) => ({
        name,
        peerId,
        sid: sidOf(peerId),
        overlayAddress: overlayAddressOf(peerId),
        prefixes: [...prefixes],
        self: peerId === home.identity.peerId
      })),
    revoked: gone.map(({ peerId, name }) => ({ peerId, name }))
  }
}

const unique = (memberships: readonly VerifiedMembership[]): VerifiedMembership[] => [...new Map(memberships.map((one) => [one.peerId, one])).values()]

/** What the node remembered of the others when it last ran; what does not verify any more is left out. */
async function rememberedMemberships(home: Home): Promise<VerifiedMembership[]> {
  const text = await readIfPresent(join(home.paths.home, 'state', 'roster.json'))
  if (text === undefined) return []
  const now = systemClock().wallTime()
  const { id, organisation } = home.network
  const octets = (encoded: string): Uint8Array => new Uint8Array(Buffer.from(encoded, 'base64url'))
  try {
    const { members } = JSON.parse(text) as { members: { membership: string; descriptor: string }[] }
    return members.flatMap(({ membership, descriptor }) => {
      try {
        return [organisation === undefined ? verifyOpenMembership({ id }, octets(descriptor), now) : verifyCertificate({ id, organisation }, octets(membership), now)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}
