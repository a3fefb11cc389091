import { closeSync, openSync } from 'node:fs'
import { run } from '../workshop/run.js'
import { hasProgram } from '../workshop/system-tools.js'

/** @returns {Promise<string | undefined>} what is missing for networks in namespaces; nothing where they can be made */
export async function whyNoNamespaces() {
  if (process.platform !== 'linux') return 'they need Linux'
  if (!hasProgram('ip')) return 'no `ip` program (iproute2)'
  try {
    closeSync(openSync('/dev/net/tun', 'r+'))
  } catch (error) {
    return `/dev/net/tun cannot be opened (${error.code})`
  }
  if (process.getuid() === 0) return undefined
  const { code } = await run('unshare', ['--user', '--map-root-user', '--net', '--mount', 'true']).catch(() => ({ code: 1 }))
  return code === 0 ? undefined : 'neither root nor user namespaces (sysctl kernel.unprivileged_userns_clone=1 would allow them)'
}
