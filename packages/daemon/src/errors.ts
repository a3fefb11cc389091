import { BaseError, InvalidInputError, UnavailableResourceError } from '@srwan/interface'

/** The home holds no network: nothing can be started. */
export class NoNetworkError extends BaseError {
  override readonly name = 'NoNetworkError'
  readonly code = 'ERR_NO_NETWORK'

  constructor(home: string, file: string) {
    super(`this node belongs to no network yet: ${home} holds no ${file}`, {
      remedy: 'Create a network with `srwan network create NAME`, or join one with `srwan network join LINE` (a line that `srwan network invite` printed).'
    })
  }
}

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

const disk = (cause: SystemError): UnavailableResourceError =>
  new UnavailableResourceError('ERR_DISK_FULL', `no space is left on the disk${cause.path === undefined ? '' : ` of ${cause.path}`}`, {
    cause,
    remedy: 'Free some space and start again; nothing was left half-written.'
  })

const busy = (cause: SystemError): UnavailableResourceError => {
  const where = cause.port === undefined ? cause.message : `${cause.address ?? ''}:${cause.port}`
  return new UnavailableResourceError('ERR_PORT_IN_USE', `another program already uses the port (${where})`, {
    cause,
    remedy: 'Set `listen.tcpPort`, `listen.udpPort` or `api.port` in config.yaml to a free one; `ss -lntup` shows who uses it.'
  })
}

const noAddress = (cause: SystemError): InvalidInputError =>
  new InvalidInputError({ source: 'config.yaml', field: 'listen.address' }, `this machine has no such address (${cause.address ?? cause.message})`, {
    cause,
    remedy: 'Use 0.0.0.0, or an address that `ip address` shows.'
  })

const readOnly = (cause: SystemError): UnavailableResourceError =>
  new UnavailableResourceError('ERR_NO_PRIVILEGE', `the file system is read-only: ${cause.path ?? cause.message}`, {
    cause,
    remedy: 'Choose a home that can be written with --home.'
  })

const forbidden = (cause: SystemError): UnavailableResourceError =>
  new UnavailableResourceError('ERR_NO_PRIVILEGE', `not permitted: ${cause.message}`, {
    cause,
    remedy: 'Run as root or grant CAP_NET_ADMIN; `srwan doctor` shows what is missing.'
  })

const EXPLANATIONS: Readonly<Record<string, (cause: SystemError) => BaseError>> = {
  ENOSPC: disk,
  EDQUOT: disk,
  EADDRINUSE: busy,
  EADDRNOTAVAIL: noAddress,
  EROFS: readOnly,
  EACCES: forbidden,
  EPERM: forbidden
}

/**
 * Turns what the system says into what a person can act on.
 *
 * @param error - anything thrown while starting
 * @returns the same error where it is already clear
 */
export function explainSystemError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error
  const one = (error as { errors?: unknown[] }).errors?.[0] ?? error
  const cause = one as SystemError & { readonly remedy?: string }
  if (cause instanceof BaseError || typeof cause.remedy === 'string') return cause
  return EXPLANATIONS[cause.code ?? '']?.(cause) ?? error
}
