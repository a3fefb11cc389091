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
    ...document.health
      .slice(0, MAX_FINDINGS)
      .flatMap((finding) => findingLines(finding, colors))
      .slice(0, MAX_FINDINGS * 2),
    ...(document.health.length > MAX_FINDINGS ? [colors.dim(`  and ${document.health.length - MAX_FINDINGS} more: --json`)] : [])
  ]
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
