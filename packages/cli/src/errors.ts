import { BaseError } from '@srwan/interface'

/** The command line does not say what to do. */
export class UsageError extends BaseError {
  override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'
}

/** What would be written is there already and is never overwritten. */
export class AlreadyExistsError extends BaseError {
  override readonly name = 'AlreadyExistsError'
  readonly code = 'ERR_ALREADY_EXISTS'
}

/** Something that was waited for did not happen in time. */
export class WaitTimeoutError extends BaseError {
  override readonly name = 'WaitTimeoutError'
  readonly code = 'ERR_TIMEOUT'
}

/** A detached daemon ended before it had started; its own message has been shown. */
export class DaemonFailedError extends BaseError {
  override readonly name = 'DaemonFailedError'
  readonly code = 'ERR_DAEMON_FAILED'
}
