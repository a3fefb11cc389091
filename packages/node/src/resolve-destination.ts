import { InvalidInputError, UnknownDestinationError } from '@srwan/interface'
import { parseAddress, parsePrefix, prefixContains } from '@srwan/membership'
import type { Member } from '@srwan/interface'

/**
 * The member behind a name, SID, peer id, overlay address or an address inside a site prefix (the longest that holds it).
 *
 * @throws UnknownDestinationError, InvalidInputError where a name means several
 */
export function resolveDestination(members: readonly Member[], text: string): Member {
  const exact = members.find((member) => member.peerId === text || member.sid === text.toLowerCase())
  const found = exact ?? byAddress(members, text) ?? byName(members, text)
  if (found !== undefined) return found
  throw new UnknownDestinationError(`no member is called ${JSON.stringify(text.slice(0, 80))}`, {
    remedy: '`srwan network members` lists all; an overlay address or an address inside a site prefix will do as well'
  })
}

function byName(members: readonly Member[], text: string): Member | undefined {
  const named = members.filter((member) => member.name.toLowerCase() === text.toLowerCase())
  if (named.length > 1)
    throw new InvalidInputError({ source: 'destination' }, `${named.length} members have the name ${text}`, {
      remedy: `use the SID of one: ${named
        .slice(0, 4)
        .map((member) => member.sid)
        .join(', ')}`
    })
  return named[0]
}

function byAddress(members: readonly Member[], text: string): Member | undefined {
  const octets = parseAddress(text)
  if (octets === undefined) return undefined
  const address = { octets, length: octets.length * 8 }
  const matches = members
    .flatMap((member) => [`${member.overlayAddress}/128`, ...member.prefixes].map((prefix) => ({ member, prefix: parsePrefix(prefix) })))
    .filter(({ prefix }) => prefix !== undefined && prefixContains(prefix, address))
  matches.sort((a, b) => (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0))
  return matches[0]?.member
}
