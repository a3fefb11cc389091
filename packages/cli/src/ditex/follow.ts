import { EXIT } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { entryLine } from './answer-text.ts'
import { inFlags, queryParameters } from './query-options.ts'

/** `srwan ditex follow`: entries as the own node accepts them, until Ctrl-C; with `--json` one document a line. */
export async function follow(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  const parameters = queryParameters(options)
  inFlags(() => queryOfParameters(parameters))
  try {
    for await (const entry of context.client.ditexFollow(parameters, context.signal))
      context.print(context.options.json === true ? JSON.stringify(entry) : entryLine(entry, context))
  } catch (error) {
    if (!context.signal.aborted) throw error
  }
  return EXIT.ok
}
