/**
 * Time and randomness, injected: the system's own, and seeded or virtual ones for tests and simulations.
 *
 * @packageDocumentation
 */
export { seededRandom } from './seeded-random.ts'
export { systemClock } from './system-clock.ts'
export { systemRandom } from './system-random.ts'
export { createVirtualClock } from './virtual-clock.ts'
export type { VirtualClock, VirtualClockInit } from './virtual-clock.ts'
