import { EXIT } from '@srwan/api/light'
import type { DitexDocument } from '@srwan/api/light'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'
import type { Context } from '../context.ts'
import { countOption } from '../option-values.ts'
import { answerLines, csvLines } from './answer-text.ts'
import { askPeers, peerAddresses } from './ask-peers.ts'
import { inFlags, queryParameters } from './query-options.ts'

/** As many as the daemon asks. */
const MAX_PEERS = 16

/**
 * `srwan ditex query`: from the own node or, with `--peer`, from any peer without being a member. What comes from a peer is verified before it is shown.
 * Exit code 1 where an answer does not verify, or a peer left something out.
 */
export async function query(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const document = await ask(context, options)
  if (options['csv'] === true && context.options.json !== true) for (const line of csvLines(document)) context.print(line)
  else if (!context.json(document)) for (const line of answerLines(document, context)) context.print(line)
  const omitted = document.completeness.peers.some(({ missing }) => missing > 0)
  if (omitted) context.note('srwan: a peer lacks entries that another one has; the answer holds them all')
  return omitted ? EXIT.failure : EXIT.ok
}

async function ask(context: Context, options: Readonly<Record<string, unknown>>): Promise<DitexDocument> {
  const peers = countOption('--peers', options['peers'] ?? '1', { minimum: 1, maximum: MAX_PEERS })
  const addresses = peerAddresses(options)
  const wanted = await wantedBy(options)
  return addresses.length === 0 ? context.client.ditexQuery(wanted as never, peers, context.signal) : askPeers(context, { addresses, peers, wanted })
}

async function wantedBy(options: Readonly<Record<string, unknown>>): Promise<DitexQuery> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  return inFlags(() => queryOfParameters(queryParameters(options)))
}
