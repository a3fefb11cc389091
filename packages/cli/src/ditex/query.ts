import { EXIT } from '@srwan/api/light'
import type { DitexDocument } from '@srwan/api/light'
import { InvalidInputError } from '@srwan/interface'
import type { Context } from '../context.ts'
import { countOption } from '../option-values.ts'
import { answerLines, csvLines } from './answer-text.ts'
import { inFlags, queryParameters } from './query-options.ts'
import { knownNetwork } from './trust.ts'

/** As many as the daemon asks. */
const MAX_PEERS = 16

/**
 * `srwan ditex query`: from the own node or, with `--peer`, from any peer without being a member. What comes from a peer is verified before it is shown.
 * Exit code 1 where an answer does not verify, or a peer left something out.
 */
export async function query(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const peers = countOption('--peers', options['peers'] ?? '1', { minimum: 1, maximum: MAX_PEERS })
  const addresses = (options['peer'] ?? []) as readonly string[]
  const document = addresses.length === 0 ? await askOwnNode(context, options, peers) : await askPeers(context, options, { addresses, peers })
  if (options['csv'] === true && context.options.json !== true) for (const line of csvLines(document)) context.print(line)
  else if (!context.json(document)) for (const line of answerLines(document, context)) context.print(line)
  const omitted = document.completeness.peers.some(({ missing }) => missing > 0)
  if (omitted) context.note('srwan: a peer lacks entries that another one has; the answer holds them all')
  return omitted ? EXIT.failure : EXIT.ok
}

async function askOwnNode(context: Context, options: Readonly<Record<string, unknown>>, peers: number): Promise<DitexDocument> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  const wanted = inFlags(() => queryOfParameters(queryParameters(options)))
  return context.client.ditexQuery(wanted as never, peers, context.signal)
}

async function askPeers(
  context: Context,
  options: Readonly<Record<string, unknown>>,
  { addresses, peers }: { readonly addresses: readonly string[]; readonly peers: number }
): Promise<DitexDocument> {
  for (const address of addresses) {
    if (!/^\/(ip4|ip6|dns|dns4|dns6)\/[^/]{1,253}\/tcp\/\d{1,5}\/p2p\/12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/.test(address))
      throw new InvalidInputError({ source: '--peer' }, `expected a multiaddr such as /ip4/203.0.113.5/tcp/4801/p2p/12D3Koo…; found ${JSON.stringify(address)}`)
  }
  const [{ askExchange, compareAnswers, documentOf, queryCodec, queryOfParameters, verifyDocument }, known] = await Promise.all([
    import('@srwan/daemon/ask-exchange'),
    knownNetwork(context)
  ])
  const wanted = inFlags(() => queryOfParameters(queryParameters(options)))
  const asked = [...new Set([...addresses, ...known.bootstrap])].slice(0, Math.max(peers, addresses.length))
  const compared = compareAnswers(queryCodec, queryCodec.isSigned, await askExchange(asked, wanted, context.signal))
  if (compared === undefined) throw new Error('nobody answered')
  const completeness = asked.length > 1 ? compared.completeness : { checked: false, peers: [] }
  const document = documentOf(queryCodec, wanted, compared.answer, completeness)
  const report = verifyDocument(queryCodec, JSON.parse(JSON.stringify(document)), known)
  if (!report.ok) {
    const [bad] = report.entries.filter(({ ok }) => !ok)
    throw new InvalidInputError(
      { source: '--peer' },
      `the answer does not verify: ${report.network.ok ? `entry ${bad?.index ?? 0} or an anchor is not what it says` : `it is of network ${report.network.said}`}`,
      {
        remedy: 'Ask another peer; this one lies or is of another network.'
      }
    )
  }
  return document as unknown as DitexDocument
}
