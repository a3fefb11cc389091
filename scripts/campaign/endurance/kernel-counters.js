import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One protocol's line of /proc/net/snmp as an object. */
function snmp(text, protocol) {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(' ').slice(1))
  return Object.fromEntries(names.map((name, index) => [name, Number(values[index])]))
}

/** /proc/net/snmp6 has a line for each counter. */
function snmp6(text) {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .map(([name, value]) => [name, Number(value)])
  )
}

/**
 * What one host's kernel says that it lost, in packets as the kernel counts them: one that holds many datagrams counts once.
 *
 * `underlay`: outer packets after the datapath had sent them. `unheard`: outer packets for a port where nobody listens. `inner`: packets of programs before
 * the datapath had read them from its device or after it had written them.
 *
 * @param {number} pid - of a process in the host's namespace
 */
export function kernelLosses(pid, namespace) {
  const four = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
  const six = snmp6(readFileSync(`/proc/${pid}/net/snmp6`, 'utf8'))
  const udp = snmp(four, 'Udp')
  const ip = snmp(four, 'Ip')
  const links = JSON.parse(execFileSync('ip', ['-n', namespace, '-s', '-j', 'link', 'show']).toString())
  const dropped = (...names) => links.filter(({ ifname }) => names.includes(ifname)).reduce((sum, { stats64: { rx, tx } }) => sum + rx.dropped + tx.dropped, 0)
  const parts = {
    socketOverflow: udp.RcvbufErrors,
    socketErrors: udp.InErrors - udp.RcvbufErrors,
    links: dropped('up0', 'down0'),
    ip: ip.InDiscards + ip.OutDiscards,
    device: dropped('srwan0'),
    programs: six.Udp6InErrors
  }
  return {
    underlay: parts.socketOverflow + parts.socketErrors + parts.links + parts.ip,
    unheard: udp.NoPorts,
    inner: parts.device + parts.programs,
    parts
  }
}
