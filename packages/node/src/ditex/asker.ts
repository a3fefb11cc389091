import '../polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { systemClock } from '@srwan/clock'
import { BaseError, ms } from '@srwan/interface'
import { MAX_ANSWER, QUERY_PROTOCOL, QueryRefusedError, askOver } from '@srwan/ditex/query'
import { within } from './deadline.ts'
import { queryFrames } from './query-frames.ts'
import type { DitexQuery, QueryAnswer } from '@srwan/ditex/query'

/** A peer must have answered within this, dial and handshake included. */
const ANSWER_TIMEOUT = ms(10_000)

/** No peer that was asked can be reached. */
export class PeerUnreachableError extends BaseError {
  override readonly name = 'PeerUnreachableError'
  readonly code = 'ERR_PEER_UNREACHABLE'
}

/** Asks the exchange as a stranger: an identity that is drawn for this and forgotten, connections that carry nothing else. */
export interface Asker {
  /**
   * @param address - multiaddr with the peer id
   * @throws what the peer says, or the connection; see {@link explained}
   */
  readonly ask: (address: string, query: DitexQuery, signal: AbortSignal) => Promise<QueryAnswer>
  readonly close: () => Promise<void>
}

/** Opens no port and dials nobody by itself. */
export async function openAsker(): Promise<Asker> {
  const libp2p = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { dialTimeout: ANSWER_TIMEOUT, reconnectRetries: 0 }
  })
  return {
    ask: (address, query, signal) =>
      within({ clock: systemClock(), time: ANSWER_TIMEOUT, signal }, async (limited) => {
        const stream = await libp2p.dialProtocol(multiaddr(address), QUERY_PROTOCOL, { signal: limited })
        try {
          return await askOver(queryFrames(stream, MAX_ANSWER), { query, forwarded: false }, limited)
        } finally {
          stream.abort(new Error('answered'))
        }
      }),
    close: async () => libp2p.stop()
  }
}

/** A failure to ask some peers, as their user is told: what a peer said stands as it is. */
export function explained(failure: unknown, addresses: readonly string[]): unknown {
  if (failure instanceof QueryRefusedError || (failure as { code?: unknown }).code === 'ERR_MALFORMED_MESSAGE') return failure
  const { message } = failure as Error
  return new PeerUnreachableError(`${addresses.length === 1 ? addresses[0] : 'none of the peers'} does not answer (${message})`, {
    cause: failure,
    remedy: 'Check address, port and peer id; `srwan status --json` on a node shows its own.'
  })
}
