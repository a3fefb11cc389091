/** Epochs after which each router has got a fresh position: a week of hours. */
export const POSITION_EPOCHS = 168
/** Siblings merge when they hold no more than this share of a full group together; a split needs more than a full one, so nothing flaps. */
export const MERGE_SHARE = 0.4
/** Guests of a group, as a share of its members; a group always has room for one. */
export const GUEST_SHARE = 0.1
/** Groups that a guest is tried in before it waits an epoch. */
export const GUEST_ATTEMPTS = 8
/** Deepest leaf; positions are hashes, so 100,000 routers in groups of two need about 20. */
export const MAX_DEPTH = 30
/** Routers of one network. */
export const MAX_ROUTERS = 200_000
/** Octets of a position and of a beacon. */
export const POSITION_LENGTH = 32
/** Round trips that a digest holds of each router. */
export const LANDMARKS = 8
/** Landmarks that must have been measured by a router and by half of the others, or nobody swaps. */
export const LEAST_LANDMARKS = 4
/** Pairs that may swap in an epoch, as a share of the routers: 1 % of them move. */
export const SWAP_PAIRS_SHARE = 0.005
/** Pairs looked at in an epoch, as a share of the routers: an upper bound of what lies about landmarks can gain. */
export const SWAP_TRIALS_SHARE = 0.01
/** A swap must take away this share of the delays that it changes; less is noise. */
export const SWAP_GAIN = 0.05
