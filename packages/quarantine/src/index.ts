/**
 * Who is left out of all paths, on which evidence, and when they come back.
 *
 * @packageDocumentation
 */
export { judge } from './judge.ts'
export type { Case } from './judge.ts'
export {
  isConclusive,
  LEAST_OCTETS,
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
export type { Testimony, Witness } from './testimony.ts'
