import { createSocket } from 'node:dgram'
import { readdir, readFile } from 'node:fs/promises'
import { connect, createServer, isIP } from 'node:net'
import { nodePaths } from '@srwan/config'
import { loadIdentity } from '@srwan/membership'
import type { Check, DoctorContext } from './check.ts'

/** Longest wait for a bootstrap member. */
const CONNECT_TIMEOUT_MS = 3000
/** 1280 inside + IPv6, UDP, header and four segments, tag: 1280 + 40 + 8 + 16 + 64 + 16. */
const MIN_UNDERLAY_MTU = 1424

/** Can the node listen where it is configured to? */
export const portFree =
  (kind: 'udp' | 'tcp'): Check =>
  async (context) => {
    const { config, daemonRuns } = context
    if (config === undefined) return { outcome: 'skip', found: 'there is no usable config.yaml', remedy: 'See the check named home.' }
    const { address, tcpPort, udpPort } = config.listen
    const port = kind === 'udp' ? udpPort : tcpPort
    if (daemonRuns) return { outcome: 'pass', found: `${address} port ${port} is the daemon's` }
    const error = await (kind === 'udp' ? tryUdp(address, port) : tryTcp(address, port))
    if (error === undefined) return { outcome: 'pass', found: `${address} port ${port} is free` }
    const remedy =
      error === 'EADDRNOTAVAIL'
        ? 'Set `listen.address` to an address that `ip address` shows.'
        : error === 'EACCES'
          ? 'Use a port above 1023, or run as root.'
          : `Set \`listen.${kind}Port\` to another; \`ss -ln${kind[0]}p\` shows who uses this one.`
    return { outcome: 'fail', found: `${address} port ${port} cannot be used (${error})`, remedy }
  }

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

async function tryUdp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    socket.once('error', (error) => {
      socket.close()
      resolve(codeOf(error))
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close(() => resolve(undefined))
    })
  })
}

async function tryTcp(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(codeOf(error)))
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => resolve(undefined))
    })
  })
}

/** Does at least one bootstrap member take a connection? */
export const bootstrapReachable: Check = async (context) => {
  const own = await loadIdentity(nodePaths({ home: context.home, environment: {} }).nodeKey).then(
    ({ peerId }) => peerId,
    () => undefined
  )
  const addresses = (context.network?.bootstrap ?? []).filter((address) => own === undefined || !address.endsWith(own))
  if (addresses.length === 0) return { outcome: 'skip', found: 'the network file names no other bootstrap member', remedy: 'Fine for the first node; it is dialled by the others.' }
  const failures = await Promise.all(addresses.map(async (address) => dial(address, context)))
  const good = failures.filter((failure) => failure === undefined).length
  if (good > 0) return { outcome: 'pass', found: `${good} of ${addresses.length} answer` }
  return {
    outcome: 'fail',
    found: `none of ${addresses.length} answers (${failures[0]})`,
    remedy: 'Check that one of them runs, and that no firewall blocks its TCP port; add another under `bootstrap` in the network file.'
  }
}

async function dial(address: string, { signal }: DoctorContext): Promise<string | undefined> {
  const [, , host = '', , port = ''] = address.split('/')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_TIMEOUT_MS, signal })
    const done = (outcome: string | undefined): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => done(undefined))
    socket.once('timeout', () => done('timeout'))
    socket.once('error', (error) => done(codeOf(error)))
  })
}

export const underlayMtu: Check = async () => {
  const names = (await readdir('/sys/class/net').catch(() => [])).filter((name) => name !== 'lo')
  const devices = await Promise.all(
    names.map(async (name) => {
      const [mtu, state, flags] = await Promise.all(['mtu', 'operstate', 'tun_flags'].map(async (file) => readFile(`/sys/class/net/${name}/${file}`, 'utf8').catch(() => '')))
      return { name, mtu: Number(mtu), up: state?.trim() === 'up', overlay: flags !== '' }
    })
  )
  const underlay = devices.filter(({ up, overlay }) => up && !overlay)
  const smallest = underlay.sort((a, b) => a.mtu - b.mtu)[0]
  if (smallest === undefined) return { outcome: 'warn', found: 'no network device is up', remedy: 'Bring one up; `ip link` shows them.' }
  if (smallest.mtu >= MIN_UNDERLAY_MTU) return { outcome: 'pass', found: `${smallest.mtu} octets (${smallest.name})` }
  return {
    outcome: 'warn',
    found: `${smallest.name} carries ${smallest.mtu} octets only`,
    remedy: `Paths need ${MIN_UNDERLAY_MTU}; raise the MTU of the device where the provider allows it.`
  }
}
