import type { ComponentLogger as Libp2pComponentLogger, Logger as Libp2pLogger } from '@libp2p/interface'
import type { ComponentLogger } from '@srwan/interface'

/** libp2p's errors are about peers, so they go to `debug`; its ordinary lines are let go, which keeps it from formatting them. */
export function libp2pLogger(logger: ComponentLogger): Libp2pComponentLogger {
  const forComponent = (name: string): Libp2pLogger => {
    const target = logger.forComponent(name)
    const log = (): void => {}
    return Object.assign(log, {
      enabled: false,
      trace: () => {},
      error: (format: unknown, ...values: unknown[]) => {
        target.debug('libp2p reports an error', { format: String(format), values })
      },
      newScope: (scope: string) => forComponent(`${name}:${scope}`)
    })
  }
  return { forComponent }
}
