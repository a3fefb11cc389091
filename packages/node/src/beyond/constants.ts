import { ms } from '@srwan/interface'

/* protocol/beyond-the-group.md states and explains these. */

/** How long a lease lasts; it is renewed at a third of this. */
export const LEASE_TIME = ms(180_000)
export const RENEW_AFTER = ms(60_000)
/** A destination for which no decision was asked for so long is let go. */
export const HOLD_TIME = ms(900_000)
/** Routers with a lease, given and held; each costs one probe exchange an interval. */
export const MAX_GIVEN = 24
export const MAX_HELD = 24
/** Given to one asker, and for routers of one group. */
export const MAX_OF_ASKER = 8
export const MAX_OF_GROUP = 16
export const MAX_DESTINATIONS = 24
/** Requests: at once, and a second. */
export const ASKER_BURST = 40
export const ASKER_RATE = 2
export const TOTAL_BURST = 200
export const TOTAL_RATE = 20
export const MAX_ASKERS = 1024
/** Members of the other group that are asked for one column: wanted, and tried at most. */
export const COLUMN_WORDS = 2
export const COLUMN_TRIES = 4
export const MAX_COLUMNS = 64
/** Pulse intervals for which a fetched column counts. */
export const COLUMN_INTERVALS = 3
export const REQUEST_TIMEOUT = ms(4000)
/** Echoes of which the least round trip counts. */
export const ECHOES = 5
/** How long a round trip to a landmark counts, and when one that failed is tried again. */
export const LANDMARK_AGE = ms(1_800_000)
export const LANDMARK_RETRY = ms(30_000)
/** The own vector is told again after this. */
export const VECTOR_PERIOD = ms(600_000)
/** How often landmarks are chosen anew at most. */
export const LANDMARK_CHOICE = ms(10_000)
/** How often leases, landmarks and vectors are looked at. */
export const TICK = ms(1000)
/** Findings that are kept, the latest. */
export const MAX_FINDINGS = 64
