import type { DitexDocument, DitexEntry, DitexVerification } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { ageLine } from './age.ts'
import { columnsOf, safe } from '../text/quantities.ts'

/** Longest body on one line. */
const MAX_BODY = 100

/** An answer for people. */
export function answerLines(document: DitexDocument, freshness: DitexVerification['freshness'], context: Context): string[] {
  const { colors } = context
  const { entries, ranked, completeness, cursor, endedBy, network, at, shards } = document
  const anchored = new Set(document.proofs.map(({ author, scope, epoch }) => `${author} ${scope} ${epoch}`))
  const rows = entries.map((entry) => [
    entry.kind,
    safe(entry.key),
    entry.sid,
    timeOf(entry.epoch, document.epochMs),
    anchored.has(`${entry.author} ${entry.scope} ${entry.epoch}`) ? 'anchored' : 'signed',
    colors.dim(bodyText(entry.body))
  ])
  const best = (ranked ?? []).map(({ from, to, roundTripMs, price, color }) => [
    from,
    to,
    roundTripMs === undefined ? '' : `${roundTripMs.toFixed(1)} ms round trip`,
    price === undefined ? '' : `${price}${color === undefined ? '' : ` for ${safe(color)}`}`
  ])
  return [
    `${colors.bold(`DITEX ${safe(network)}`)}  ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'} at epoch ${at}${endedBy === undefined ? '' : `, page ended by its bound of ${endedBy}`}`,
    ...(best.length === 0 ? [] : [...columnsOf([['  from', 'to', 'delay', 'price'], ...best.map(([first = '', ...rest]) => [`  ${first}`, ...rest])])]),
    ...(rows.length === 0 ? [] : columnsOf([['kind', 'key', 'author', 'epoch begins', 'proof', 'body'], ...rows], '  ')),
    ...(document.query.cid === undefined ? completenessLines(completeness) : []),
    ...(shards === undefined ? [] : [`of the shards of other groups (${shards.missing.join(', ')}) nothing is in it; --group asks one`]),
    ageLine(freshness, context),
    ...(cursor === undefined ? [] : [`more: --cursor ${cursor}`])
  ]
}

function completenessLines({ checked, peers }: DitexDocument['completeness']): string[] {
  if (peers.length === 0) return ['completeness NOT CHECKED: one peer was asked, and may have left something out; --peers 3 asks more']
  return [checked ? 'compared between peers:' : 'not compared: too few whole answers', ...peers.map(peerLine)]
}

function peerLine({ peer, entries, missing, superseded = 0, invalid = 0, partial, error }: DitexDocument['completeness']['peers'][number]): string {
  const faults = [
    ...(missing === 0 ? [] : [`${missing} MISSING`]),
    ...(superseded === 0 ? [] : [`${superseded} OUT OF DATE`]),
    ...(invalid === 0 ? [] : [`${invalid} WRONG`]),
    ...(partial === true ? ['compared as far as its page goes'] : [])
  ]
  const said = invalid === 0 && error !== undefined ? `no answer (${safe(error)})` : [`${entries} entries`, ...faults, ...(error === undefined ? [] : [safe(error)])].join(', ')
  return `  ${safe(peer)}: ${said}`
}

/** One entry on one line, as it comes. */
export const entryLine = ({ kind, key, sid, body }: DitexEntry, { colors }: Context): string => `${kind}  ${safe(key)}  ${sid}  ${colors.dim(bodyText(body))}`

const bodyText = (body: unknown): string => {
  const text = safe(JSON.stringify(body) ?? 'null')
  return text.length > MAX_BODY ? `${text.slice(0, MAX_BODY - 1)}…` : text
}
const timeOf = (epoch: number, epochMs: number): string => new Date(Math.min(epoch * epochMs, 8.64e15)).toISOString().slice(0, 19)

const CSV_COLUMNS = ['kind', 'key', 'author', 'sid', 'scope', 'epoch', 'incarnation', 'seq', 'ttl', 'cid', 'body'] as const

/** Entries as comma-separated values (RFC 4180), the body as JSON. Cells that a spreadsheet would take for a formula begin with an apostrophe. */
export function csvLines({ entries }: DitexDocument): string[] {
  const cell = (value: unknown): string => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    const guarded = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
  }
  return [CSV_COLUMNS.join(','), ...entries.map((entry) => CSV_COLUMNS.map((name) => cell(entry[name])).join(','))]
}

/** What was checked, for people. */
export function verificationLines(report: DitexVerification, context: Context): string[] {
  const { colors } = context
  const bad = report.entries.filter(({ ok }) => !ok)
  const count = (proof: string): number => report.entries.filter((entry) => entry.proof === proof).length
  const faults = bad.map(({ index, kind, key, author, ...checks }) => {
    const wrong = (['signature', 'hash', 'cidMatches', 'fields', 'fits'] as const).filter((name) => !checks[name])
    return `  ✖ entry ${index} (${safe(kind)} ${safe(key)} of ${safe(author)}): ${[...wrong.map((name) => WRONG[name]), ...(checks.proof === 'wrong' ? ['its proof does not hold'] : [])].join(', ')}`
  })
  return [
    report.ok
      ? colors.green(`✔ ${report.entries.length} entries verified`)
      : colors.red(bad.length === 0 ? '✖ the answer does not verify' : `✖ ${bad.length} of ${report.entries.length} entries do not verify`),
    `  network ${safe(report.network.said)}: ${report.network.expected === undefined ? 'as it says of itself; name a network file to check it' : report.network.ok ? 'as expected' : `NOT ${safe(report.network.expected)}`}`,
    `  ${count('anchored')} anchored, ${count('unchecked')} under roots whose signer is not known here, ${count('absent')} without proof, ${count('wrong')} with a wrong one`,
    ...report.anchors.filter(({ ok }) => !ok).map(({ epoch }) => `  ✖ the anchor of epoch ${epoch} is not the organisation's`),
    ...faults,
    ...report.faults.map((fault) => `  ✖ ${safe(fault)}`),
    `  ${ageLine(report.freshness, context)}`,
    `  complete: ${report.completeness.checked ? 'compared between peers, as the document says' : 'NOT CHECKED: one peer was asked, and may have left something out'}`
  ]
}

const WRONG = {
  signature: 'the signature is wrong',
  hash: 'the hash is another',
  cidMatches: 'the CID is another',
  fields: 'what is shown is not what was signed',
  fits: 'it is not what was asked for'
} as const
