import type { HealthEntry } from '@srwan/api'
import type { Node } from '@srwan/node'
import { pathCounts, sessionCounts } from './status-view.ts'

type Labels = Readonly<Record<string, string>>

/** One metric family in Prometheus text format 0.0.4. */
function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly (readonly [Labels, number])[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(([labels, value]) => {
    const inner = Object.entries(labels)
      .map(([key, text]) => `${key}="${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`)
      .join(',')
    return `${name}${inner === '' ? '' : `{${inner}}`} ${value}`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
}

const one = (value: number): readonly (readonly [Labels, number])[] => [[{}, value]]

/** Metrics in base units; labels are from fixed sets, never a peer, SID or session. */
export function prometheusOf(node: Node, health: readonly HealthEntry[]): string {
  const usage = process.cpuUsage()
  return [
    family('srwan_uptime_seconds', 'gauge', 'Since the node started.', one(node.uptimeSeconds())),
    family(
      'srwan_state',
      'gauge',
      '1 for the state of the node.',
      (['starting', 'joining', 'running', 'stopping', 'stopped'] as const).map((state) => [{ state }, node.state() === state ? 1 : 0])
    ),
    family('srwan_group_routers', 'gauge', 'Members of the group.', one(node.group().roster.members.length)),
    family('srwan_connections', 'gauge', 'Open libp2p connections.', one(node.connections().length)),
    family(
      'srwan_paths',
      'gauge',
      'Destinations; improved: the path in use is not the default one.',
      Object.entries(pathCounts(node)).map(([kind, value]) => [{ kind }, value])
    ),
    family(
      'srwan_sessions',
      'gauge',
      'Sessions by the role of this node.',
      Object.entries(sessionCounts(node.sessions())).map(([role, value]) => [{ role }, value])
    ),
    ...traffic(node),
    ...counters(node),
    ...matrix(node),
    family(
      'srwan_health',
      'gauge',
      '1 for each finding that stands.',
      health.map(({ code, severity }) => [{ code, severity }, 1])
    ),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', one(process.memoryUsage.rss())),
    family('process_cpu_seconds_total', 'counter', 'User and system time.', one((usage.user + usage.system) / 1e6))
  ].join('')
}

function traffic(node: Node): string[] {
  const entries = Object.entries(node.traffic())
  return [
    family(
      'srwan_sent_bytes_total',
      'counter',
      'UDP or TCP payload sent, by purpose.',
      entries.map(([purpose, { sentOctets }]) => [{ purpose }, sentOctets])
    ),
    family(
      'srwan_received_bytes_total',
      'counter',
      'UDP or TCP payload received, by purpose.',
      entries.map(([purpose, { receivedOctets }]) => [{ purpose }, receivedOctets])
    )
  ]
}

/** `dataTxOctets` is one of several purposes: octets and packets are labelled, drops are by reason, the rest is by event. */
function counters(node: Node): string[] {
  const entries = Object.entries(node.counters())
  const select = (pattern: RegExp, label: string): (readonly [Labels, number])[] =>
    entries.flatMap(([name, value]) => {
      const match = pattern.exec(name)
      return match === null ? [] : [[{ [label]: match[1] as string }, value] as const]
    })
  return [
    family('srwan_datapath_bytes_total', 'counter', 'Octets counted by the datapath.', select(/^(.+)Octets$/, 'counter')),
    family('srwan_datapath_packets_total', 'counter', 'Packets counted by the datapath.', select(/^(.+)Packets$/, 'counter')),
    family('srwan_dropped_packets_total', 'counter', 'Packets dropped, by reason.', select(/^drop([A-Z].*)$/, 'reason')),
    family('srwan_datapath_events_total', 'counter', 'Other events of the datapath.', select(/^(sessionsOpened|sessionsFailed|pathSwitches|rekeys)$/, 'event'))
  ]
}

function matrix(node: Node): string[] {
  const { sids, cells } = node.matrix()
  const known = cells.flat().filter((cell) => cell?.oneWayDelay !== undefined)
  const now = node.clock.now()
  return [
    family('srwan_matrix_cells', 'gauge', 'Cells of the delay matrix.', [
      [{ state: 'known' }, known.length],
      [{ state: 'missing' }, sids.length * Math.max(0, sids.length - 1) - known.length]
    ]),
    family('srwan_matrix_oldest_seconds', 'gauge', 'Age of the oldest known cell.', one(Math.max(0, ...known.map((cell) => (now - (cell?.sampledAt ?? now)) / 1000))))
  ]
}
