import type { DitexDocument } from '@srwan/api/light'
import { InvalidInputError } from '@srwan/interface'
import type * as asking from '@srwan/daemon/ask-exchange'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'
import type { Context } from '../context.ts'
import { knownNetwork } from './trust.ts'
import type { timeOf } from './age.ts'
import type { KnownNetwork } from './trust.ts'

/** As many as the daemon asks. */
export const MAX_PEERS = 16
const ADDRESS = /^\/(ip4|ip6|dns|dns4|dns6)\/[^/]{1,253}\/tcp\/\d{1,5}\/p2p\/12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/

type Asking = typeof asking
/** Against what the age of answers is measured. */
type Time = ReturnType<typeof timeOf>

/** The values of `--peer`. @throws InvalidInputError */
export function peerAddresses(options: Readonly<Record<string, unknown>>): readonly string[] {
  const addresses = (options['peer'] ?? []) as readonly string[]
  if (addresses.length > MAX_PEERS) throw new InvalidInputError({ source: '--peer' }, `at most ${MAX_PEERS} peers are asked`)
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
  { addresses, peers, wanted, time }: { readonly addresses: readonly string[]; readonly peers: number; readonly wanted: DitexQuery; readonly time: Time }
): Promise<DitexDocument> {
  const [exchange, network] = await Promise.all([import('@srwan/daemon/ask-exchange'), knownNetwork(context)])
  const known = { ...network, ...time }
  const asked = [...new Set([...addresses, ...known.bootstrap])].slice(0, Math.max(peers, addresses.length))
  const compared = exchange.compareAnswers(exchange.queryCodec, { query: wanted, trust: known }, await exchange.askExchange(asked, wanted, context.signal))
  if (compared === undefined) throw new Error('nobody answered')
  const completeness = asked.length > 1 ? compared.completeness : { checked: false, peers: [] }
  return verified(exchange, exchange.documentOf(exchange.queryCodec, wanted, compared.answer, completeness), known)
}

/** @throws InvalidInputError where it does not verify, or holds other entries than those asked for */
export function verified({ queryCodec, verifyDocument }: Asking, document: ReturnType<Asking['documentOf']>, known: KnownNetwork & Partial<Time>): DitexDocument {
  const report = verifyDocument(queryCodec, JSON.parse(JSON.stringify(document)), known)
  if (report.ok) return document as unknown as DitexDocument
  const what = faultOf(report)
  throw new InvalidInputError({ source: '--peer' }, `the answer does not verify: ${what}`, { remedy: 'Ask another peer; this one lies or is of another network.' })
}

function faultOf({ network, entries, anchors, faults: [fault], freshness }: ReturnType<Asking['verifyDocument']>): string {
  const bad = entries.find(({ ok }) => !ok)
  if (!network.ok) return `it is of network ${network.said}`
  if (bad !== undefined) return bad.signature && !bad.fits ? `entry ${bad.index} is not what was asked for` : `entry ${bad.index} is not what it says`
  if (anchors.some(({ ok }) => !ok)) return 'an anchor is not what it says'
  return fault ?? (freshness.anchorAgeMs === undefined ? 'no anchor says how old it is' : 'it is older than it may be')
}
