import { InvalidInputError, NotFoundError } from '@srwan/interface'
import type { DitexDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { countOption } from '../option-values.ts'
import { ageOf, timeOf } from './age.ts'
import { answerLines } from './answer-text.ts'
import { askPeers, peerAddresses } from './ask-peers.ts'

const MAX_GROUP = 0xffff_ffff

/** `srwan ditex get CID`: from the own node or, with `--peer`, from any peer without being a member. */
export async function get(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const document = await ask(context, args[0] ?? '', options)
  if (context.json(document)) return
  const freshness = await ageOf(context, document, { ...timeOf({}), isOwn: options['peer'] === undefined })
  for (const line of answerLines(document, freshness, context)) context.print(line)
  for (const { body } of document.entries) context.print(JSON.stringify(body, null, 2))
}

async function ask(context: Context, text: string, options: Readonly<Record<string, unknown>>): Promise<DitexDocument> {
  const group = options['group'] === undefined ? undefined : countOption('--group', options['group'], { minimum: 0, maximum: MAX_GROUP })
  const addresses = peerAddresses(options)
  const cid = await checkedCid(text)
  if (addresses.length === 0) return context.client.ditexEntry(cid, group, context.signal)
  const document = await askPeers(context, { addresses, peers: addresses.length, wanted: { cid, ...(group === undefined ? {} : { group }) }, time: timeOf({}) })
  if (document.entries.length > 0) return document
  throw new NotFoundError(`no entry with the CID ${cid} is held there`, { remedy: 'It may be older than the retention, of another group (--group), or of another network.' })
}

async function checkedCid(text: string): Promise<string> {
  const { queryOfParameters } = await import('@srwan/daemon/check-exchange')
  try {
    return queryOfParameters({ cid: text }).cid ?? text
  } catch (cause) {
    throw new InvalidInputError({ source: 'CID' }, 'is no CID of an entry', { cause, remedy: '`srwan ditex query --json` shows the CID of each entry.' })
  }
}
