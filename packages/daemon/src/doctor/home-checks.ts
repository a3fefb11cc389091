import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { loadHome } from '../home.ts'
import { systemClock } from '@srwan/clock'
import type { Check } from './check.ts'

/** Below this a log or a key file may not fit any more. */
const MIN_FREE_OCTETS = 10 * 1024 * 1024
const LOW_FREE_OCTETS = 200 * 1024 * 1024

export const homeFiles: Check = async ({ home, environment }) => {
  try {
    const { network, membership } = await loadHome({ home, environment }, systemClock().wallTime())
    if (network.kind === 'open') return { outcome: 'pass', found: `${membership.name} in the open network ${network.id}` }
    return { outcome: 'pass', found: `${membership.name} in ${network.id}; the certificate is valid until ${new Date(membership.notAfter).toISOString().slice(0, 10)}` }
  } catch (error) {
    const { message, remedy } = error as { message: string; remedy?: string }
    return { outcome: 'fail', found: message, remedy: remedy ?? 'Correct the file; `srwan config check` checks it.' }
  }
}

export const diskSpace: Check = async ({ home }) => {
  const { bavail, bsize } = await statfs(await nearestDirectory(home))
  const free = bavail * bsize
  const found = `${Math.floor(free / 1024 / 1024)} MiB are free`
  if (free >= LOW_FREE_OCTETS) return { outcome: 'pass', found }
  return { outcome: free < MIN_FREE_OCTETS ? 'fail' : 'warn', found, remedy: `Free some space on the disk of ${home}.` }
}

async function nearestDirectory(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined)
  return facts?.isDirectory() === true || dirname(path) === path ? path : nearestDirectory(dirname(path))
}
