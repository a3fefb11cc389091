/**
 * Candidate paths from a delay matrix: pure and synchronous functions of (matrix, query).
 *
 * @packageDocumentation
 */
export { candidatePaths, DEFAULT_MAX_LOSS, MAX_TRANSITS } from './candidate-paths.ts'
export type { CandidateQuery, RankedCandidate } from './candidate-paths.ts'
export { disjointStandby, sharedTransits } from './disjoint-standby.ts'
export { coverage, pathCost } from './matrix-cost.ts'
