/**
 * Who is left out of all paths, on which evidence, and when they come back.
 *
 * @packageDocumentation
 */
import type { Quarantine, QuarantineComponents, QuarantineInit } from './quarantine.ts'
import { VerdictService } from './verdict-service.ts'

export { judge } from './judge.ts'
export type { Case } from './judge.ts'
export {
  isConclusive,
  LEAST_EXCESS_MICROSECONDS,
  LEAST_OCTETS,
  LEAST_PAIRS,
  LEAST_PROBES,
  MAX_SEEN_WITH,
  MAX_WINDOW_SECONDS,
  OBSERVATION_CLASSES,
  OBSERVATION_KIND,
  observationBody,
  observationKey,
  parseObservation
} from './observation.ts'
export type { Observation, ObservationClass, ObservationFamily } from './observation.ts'
export { observersNeeded, quarantineParameters, removalBudget } from './parameters.ts'
export type { QuarantineParameters } from './parameters.ts'
export type { ObservationLog, Quarantine, QuarantineComponents, QuarantineInit, TrialCause } from './quarantine.ts'
export { isContradicted } from './recomputed.ts'
export type { DelaysBetween } from './recomputed.ts'
export { provenByTwoColumns, twoColumnsBody, twoColumnsKey } from './two-columns.ts'
export type { VerifyOfRouter } from './two-columns.ts'
export type { Testimony, Witness } from './testimony.ts'

/** The quarantine of one node; it judges from `start` on, and every `current()` before is empty. */
export function createQuarantine(components: QuarantineComponents, init: QuarantineInit): Quarantine {
  return new VerdictService(components, init)
}
