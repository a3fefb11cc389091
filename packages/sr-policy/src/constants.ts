import { ms } from '@srwan/interface'

/* Choosing: protocol/path-choice.md states and explains these. */

/** A path is better only by more than this, and by more than `THRESHOLD_SHARE` of half the round trip. */
export const THRESHOLD_FLOOR = ms(5)
export const THRESHOLD_SHARE = 0.1
/** A relayed path whose gain over the default path has shrunk below this has lost its purpose. */
export const LEAST_GAIN = ms(1)
/** A list that lost more than this share of its probes beyond the best one's is not better; halfway to the next probe of ten, so that no rounding decides. */
export const LOSS_MARGIN = 0.25
/** The default path is given up for loss only beyond this. */
export const DEFAULT_LOSS_MARGIN = 0.5
/** Rounds in a row that must agree before good news changes a path. */
export const ROUNDS_TO_CONFIRM = 2
/** Pulse intervals: age of a decision that is still good, time between rounds while nothing changes, quarantine of a list that failed. */
export const GOOD_NEWS_INTERVALS = 3
export const FIRST_DWELL = ms(5000)
export const LONGEST_DWELL = ms(300_000)
/** A change back is a flap within the dwell and this many pulse intervals: what a return by good news takes at least, twice. */
export const FLAP_INTERVALS = 6

/* Probing. */

/** Best candidates by the matrix that are probed, per direction, besides the default path. */
export const SHORTLIST = 3
/** Default, active, standby and the shortlist. */
export const MAX_PROBED_PAIRS = 6
/** To another group: the shortlists of both groups as well, in batches of `MAX_PROBED_PAIRS` that each hold the default pair. */
export const MAX_BEYOND_PAIRS = 11
export const PROBES_PER_PATH = 10
export const PROBE_DURATION = ms(1000)
/** Opening a session and its lists included. */
export const DECISION_TIMEOUT = ms(12_000)

/** How long a list that carries too little is left alone; as long as the datapath waits before it tries a larger size. */
export const NARROW_MEMORY = ms(600_000)
/** Such lists that are remembered; the one reported longest ago is forgotten first. */
export const MAX_NARROW_PATHS = 1024

/* Deciding. */

/** A policy with data within this time is decided again by itself. */
export const DEMAND_WINDOW = ms(60_000)
/** Bad news that comes in several events makes one decision. */
export const DEBOUNCE = ms(200)
export const MAX_WAITING_DECISIONS = 512
/** Share of the matrix from which on a decision counts as made in knowledge of it. */
export const FULL_COVERAGE = 0.9
/** Growth of that share which makes an early decision worth repeating. */
export const COVERAGE_STEP = 0.1
/** Common members named to the datapath for control packets. */
export const RELAYS_PER_PEER = 3
