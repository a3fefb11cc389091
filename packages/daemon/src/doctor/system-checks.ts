import { open, readFile } from 'node:fs/promises'
import { release } from 'node:os'
import type { Check } from './check.ts'

/** Bit of CAP_NET_ADMIN in the capability sets (capability.h). */
const CAP_NET_ADMIN = 12n
/** Descriptors for 100 peers, libp2p's connections and the log, with room. */
const MIN_DESCRIPTORS = 1024
/** UDP_SEGMENT and UDP_GRO came with 4.18 and 5.0. */
const MIN_KERNEL = [5, 0] as const
/** Clock sources that are read without leaving user space for long. */
const GOOD_CLOCK_SOURCES: readonly string[] = ['tsc', 'kvm-clock', 'arch_sys_counter', 'hyperv_clocksource_tsc_page', 'xen']

const wantsTun = (context: Parameters<Check>[0]): boolean => context.config?.tun !== 'none'

export const privileges: Check = async (context) => {
  const status = await readFile('/proc/self/status', 'utf8')
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  if (((mask >> CAP_NET_ADMIN) & 1n) === 1n) return { outcome: 'pass', found: 'CAP_NET_ADMIN is there' }
  if (!wantsTun(context)) return { outcome: 'pass', found: 'no CAP_NET_ADMIN, and none is needed: tun is none' }
  return {
    outcome: 'fail',
    found: 'no CAP_NET_ADMIN: the overlay device cannot be made',
    remedy: 'Run as root, or `setcap cap_net_admin+ep` on the node binary, or set `tun: none` in config.yaml for a pure transit.'
  }
}

export const tunDevice: Check = async (context) => {
  if (!wantsTun(context)) return { outcome: 'skip', found: 'tun is none in config.yaml', remedy: 'Set `tun` to use the overlay from this machine.' }
  try {
    await (await open('/dev/net/tun', 'r+')).close()
    return { outcome: 'pass', found: '/dev/net/tun can be opened' }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const remedy =
      code === 'ENOENT' || code === 'ENODEV' ? '`modprobe tun`; in a container hand the device in (`--device /dev/net/tun`).' : 'Run as root, or `chmod 666 /dev/net/tun`.'
    return { outcome: 'fail', found: `/dev/net/tun cannot be opened (${code})`, remedy }
  }
}

export const clockSource: Check = async () => {
  const text = await readFile('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'utf8').catch(() => undefined)
  const name = text?.trim()
  if (name === undefined) return { outcome: 'skip', found: 'the kernel does not say', remedy: 'Nothing to do.' }
  if (GOOD_CLOCK_SOURCES.includes(name)) return { outcome: 'pass', found: name }
  return {
    outcome: 'warn',
    found: `${name}: reading it is slow or coarse, so delays are measured with more noise`,
    remedy: 'Choose another: `cat /sys/devices/system/clocksource/clocksource0/available_clocksource`.'
  }
}

export const kernelVersion: Check = async () => {
  const [major = 0, minor = 0] = release().split(/[.-]/).map(Number)
  const enough = major > MIN_KERNEL[0] || (major === MIN_KERNEL[0] && minor >= MIN_KERNEL[1])
  if (process.platform !== 'linux') return { outcome: 'fail', found: `${process.platform} ${release()}`, remedy: 'Nodes run on Linux only.' }
  return enough ? { outcome: 'pass', found: `Linux ${release()}` } : { outcome: 'fail', found: `Linux ${release()}`, remedy: `Use Linux ${MIN_KERNEL.join('.')} or later.` }
}

export const fileDescriptors: Check = async () => {
  const limits = await readFile('/proc/self/limits', 'utf8')
  const text = /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? '0'
  if (text === 'unlimited' || Number(text) >= MIN_DESCRIPTORS) return { outcome: 'pass', found: `${text} may be open` }
  return { outcome: 'warn', found: `only ${text} may be open`, remedy: `\`ulimit -n ${MIN_DESCRIPTORS}\`, or LimitNOFILE=${MIN_DESCRIPTORS} in the service.` }
}
