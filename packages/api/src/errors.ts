import { BaseError } from '@srwan/interface'

/** Nothing answers on the daemon's socket. */
export class DaemonUnreachableError extends BaseError {
  override readonly name = 'DaemonUnreachableError'
  readonly code = 'ERR_DAEMON_UNREACHABLE'
  /** The socket that was tried. */
  readonly socket: string

  constructor(socket: string, reason: string, options: ErrorOptions = {}) {
    super(`cannot reach the daemon at ${socket} (${reason})`, { ...options, remedy: remedyFor(reason) })
    this.socket = socket
  }
}

function remedyFor(reason: string): string {
  if (reason === 'EACCES' || reason === 'EPERM') return 'it belongs to another user. Run the command as that user, or with sudo.'
  if (reason === 'timeout') return 'it is running but does not answer. See its log, or stop it with `srwan down`.'
  return 'it is not running. Start it with `srwan up`, or check `systemctl status srwan`.'
}

/** The daemon answered with an error; code, message and remedy are its own. */
export class RequestFailedError extends BaseError {
  override readonly name = 'RequestFailedError'
  readonly code: string
  /** HTTP status. */
  readonly status: number

  constructor(status: number, body: { code: string; message: string; remedy?: string | undefined }) {
    super(body.message, body.remedy === undefined ? {} : { remedy: body.remedy })
    this.code = body.code
    this.status = status
  }
}
