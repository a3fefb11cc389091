import { explained, openAsker } from './asker.ts'
import type { DitexQuery, PeerAnswer } from '@srwan/ditex/query'

/**
 * Asks peers the same question, as a stranger.
 *
 * @param addresses - multiaddrs with the peer id; the first one that answers sets the epoch for the others
 * @throws PeerUnreachableError where none answers; what the only one said where it refused
 */
export async function askExchange(addresses: readonly string[], query: DitexQuery, signal: AbortSignal): Promise<readonly PeerAnswer[]> {
  const asker = await openAsker()
  try {
    const said: PeerAnswer[] = []
    let failure: unknown
    for (const address of addresses) {
      const at = said.find(({ answer }) => answer !== undefined)?.answer?.at
      try {
        said.push({ peer: address, answer: await asker.ask(address, at === undefined || query.cursor !== undefined ? query : { ...query, at }, signal) })
      } catch (error) {
        signal.throwIfAborted()
        failure ??= error
        said.push({ peer: address, error: (error as Error).message })
      }
    }
    if (said.some(({ answer }) => answer !== undefined)) return said
    throw explained(failure, addresses)
  } finally {
    await asker.close()
  }
}
