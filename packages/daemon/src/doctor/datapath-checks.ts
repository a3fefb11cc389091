import type { Check, DoctorContext } from './check.ts'

/** Smallest MTU of IPv6; a path below it is never chosen. */
const MIN_PATH_MTU = 1280
/** Most paths that are named. */
const MAX_NAMED = 8

type Found = Awaited<ReturnType<Check>>
type Running = NonNullable<DoctorContext['running']>

/** Only a running datapath knows. */
const whileRunning =
  (look: (running: Running) => Found): Check =>
  async ({ running }) =>
    running === undefined ? { outcome: 'skip', found: 'no daemon runs', remedy: 'Start it with `srwan up`; what the kernel grants is known then.' } : look(running)

export const datapathThreads: Check = whileRunning(({ features }) => {
  const { threads, cipher, steering } = features
  const found = `${threads} ${threads === 1 ? 'thread' : 'threads'}, ${cipher}`
  if (threads === 1 || steering) return { outcome: 'pass', found }
  return { outcome: 'warn', found: `${found}, but the kernel cannot steer packets to them`, remedy: 'Use Linux 4.5 or later, or set `datapath.threads` to 1.' }
})

export const offloads: Check = whileRunning(({ features }) => {
  const { tunOffload, udpSegmentation, udpReceiveOffload } = features
  const device = { off: 'no device', none: 'device without offload', checksum: 'device: checksums', tso: 'device: checksums, TSO', 'tso+uso': 'device: checksums, TSO, USO' }[
    tunOffload
  ]
  const socket = `UDP segmentation ${udpSegmentation ? 'on' : 'off'}, UDP receive offload ${udpReceiveOffload ? 'on' : 'off'}`
  const found = `${device}; ${socket}`
  if (udpSegmentation && udpReceiveOffload && tunOffload !== 'none' && tunOffload !== 'checksum') return { outcome: 'pass', found }
  return {
    outcome: 'warn',
    found: `${found}: everything works, each octet costs more processor time`,
    remedy: 'Use Linux 5.0 or later (6.2 for USO) and a sandbox that does not hide the offloads.'
  }
})

export const socketBuffers: Check = whileRunning(({ features }) => {
  const { receiveBufferOctets: receive, sendBufferOctets: send, wantedBufferOctets: wanted } = features
  const found = `${kibibytes(receive)} to receive, ${kibibytes(send)} to send of ${kibibytes(wanted)} asked for`
  const small = [...(receive < wanted ? ['rmem_max'] : []), ...(send < wanted ? ['wmem_max'] : [])]
  if (small.length === 0) return { outcome: 'pass', found }
  const settings = small.map((name) => `net.core.${name}=${wanted}`).join(' ')
  return {
    outcome: 'warn',
    found: `${found}: bursts overflow them`,
    remedy: `\`sysctl -w ${settings}\` and start the node again (a file in /etc/sysctl.d keeps it). It costs up to ${kibibytes(wanted)} of kernel memory for each socket of any program that asks for as much.`
  }
})

export const pathMtu: Check = whileRunning(({ paths }) => {
  const known = paths.filter((path): path is { name: string; mtu: number } => path.mtu !== undefined).sort((a, b) => a.mtu - b.mtu)
  if (known.length === 0) return { outcome: 'skip', found: 'no path in use has a known MTU', remedy: 'It is known soon after the first data to a destination.' }
  const listed = known.slice(0, MAX_NAMED).map(({ name, mtu }) => `${name} ${mtu}`)
  const found = [...listed, ...(known.length > MAX_NAMED ? [`${known.length - MAX_NAMED} more`] : [])].join(', ')
  if (known.every(({ mtu }) => mtu >= MIN_PATH_MTU)) return { outcome: 'pass', found }
  return {
    outcome: 'warn',
    found: `${found}: below ${MIN_PATH_MTU} a path cannot be chosen`,
    remedy: 'Raise the MTU of the underlay on the way there (`tracepath` shows where it falls), or remove the tunnel that lowers it.'
  }
})

const kibibytes = (octets: number): string => `${Math.floor(octets / 1024)} KiB`
