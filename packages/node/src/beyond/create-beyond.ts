import { BeyondService } from './beyond-service.ts'
import type { Beyond, BeyondComponents, BeyondInit } from './beyond.ts'

/** Routers of other groups, leases and landmarks over these components; it does nothing until it is started. */
export function createBeyond(components: BeyondComponents, init: BeyondInit): Beyond {
  if (!(init.pulseInterval > 0)) throw new RangeError('pulse interval must be positive')
  return new BeyondService(components, init)
}
