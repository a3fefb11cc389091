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
export {
  Announcements,
  CONNECTION_ON_THE_WIRE,
  GOSSIP_MESH,
  SEGMENT_HEAD,
  STREAM_ON_THE_WIRE,
  datagramOnTheWire,
  frameOnTheWire,
  gossipOnTheWire,
  keepAlivesOnTheWire,
  octetsOnTheWire
} from './libp2p-framing.ts'
export type { OnTheWire } from './libp2p-framing.ts'
export { idleShare, quietMachine } from './quiet-machine.ts'
export { silentLogger } from './silent-logger.ts'
