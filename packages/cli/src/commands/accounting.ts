import type { AccountingDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { columnsOf, octetsText, padStart, safe } from '../text/quantities.ts'

/** `srwan accounting`: what was carried for whom, and what relays carried for this node. */
export async function accounting(context: Context): Promise<undefined> {
  const document = await context.client.accounting(context.signal)
  if (!context.json(document)) for (const line of accountingLines(document, context)) context.print(line)
}

function accountingLines({ carried, hops, names, totals }: AccountingDocument, { colors }: Context): string[] {
  const nameOf = (sid: string): string => safe(names[sid] ?? sid)
  const own = hops.map(({ hop, egress, sentOctets, confirmedOctets, lossRatio, receivedOctets }) => [
    nameOf(hop),
    nameOf(egress),
    octetsText(sentOctets),
    octetsText(confirmedOctets),
    lossRatio === null ? '–' : `${(100 * lossRatio).toFixed(2)}%`,
    octetsText(receivedOctets)
  ])
  const others = carried.map(({ member, forwardOctets, reverseOctets }) => [nameOf(member), octetsText(forwardOctets), octetsText(reverseOctets)])
  const sum = ({ forwardOctets, reverseOctets }: AccountingDocument['totals']['transit']): string => `${octetsText(forwardOctets)} there, ${octetsText(reverseOctets)} back`
  return [
    colors.bold('CARRIED BY RELAYS for this node'),
    ...(own.length === 0 ? ['  nothing yet'] : figures([['relay', 'towards', 'sent', 'confirmed', 'lost', 'came back'], ...own], 2)),
    colors.bold('CARRIED BY THIS NODE for others'),
    ...(others.length === 0 ? ['  nothing yet'] : figures([['member', 'there', 'back'], ...others], 1)),
    `all sessions: ${sum(totals.ingress)} as ingress · ${sum(totals.transit)} as transit · ${sum(totals.egress)} as egress`
  ]
}

/** Aligned at their last digit, from a column on. */
function figures(rows: readonly (readonly string[])[], from: number): string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return columnsOf(
    rows.map((row) => row.map((cell, column) => (column < from ? cell : padStart(cell, width(column))))),
    '  '
  )
}
