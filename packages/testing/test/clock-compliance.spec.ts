import { createVirtualClock, systemClock } from '@srwan/clock'
import { clockCompliance } from '../src/index.ts'

clockCompliance('system', () => ({ clock: systemClock(), settle: (promise) => promise }))
clockCompliance('virtual', () => {
  const clock = createVirtualClock()
  return { clock, settle: (promise) => clock.runUntil(promise) }
})
