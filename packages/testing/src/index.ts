/**
 * Compliance suites that every implementation of an interface passes, and fixtures; imported by tests only.
 *
 * @packageDocumentation
 */
export { clockCompliance } from './clock-compliance.ts'
export type { ClockHarness } from './clock-compliance.ts'
export { datapathCompliance } from './datapath-compliance.ts'
export type { DatapathHarness, DatapathHarnessFactory, DatapathHarnessOptions } from './datapath-harness.ts'
export { FrameQueue } from './frame-queue.ts'
export { idleShare, quietMachine } from './quiet-machine.ts'
export { silentLogger } from './silent-logger.ts'
