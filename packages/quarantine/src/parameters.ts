import { ms } from '@srwan/interface'
import type { Milliseconds } from '@srwan/interface'

/** What all members of a network must agree on, so that equal evidence gives equal verdicts. All follow from the network file. */
export interface QuarantineParameters {
  /** Instants at which verdicts are computed: whole multiples of this. */
  readonly slot: Milliseconds
  /** How long an observation speaks. */
  readonly window: Milliseconds
  /** First sentence; each relapse within {@link RELAPSE_MEMORY} multiplies it. */
  readonly sentence: Milliseconds
  readonly epoch: Milliseconds
}

/** Pulse intervals for which an observation speaks. */
const WINDOW_INTERVALS = 60
/** Pulse intervals of a first sentence. */
const SENTENCE_INTERVALS = 6
/** Convictions within this time count as relapses. */
export const RELAPSE_MEMORY = ms(24 * 3_600_000)
/** By what a sentence grows with each relapse. */
export const RELAPSE_FACTOR = 4
/** Longest sentence. */
export const LONGEST_SENTENCE = ms(24 * 3_600_000)
/** Fewest independent observers that convict. */
export const LEAST_OBSERVERS = 3
/** Share of the group that convicts where it is more: above the 20 % of liars that the network is to survive. */
export const OBSERVER_SHARE = 0.25
/** Accusers must outweigh those who saw the opposite by this. */
export const MAJORITY = 2
/** Share of the group that testimony may take out at once. */
export const REMOVAL_SHARE = 0.1
/** Convictions by testimony in one epoch. */
export const REMOVALS_PER_EPOCH = 2
/** Places (ASNs) that the observers must come from: none makes more than this part of those needed. */
export const LEAST_PLACES = 3
/** Observations of one observer that count in one epoch: the earliest. */
export const MAX_WORDS_PER_EPOCH = 64

/** @param network - pulse interval and epoch of the network file */
export function quarantineParameters(network: { readonly pulseInterval: Milliseconds; readonly epoch: Milliseconds }): QuarantineParameters {
  const { pulseInterval, epoch } = network
  return { slot: ms(1000), window: ms(WINDOW_INTERVALS * pulseInterval), sentence: ms(SENTENCE_INTERVALS * pulseInterval), epoch }
}

/** @returns observers needed in a group of `size` */
export const observersNeeded = (size: number): number => Math.max(LEAST_OBSERVERS, Math.ceil(OBSERVER_SHARE * size))

/** @returns routers that testimony may take out of a group of `size` at once */
export const removalBudget = (size: number): number => Math.max(1, Math.floor(REMOVAL_SHARE * size))
