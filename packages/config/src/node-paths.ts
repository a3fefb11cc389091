import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Environment variables; only read here and in `layers.ts`, and always handed in. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Every file of a node, as absolute paths. */
export interface NodePaths {
  /** Directory of the node, mode 0700. */
  readonly home: string
  readonly config: string
  readonly network: string
  /** The node's Ed25519 key, mode 0600. */
  readonly nodeKey: string
  readonly certificate: string
  /** The organisation's private key, mode 0600; only where the network was created. */
  readonly organisationKey: string
  readonly revocations: string
  /** Unix socket of the HTTP interface, mode 0600. */
  readonly socket: string
  readonly lock: string
  /** Log of a detached daemon. */
  readonly log: string
}

/**
 * Where a node lives: `--home` > `SRWAN_HOME` > `$STATE_DIRECTORY` (systemd; with `$CONFIGURATION_DIRECTORY` and
 * `$RUNTIME_DIRECTORY`) > `$XDG_DATA_HOME/srwan` > `~/.local/share/srwan`.
 */
export function nodePaths(options: { readonly home?: string | undefined; readonly environment: Environment }): NodePaths {
  const { environment } = options
  const explicit = present(options.home) ?? present(environment['SRWAN_HOME'])
  const state = explicit === undefined ? firstOf(environment['STATE_DIRECTORY']) : undefined
  const home = resolve(explicit ?? state ?? join(present(environment['XDG_DATA_HOME']) ?? join(homedir(), '.local', 'share'), 'srwan'))
  const settings = (state === undefined ? undefined : firstOf(environment['CONFIGURATION_DIRECTORY'])) ?? home
  const runtime = (state === undefined ? undefined : firstOf(environment['RUNTIME_DIRECTORY'])) ?? home
  return {
    home,
    config: join(settings, 'config.yaml'),
    network: join(home, 'network.yaml'),
    nodeKey: join(home, 'node.key'),
    certificate: join(home, 'certificate.json'),
    organisationKey: join(home, 'organisation.key'),
    revocations: join(home, 'revocations.json'),
    socket: join(runtime, 'api.sock'),
    lock: join(home, 'daemon.lock'),
    log: join(home, 'daemon.log')
  }
}

const present = (value: string | undefined): string | undefined => (value === undefined || value === '' ? undefined : value)

/** systemd separates several directories by colons; the first is ours. */
const firstOf = (value: string | undefined): string | undefined => present(value?.split(':')[0])
