import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { IpPrefix } from '@srwan/interface'
import { TestnetFailedError } from './errors.ts'

/** Name of the device that carries a node's site prefixes. */
export const SITE_DEVICE = 'site0'
const TIMEOUT_MS = 10_000

/** First host address of a prefix; of the two of a point-to-point prefix the lower one. */
export function firstHost(prefix: IpPrefix): string {
  const [address = '', length = ''] = prefix.split('/')
  const width = address.includes(':') ? 128 : 32
  if (Number(length) >= width - 1) return address
  if (width === 32) return address.replace(/\d+$/, (last) => String(Number(last) + 1))
  return address.endsWith('::') ? `${address}1` : address.replace(/[^:]+$/, (last) => (parseInt(last, 16) + 1).toString(16))
}

/** Lines for `ip -batch`: every address of the prefix is the node's own, and the first host address is assigned. */
function batch(prefix: IpPrefix): string[] {
  const length = prefix.split('/')[1] as string
  return [
    `address add ${firstHost(prefix)}/${length} dev ${SITE_DEVICE}${prefix.includes(':') ? ' nodad' : ''}`,
    `${prefix.includes(':') ? '-6 ' : ''}route replace local ${prefix} dev ${SITE_DEVICE}`
  ]
}

/**
 * Makes the dummy network behind a node: a TUN device that nobody reads, so that it works where the kernel has no dummy devices. Every
 * address of the prefixes answers ping and TCP.
 *
 * @param enter - program and arguments that run a command inside the node's namespace
 * @throws TestnetFailedError with what `ip` said
 */
export async function makeSiteNetwork(enter: readonly string[], all: readonly IpPrefix[]): Promise<void> {
  // a prefix of one address is the node itself: its daemon gives it to its own device
  const prefixes = all.filter((prefix) => !prefix.endsWith(prefix.includes(':') ? '/128' : '/32'))
  if (prefixes.length === 0) return
  const commands = [
    ['tuntap', 'add', 'dev', SITE_DEVICE, 'mode', 'tun'],
    ['link', 'set', SITE_DEVICE, 'up'],
    ...prefixes.flatMap((prefix) => batch(prefix).map((line) => line.split(' ')))
  ]
  const [program, ...first] = enter as [string, ...string[]]
  for (const command of commands) {
    await promisify(execFile)(program, [...first, 'ip', ...command], { timeout: TIMEOUT_MS }).catch((cause: Error & { stderr?: string }) => {
      throw new TestnetFailedError(`ip ${command.join(' ')}: ${cause.stderr?.trim() ?? cause.message}`, { cause })
    })
  }
}
