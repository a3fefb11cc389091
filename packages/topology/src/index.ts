/**
 * Candidate paths from a delay matrix, and relays between groups from landmarks: pure and synchronous functions.
 *
 * @packageDocumentation
 */
export { chooseLandmarks, LANDMARK_POOL, LANDMARKS } from './beyond/choose-landmarks.ts'
export type { LandmarkQuery } from './beyond/choose-landmarks.ts'
export { estimateRoundTrip } from './beyond/estimate-round-trip.ts'
export type { LandmarkVector, RoundTripEstimate } from './beyond/estimate-round-trip.ts'
export { reconcileColumns } from './beyond/reconcile-columns.ts'
export type { ColumnDifference, ReconciledColumn } from './beyond/reconcile-columns.ts'
export { RELAYS_PER_GROUP, roundTripsWith, shortlistRelays } from './beyond/shortlist-relays.ts'
export type { MeasuredRelay, RankedRelay, RelayQuery } from './beyond/shortlist-relays.ts'
export { candidatePaths, DEFAULT_MAX_LOSS, MAX_TRANSITS } from './candidate-paths.ts'
export type { CandidateQuery, RankedCandidate } from './candidate-paths.ts'
export { disjointStandby, sharedTransits } from './disjoint-standby.ts'
export { coverage, pathCost } from './matrix-cost.ts'
