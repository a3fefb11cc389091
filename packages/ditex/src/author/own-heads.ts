import { ms } from '@srwan/interface'
import { SCOPES } from '../entry/bounds.ts'
import type { Logger, PeerIdText } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { AuthorComponents, OwnEntries } from './author.ts'

/** How long a node without any peer waits before it goes on with what it holds. */
const ALONE = ms(10_000)

/**
 * Asks peers how the node's own logs go on and takes back what it lost.
 *
 * @returns whether entries of the present epoch are proved that nobody can supply: the incarnation must be raised
 */
export async function recoverOwn(components: AuthorComponents, log: Logger, signal: AbortSignal): Promise<boolean> {
  const { replica } = components
  const { peers, entries, forks } = await fetchInTime(components, log, signal)
  const outcomes = [...(await replica.offer(entries))]
  for (const proof of forks) await replica.offerForkProof(proof)
  const taken = outcomes.filter(({ outcome }) => outcome === 'accepted').length
  if (taken > 0) log.info('own entries taken back from peers', { entries: taken, peers })
  // What came early and was followed by what it waited for is no loss.
  return outcomes.some((outcome) => outcome.outcome === 'early' && (replica.head(outcome.place)?.seq ?? -1) < outcome.missingFrom)
}

async function fetchInTime({ clock, peerHeads, replica, signer }: AuthorComponents, log: Logger, signal: AbortSignal): Promise<OwnEntries> {
  const patience = new AbortController()
  const timer = clock.setTimeout(() => patience.abort(), ALONE)
  try {
    return await peerHeads.fetchOwn(signer.peerId, replica.currentEpoch(), AbortSignal.any([signal, patience.signal]))
  } catch (cause) {
    signal.throwIfAborted()
    log.warn('no peer could be asked for own entries', { cause })
    return { peers: 0, entries: [], forks: [] }
  } finally {
    timer.cancel()
  }
}

/** Greatest incarnation under which the author is known to have written. */
export function greatestIncarnation(replica: Replica, author: PeerIdText): number {
  let greatest = 0
  for (const epoch of replica.epochs()) for (const scope of SCOPES) greatest = Math.max(greatest, replica.head({ scope, epoch, author })?.incarnation ?? 0)
  return greatest
}
