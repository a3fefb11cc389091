import { generateKeyPairSync } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run } from '../../workshop/run.js'
import { hasProgram } from '../../workshop/system-tools.js'

/** `go install` names the program after its module; distributions call it wireguard-go. */
const NAMES = ['wireguard-go', 'wireguard']
const MODULE = 'golang.zx2c4.com/wireguard@latest'
const INSTALL_MS = 120_000

function find() {
  const directories = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/local/bin',
    '/usr/bin',
    process.env.GOBIN ?? '',
    join(process.env.GOPATH ?? join(homedir(), 'go'), 'bin')
  ]
  for (const path of directories.filter((directory) => directory !== '').flatMap((directory) => NAMES.map((name) => join(directory, name)))) {
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // the next one
    }
  }
  return undefined
}

/**
 * Looks for wireguard-go and for `wg`; where there is Go but no wireguard-go, lets Go install it.
 *
 * @param {boolean} install - whether that may be tried
 * @returns {Promise<{ program: string, version: string } | { missing: string }>}
 */
export async function findWireGuard(install) {
  if (!hasProgram('wg')) return { missing: 'no `wg` (Debian: wireguard-tools)' }
  if (find() === undefined && install && hasProgram('go')) {
    await run('go', ['install', MODULE], { signal: AbortSignal.timeout(INSTALL_MS) }).catch(() => {})
  }
  const program = find()
  if (program === undefined) return { missing: `no wireguard-go (go install ${MODULE})` }
  const { output } = await run(program, ['--version'])
  return { program, version: output.split('\n')[0].trim() }
}

/** A fresh X25519 key pair as `wg` writes it. */
export function wireGuardKeys() {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const raw = (key, type) => key.export({ format: 'der', type }).subarray(-32).toString('base64')
  return { publicKey: raw(publicKey, 'spki'), privateKey: raw(privateKey, 'pkcs8') }
}
