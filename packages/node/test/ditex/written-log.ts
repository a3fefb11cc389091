import { signEntry } from '@srwan/ditex'
import type { SealedEntry } from '@srwan/ditex'
import type { Identity } from '@srwan/membership'

/** The next entries of an author's log: a checkpoint where there was nothing, and listings, whose price is their position. */
export async function writtenLog(
  author: Identity,
  log: { readonly network: string; readonly epoch: number; readonly before?: readonly SealedEntry[] },
  count: number
): Promise<SealedEntry[]> {
  const { network, epoch, before = [] } = log
  const fresh: SealedEntry[] = []
  for (let seq = before.length; seq < before.length + count; seq++) {
    const prev = (fresh.at(-1) ?? before.at(-1))?.signed.hash
    const said =
      seq === 0 ? { kind: 'checkpoint', key: '', body: { live: new Uint8Array(32), count: 0, previous: null } } : { kind: 'listing', key: `${seq}`, body: { price: seq } }
    fresh.push(await signEntry(author, network, 0, { scope: 'global', epoch, seq, prev, ttl: 10, ...said }))
  }
  return fresh
}
