import { suggest } from '@srwan/config'
import { BaseError } from '@srwan/interface'

/** The testnet has no node of this name. */
export class UnknownNodeError extends BaseError {
  override readonly name = 'UnknownNodeError'
  readonly code = 'ERR_UNKNOWN_NODE'

  constructor(node: string, known: readonly string[]) {
    const meant = suggest(node, known)
    super(`the testnet has no node ${node}`, { remedy: meant === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${meant}?` })
  }
}

/** No testnet runs in this directory, or its supervisor does not answer. */
export class TestnetUnreachableError extends BaseError {
  override readonly name = 'TestnetUnreachableError'
  readonly code = 'ERR_DAEMON_UNREACHABLE'
}

/** The emulator or a node's daemon ended, or did something that it must not. */
export class TestnetFailedError extends BaseError {
  override readonly name = 'TestnetFailedError'
  readonly code = 'ERR_TESTNET_FAILED'
}

/** Something did not happen in time. */
export class TestnetTimeoutError extends BaseError {
  override readonly name = 'TestnetTimeoutError'
  readonly code = 'ERR_TIMEOUT'
}
