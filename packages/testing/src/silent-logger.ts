import type { ComponentLogger, Logger } from '@srwan/interface'

/** A logger for tests that do not look at the log. */
export function silentLogger(): ComponentLogger {
  const quiet = (): void => {}
  const logger: Logger = { error: quiet, warn: quiet, info: quiet, debug: quiet }
  return { forComponent: () => logger }
}
