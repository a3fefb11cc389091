import { UnavailableResourceError } from '@srwan/interface'

/** The text of an error and of what caused it: Level wraps LevelDB's. */
export function messageOf(cause: unknown): string {
  const { message = '', cause: inner } = (cause ?? {}) as { readonly message?: string; readonly cause?: unknown }
  return inner === undefined ? message : `${message}: ${messageOf(inner)}`
}

/** @throws UnavailableResourceError where the disk is full or another process holds the store, and what is no damage as it is */
export function throwUnlessDamage(cause: unknown): void {
  if (isFull(cause)) throw diskFull(cause)
  // Another process holds the store: repairing it would destroy it.
  if (/LOCK|already held|LEVEL_LOCKED/.test(`${messageOf(cause)} ${codeOf(cause)}`)) {
    throw new UnavailableResourceError('ERR_ALREADY_RUNNING', 'another process holds the store of entries', { cause })
  }
  if (!/[Cc]orrupt|CURRENT|IO error|Invalid argument|missing files/.test(`${messageOf(cause)} ${codeOf(cause)}`)) throw cause
}

export function writeError(cause: unknown): unknown {
  return isFull(cause) ? diskFull(cause) : cause
}

export function diskFull(cause?: unknown): UnavailableResourceError {
  return new UnavailableResourceError('ERR_DISK_FULL', 'the disk with the store of entries is full', {
    ...(cause === undefined ? {} : { cause }),
    remedy: 'Make room on it; the node goes on by itself.'
  })
}

function isFull(cause: unknown): boolean {
  return /No space left on device|ENOSPC|Disk quota exceeded/.test(messageOf(cause))
}

function codeOf(cause: unknown): string {
  const { code = '', cause: inner } = (cause ?? {}) as { readonly code?: string; readonly cause?: unknown }
  return inner === undefined ? code : `${code} ${codeOf(inner)}`
}
