import { closeSync, openSync } from 'node:fs'

/** Skips a suite, visibly, where namespaces cannot be made. */
export function needsRoot(context: Mocha.Context): void {
  try {
    closeSync(openSync('/dev/net/tun', 'r+'))
    if (process.getuid?.() === 0) return
  } catch {
    /* reported as skipped */
  }
  context.skip()
}
