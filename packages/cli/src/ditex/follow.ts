import { EXIT } from '@srwan/api/light'
import type { DitexEntry } from '@srwan/api/light'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'
import type { Context } from '../context.ts'
import { entryLine } from './answer-text.ts'
import { peerAddresses, verified } from './ask-peers.ts'
import { inFlags, queryParameters } from './query-options.ts'
import { knownNetwork } from './trust.ts'

/** `srwan ditex follow`: entries as the own node accepts them or, with `--peer`, any peer, until Ctrl-C; with `--json` one document a line. */
export async function follow(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  const parameters = queryParameters(options)
  const wanted = inFlags(() => queryOfParameters(parameters))
  const addresses = peerAddresses(options)
  const entries = addresses.length === 0 ? context.client.ditexFollow(parameters, context.signal) : entriesOf(context, addresses, wanted)
  try {
    for await (const entry of entries) context.print(context.options.json === true ? JSON.stringify(entry) : entryLine(entry, context))
  } catch (error) {
    if (!context.signal.aborted) throw error
  }
  return EXIT.ok
}

/** @throws InvalidInputError where something does not verify */
async function* entriesOf(context: Context, addresses: readonly string[], wanted: DitexQuery): AsyncIterable<DitexEntry> {
  const [asking, known] = await Promise.all([import('@srwan/daemon/ask-exchange'), knownNetwork(context)])
  for await (const followed of asking.followExchange(addresses, wanted, context.signal)) {
    if ('gap' in followed) context.note(`srwan: ${followed.gap}`)
    else yield* verified(asking, asking.documentOf(asking.queryCodec, wanted, followed.answer, { checked: false, peers: [] }), known).entries
  }
}
