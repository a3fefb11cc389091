import type { DitexDocument } from '@srwan/api/light'
import { InvalidInputError } from '@srwan/interface'
import type * as asking from '@srwan/daemon/ask-exchange'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'
import type { Context } from '../context.ts'
import { knownNetwork } from './trust.ts'
import type { KnownNetwork } from './trust.ts'

const ADDRESS = /^\/(ip4|ip6|dns|dns4|dns6)\/[^/]{1,253}\/tcp\/\d{1,5}\/p2p\/12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/

type Asking = typeof asking

/** The values of `--peer`. @throws InvalidInputError */
export function peerAddresses(options: Readonly<Record<string, unknown>>): readonly string[] {
  const addresses = (options['peer'] ?? []) as readonly string[]
  for (const address of addresses) {
    if (!ADDRESS.test(address))
      throw new InvalidInputError({ source: '--peer' }, `expected a multiaddr such as /ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…; found ${JSON.stringify(address)}`)
  }
  return addresses
}

/**
 * Asks peers without being a member, and verifies what they say.
 *
 * @param peers - how many; those of the network file are asked, too, where `addresses` are fewer
 * @throws InvalidInputError where an answer does not verify
 */
export async function askPeers(
  context: Context,
  { addresses, peers, wanted }: { readonly addresses: readonly string[]; readonly peers: number; readonly wanted: DitexQuery }
): Promise<DitexDocument> {
  const [exchange, known] = await Promise.all([import('@srwan/daemon/ask-exchange'), knownNetwork(context)])
  const asked = [...new Set([...addresses, ...known.bootstrap])].slice(0, Math.max(peers, addresses.length))
  const compared = exchange.compareAnswers(exchange.queryCodec, exchange.queryCodec.isSigned, await exchange.askExchange(asked, wanted, context.signal))
  if (compared === undefined) throw new Error('nobody answered')
  const completeness = asked.length > 1 ? compared.completeness : { checked: false, peers: [] }
  return verified(exchange, exchange.documentOf(exchange.queryCodec, wanted, compared.answer, completeness), known)
}

/** @throws InvalidInputError where it does not verify, or holds another entry than the one asked for */
export function verified({ queryCodec, verifyDocument }: Asking, document: ReturnType<Asking['documentOf']>, known: KnownNetwork): DitexDocument {
  const report = verifyDocument(queryCodec, JSON.parse(JSON.stringify(document)), known)
  const { cid } = document.query
  const another = cid !== undefined && document.entries.some((entry) => entry.cid !== cid)
  if (report.ok && !another) return document as unknown as DitexDocument
  const bad = report.entries.find(({ ok }) => !ok)
  const what = another ? 'the entry has another CID' : report.network.ok ? `entry ${bad?.index ?? 0} or an anchor is not what it says` : `it is of network ${report.network.said}`
  throw new InvalidInputError({ source: '--peer' }, `the answer does not verify: ${what}`, { remedy: 'Ask another peer; this one lies or is of another network.' })
}
