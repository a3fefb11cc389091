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
import type { DitexQuery, PeerAnswer, QueryAnswer } from '@srwan/ditex/query'
import type { Libp2p } from '@libp2p/interface'

/** A peer must have answered within this, dial and handshake included. */
const ANSWER_TIMEOUT = ms(10_000)

/** No peer that was asked can be reached. */
export class PeerUnreachableError extends BaseError {
  override readonly name = 'PeerUnreachableError'
  readonly code = 'ERR_PEER_UNREACHABLE'
}

/**
 * Asks peers the same question, as a stranger: an identity that is drawn for this and forgotten, connections that carry nothing else.
 *
 * @param addresses - multiaddrs with the peer id; the first one that answers sets the epoch for the others
 * @throws PeerUnreachableError where none answers; what the only one said where it refused
 */
export async function askExchange(addresses: readonly string[], query: DitexQuery, signal: AbortSignal): Promise<readonly PeerAnswer[]> {
  const libp2p = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { dialTimeout: ANSWER_TIMEOUT, reconnectRetries: 0 }
  })
  try {
    const said: PeerAnswer[] = []
    let failure: unknown
    for (const address of addresses) {
      const at = said.find(({ answer }) => answer !== undefined)?.answer?.at
      try {
        said.push({ peer: address, answer: await ask(libp2p, address, { query: at === undefined || query.cursor !== undefined ? query : { ...query, at }, signal }) })
      } catch (error) {
        signal.throwIfAborted()
        failure ??= error
        said.push({ peer: address, error: (error as Error).message })
      }
    }
    if (said.some(({ answer }) => answer !== undefined)) return said
    throw explained(failure, addresses)
  } finally {
    await libp2p.stop()
  }
}

async function ask(libp2p: Libp2p, address: string, { query, signal }: { readonly query: DitexQuery; readonly signal: AbortSignal }): Promise<QueryAnswer> {
  return within({ clock: systemClock(), time: ANSWER_TIMEOUT, signal }, async (limited) => {
    const stream = await libp2p.dialProtocol(multiaddr(address), QUERY_PROTOCOL, { signal: limited })
    try {
      return await askOver(queryFrames(stream, MAX_ANSWER), { query, forwarded: false }, limited)
    } finally {
      stream.abort(new Error('answered'))
    }
  })
}

function explained(failure: unknown, addresses: readonly string[]): unknown {
  if (failure instanceof QueryRefusedError || (failure as { code?: unknown }).code === 'ERR_MALFORMED_MESSAGE') return failure
  const { message } = failure as Error
  return new PeerUnreachableError(`${addresses.length === 1 ? addresses[0] : 'none of the peers'} does not answer (${message})`, {
    cause: failure,
    remedy: 'Check address, port and peer id; `srwan status --json` on a node shows its own.'
  })
}
