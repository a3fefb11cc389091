import { EXIT } from '@srwan/api/light'
import type { HealthEntry, StatusDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { octetsText, safe, secondsText } from '../text/quantities.ts'

/** Most findings that are spelled out; the rest is counted. */
const MAX_FINDINGS = 3

/** `srwan status`: exit code 4 where the node is unhealthy. */
export async function status(context: Context): Promise<number | undefined> {
  const document = await context.client.status(context.signal)
  if (!context.json(document)) for (const line of statusLines(document, context)) context.print(line)
  return document.verdict === 'unhealthy' ? EXIT.unhealthy : EXIT.ok
}

function statusLines(document: StatusDocument, { colors }: Context): string[] {
  const paint = { healthy: colors.green, degraded: colors.yellow, unhealthy: colors.red }[document.verdict]
  const label = (text: string): string => colors.dim(text.padEnd(9))
  // so that all fits where a person sees it at once
  const findings = MAX_FINDINGS - Math.min(1, document.quarantine.length)
  const {
    paths,
    sessions,
    underlayEndpoint: { address, port }
  } = document
  return [
    `${paint('●')} ${colors.bold(safe(document.name))} is ${paint(verdictText(document))} · network ${document.network} · up ${secondsText(document.uptimeSeconds)}`,
    `${label('address')} ${document.overlayAddress} · listening on ${address.includes(':') ? `[${address}]` : address}:${port}`,
    `${label('identity')} SID ${document.sid} · ${document.peerId}`,
    `${label('group')} ${document.group.size} routers · ${document.connections} connections`,
    `${label('paths')} ${paths.improved} of ${paths.total} destinations better than the default path${failoverText(document)}`,
    `${label('sessions')} ${sessions.ingress} as ingress, ${sessions.transit} as transit, ${sessions.egress} as egress`,
    `${label('sent')} ${trafficText(document, 'sentOctets')}`,
    `${label('received')} ${trafficText(document, 'receivedOctets')}`,
    ...quarantineLines(document, label),
    ...document.health
      .slice(0, findings)
      .flatMap((finding) => findingLines(finding, colors))
      .slice(0, findings * 2),
    ...(document.health.length > findings ? [colors.dim(`  and ${document.health.length - findings} more: --json`)] : [])
  ]
}

/** Routers that are left out, or suspected: the first with its reason, the others by number. */
function quarantineLines({ quarantine }: StatusDocument, label: (text: string) => string): string[] {
  const [first] = quarantine.toSorted((a, b) => Number(b.isAvoided) - Number(a.isAvoided))
  if (first === undefined) return []
  const more = quarantine.length > 1 ? ` · and ${quarantine.length - 1} more: --json` : ''
  return [`${label(first.isAvoided ? 'left out' : 'suspect')} ${safe(first.name)} ${first.state}: ${safe(first.reasons[0] ?? 'no reason given')}${more}`]
}

/** The last one in words; all are in the document. */
function failoverText({ failovers: { total, policies } }: StatusDocument): string {
  const [last] = policies
  if (total === 0 || last === undefined) return ''
  const cause = last.cause === undefined ? '' : ` (${safe(last.cause)})`
  return ` · ${total} failover${total === 1 ? '' : 's'}, the last ${secondsText(last.lastAgoSeconds)} ago to ${safe(last.name)}${cause}`
}

const verdictText = (document: StatusDocument): string => (document.state === 'running' ? document.verdict : `${document.state} (${document.verdict})`)

function trafficText(document: StatusDocument, key: 'sentOctets' | 'receivedOctets'): string {
  const entries = Object.entries(document.traffic)
    .map(([purpose, octets]) => [purpose, octets[key]] as const)
    .filter(([, value]) => value > 0)
    .sort((a, b) => b[1] - a[1])
  return entries.length === 0 ? 'nothing yet' : entries.map(([purpose, value]) => `${purpose} ${octetsText(value)}`).join(' · ')
}

function findingLines({ severity, title, code, remedy }: HealthEntry, colors: Context['colors']): string[] {
  const paint = { error: colors.red, warning: colors.yellow, info: colors.dim }[severity]
  return [`${paint(`${{ error: '✖', warning: '!', info: 'i' }[severity]} ${safe(title)}`)} ${colors.dim(`[${safe(code)}]`)}`, `  ${safe(remedy)}`]
}
