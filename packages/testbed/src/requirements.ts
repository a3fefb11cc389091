import { spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UnavailableResourceError } from '@srwan/interface'

/** Longest wait for the emulator to say whether namespaces are to be had. */
const CHECK_TIMEOUT_MS = 10_000

type Environment = Readonly<Record<string, string | undefined>>

function hasProgram(name: string, environment: Environment): boolean {
  return (environment['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function tunProblem(): string | undefined {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return '/dev/net/tun that may be opened (run as root, or `chmod 666 /dev/net/tun`)'
    return `/dev/net/tun (${code ?? 'unknown'}: load the module with \`modprobe tun\`, or give the container the device)`
  }
}

function namespaceProblem(emulator: string): string | undefined {
  const { status, stdout } = spawnSync(emulator, ['check'], { encoding: 'utf8', timeout: CHECK_TIMEOUT_MS })
  if (status === 0) return undefined
  const said = /"message":"([^"]*)"/.exec(stdout ?? '')?.[1] ?? 'the emulator does not run'
  return process.getuid?.() === 0
    ? `network namespaces (${said}; in a container add CAP_SYS_ADMIN and CAP_NET_ADMIN)`
    : `user namespaces (${said}; run as root, or allow them with \`sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000\`)`
}

/**
 * Checks what the machine must give before anything is created: namespaces, /dev/net/tun, iproute2.
 *
 * @param emulator - its executable
 * @throws UnavailableResourceError with everything that is missing in one message
 */
export function checkRequirements(emulator: string, environment: Environment): void {
  const programs = hasProgram('ip', environment) ? undefined : 'the program ip (package iproute2)'
  const privileges = [namespaceProblem(emulator), tunProblem()].filter((problem) => problem !== undefined)
  const missing = [...privileges, ...(programs === undefined ? [] : [programs])]
  if (missing.length === 0) return
  throw new UnavailableResourceError(privileges.length > 0 ? 'ERR_NO_PRIVILEGE' : 'ERR_MISSING_PROGRAM', `the testnet needs ${missing.join('; ')}`, {
    remedy: 'Nothing was created.'
  })
}
