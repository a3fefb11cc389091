/**
 * From probe events to the full delay matrix at every member, without synchronised clocks: cell estimates and clock rates, columns and pulses, evidence.
 *
 * @packageDocumentation
 */
import { MeasurementService } from './measurement-service.ts'
import type { Measurement, MeasurementComponents, MeasurementInit } from './measurement.ts'

export type { PulseContradiction } from './contradictions.ts'
export { cellAt } from './delay-matrix-view.ts'
export type { Measurement, MeasurementComponents, MeasurementInit } from './measurement.ts'
export type { DropReason, MeasurementPurpose, MeasurementTraffic } from './tally.ts'

/** @throws RangeError where the pulse interval is not positive */
export function createMeasurement(components: MeasurementComponents, init: MeasurementInit): Measurement {
  if (!(init.pulseInterval > 0)) throw new RangeError('pulse interval must be positive')
  return new MeasurementService(components, init)
}
