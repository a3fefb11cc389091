import type { Context } from '../context.ts'
import { answerLines } from './answer-text.ts'

/** `srwan ditex get CID` */
export async function get(context: Context, args: readonly string[]): Promise<undefined> {
  const document = await context.client.ditexEntry(args[0] ?? '', context.signal)
  if (context.json(document)) return
  for (const line of answerLines(document, context)) context.print(line)
  for (const { body } of document.entries) context.print(JSON.stringify(body, null, 2))
}
