/** Samples kept per peer for the cell: 16 exchanges give one-way loss in steps of about 6 %. */
export const MAX_SAMPLES = 16
/** Offsets kept per peer for the rate of its clock: at 10 s, 5 minutes; crystals wander little in that time. */
export const MAX_RATE_POINTS = 32
/** Offsets needed before a rate is believed at all. */
export const MIN_RATE_POINTS = 4
/** A cell older than this many pulse intervals is stale: shown with its age, not used. */
export const STALE_INTERVALS = 3
/** Own probes in a row without any sign of the peer, after which its cell is lost. */
export const LOST_PROBES = 2
/** A rise must exceed this to count before the older samples have aged out; in µs. */
export const RISE_THRESHOLD = 1000
/** A cell is sent in a part when it is off by more than this from what receivers hold; in µs. */
export const PART_THRESHOLD = 500
/** A cell that was sent in a part stays in it for so many intervals: two exchanges with each peer, so that one lost probe does no harm. */
export const PART_HOLD_INTERVALS = 2
/** Worse by more than this is bad news: the least difference that makes a headend switch; in µs. */
export const BAD_NEWS_THRESHOLD = 5000
/** How long a change of the own column may wait for others, in intervals. */
export const DEBOUNCE_INTERVALS = 0.3
/** Full column at least this often, in intervals. */
export const FULL_COLUMN_INTERVALS = 30
/** Full columns out of turn that may follow one another, one interval apart; one more in each period of theirs. */
export const COLUMN_BURST = 8
/** Least spacing of full columns to one peer, and of requests to one owner, in intervals. */
export const COLUMN_SPACING_INTERVALS = 0.5
/** Pulses about bad news that may follow one another at full pace; one more per sixth of the pulse period. */
export const BAD_NEWS_BURST = 6
/** Rosters remembered, so that columns of members who lag behind still decode. */
export const MAX_REMEMBERED_ROSTERS = 8
/** Replay state of senders, also of those that left: who comes back may not replay. */
export const MAX_PULSE_SENDERS = 200
/** Pulses remembered of a member, to see whether it says one thing to some and another to others. */
export const MAX_REMEMBERED_PULSES = 8
/** Members of which a contradiction is kept. */
export const MAX_CONTRADICTIONS = 100
/** Signatures checked at most: burst and per second. A whole group of 100 may pulse at once. */
export const VERIFY_BURST = 200
export const VERIFY_PER_SECOND = 50
/** Findings kept, the worst first. */
export const MAX_EVIDENCE = 1000
