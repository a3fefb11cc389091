import { EXIT } from '@srwan/api/light'
import type { DitexDocument } from '@srwan/api/light'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'
import type { Context } from '../context.ts'
import { countOption } from '../option-values.ts'
import { ageLine, ageOf, timeOf } from './age.ts'
import { answerLines, csvLines } from './answer-text.ts'
import { askPeers, MAX_PEERS, peerAddresses } from './ask-peers.ts'
import { inFlags, queryParameters } from './query-options.ts'

/**
 * `srwan ditex query`: from the own node or, with `--peer`, from any peer without being a member. What comes from a peer is verified before it is shown.
 * Exit code 1 where an answer does not verify, a peer left something out or gave what is out of date, or the answer is older than `--max-age`.
 */
export async function query(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const time = timeOf(options)
  const document = await ask(context, options, time)
  const freshness = await ageOf(context, document, { ...time, isOwn: options['peer'] === undefined })
  if (options['csv'] === true && context.options.json !== true) for (const line of csvLines(document)) context.print(line)
  else if (!context.json(document)) for (const line of answerLines(document, freshness, context)) context.print(line)
  const isSound = noted(context, document)
  if (freshness.state !== 'fresh' || !freshness.ok) context.note(`srwan: ${ageLine(freshness, context)}`)
  return isSound && freshness.ok ? EXIT.ok : EXIT.failure
}

/** Says what peers did wrong. @returns whether none did */
function noted(context: Context, { completeness: { peers } }: DitexDocument): boolean {
  const omitted = peers.some(({ missing, superseded = 0 }) => missing + superseded > 0)
  const wrong = peers.some(({ invalid = 0 }) => invalid > 0)
  if (omitted) context.note('srwan: a peer lacks entries that another one has, or has older ones; the answer holds the latest of all')
  if (wrong) context.note('srwan: a peer answers what does not verify; it is not in the answer')
  return !omitted && !wrong
}

async function ask(context: Context, options: Readonly<Record<string, unknown>>, time: ReturnType<typeof timeOf>): Promise<DitexDocument> {
  const peers = countOption('--peers', options['peers'] ?? '1', { minimum: 1, maximum: MAX_PEERS })
  const addresses = peerAddresses(options)
  const wanted = await wantedBy(options)
  return addresses.length === 0 ? context.client.ditexQuery(wanted as never, peers, context.signal) : askPeers(context, { addresses, peers, wanted, time })
}

async function wantedBy(options: Readonly<Record<string, unknown>>): Promise<DitexQuery> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  return inFlags(() => queryOfParameters(queryParameters(options)))
}
