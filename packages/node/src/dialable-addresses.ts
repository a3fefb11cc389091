import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerIdText } from '@srwan/interface'

/** A member announces what it likes: only plain TCP addresses that end in its own id are dialled. */
export function dialableAddresses(announced: readonly string[], peerId: PeerIdText): Multiaddr[] {
  return announced.flatMap((text) => parseAddress(text, peerId))
}

function parseAddress(text: string, peerId: PeerIdText): Multiaddr[] {
  if (!/^\/ip[46]\/[0-9a-fA-F.:]+\/tcp\/\d{1,5}\/p2p\//.test(text) || !text.endsWith(`/p2p/${peerId}`)) return []
  try {
    return [multiaddr(text)]
  } catch {
    return []
  }
}
