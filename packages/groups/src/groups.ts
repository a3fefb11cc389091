import type { AuthorRoster, BeaconSource, EventSource, GroupMap, Logger, PeerIdText, Roster, RosterSource, Sid, Startable } from '@srwan/interface'
import type { StandingGroups } from './anchored-vectors.ts'
import type { GroupParameters } from './next-state.ts'
import type { GroupState } from './group-state.ts'
import type { ArchivedState } from './state-archive.ts'
import type { Landmarks } from './swaps.ts'

/** What the anchored epochs say, as far as this node knows it. */
export interface EpochRosters {
  /** Roster that stands in an epoch (see `rosterOfEpoch`); `undefined` while it is not known whole. */
  roster: (epoch: number) => readonly PeerIdText[] | undefined
  /** Landmark round trips from the digests that were anchored before an epoch. */
  landmarks?: (epoch: number) => Landmarks | undefined
}

/** Collaborators of the groups. */
export interface GroupsComponents {
  /** Everybody whom this node knows as a member of the network. */
  readonly members: RosterSource
  readonly sidOf: (peerId: PeerIdText) => Sid
  /** Without these the network has the fixed groups of its members. */
  readonly beacons?: BeaconSource | undefined
  readonly rosters?: EpochRosters | undefined
  /** Is somebody trusted answerable for this author, whatever is anchored? In private networks a certificate makes an author, from the first minute. @default nobody is */
  readonly vouched?: ((peerId: PeerIdText) => boolean) | undefined
  readonly logger: Logger
}

/** Knobs of the groups. */
export interface GroupsInit extends GroupParameters {
  readonly networkId: string
  readonly self: PeerIdText
  /** Epochs for which the roster answers about authors. @default 192 */
  readonly retention?: number | undefined
}

/** What this node's group is at the moment. */
export interface OwnGroup {
  /** 0 where no group takes this node: a guest that found no room. */
  readonly number: number
  readonly isGuest: boolean
  readonly members: readonly PeerIdText[]
  readonly guests: readonly PeerIdText[]
}

/** The groups as this node computes them. */
export interface Groups extends Startable, EventSource<{ change: OwnGroup }> {
  own: () => OwnGroup
  /** All groups now. */
  map: () => GroupMap
  /** The last state of the chain of epochs; `undefined` while the network has no anchors. */
  state: () => GroupState | undefined
  /** The state of an epoch, for its trie and for those who join later; `undefined` where the epoch had none or is gone. */
  stateAt: (epoch: number) => ArchivedState | undefined
  /** Whole states from an epoch on, as many as are kept, oldest first. */
  statesFrom: (epoch: number) => readonly (ArchivedState & { readonly encoded: Uint8Array })[]
  /** The groups that stood in an epoch, by the states alone; `undefined` where no state up to it is known, or none from it on. */
  standing: (epoch: number) => StandingGroups | undefined
  /** Had the network several groups in that epoch? As far as this node knows it. */
  isSplit: (epoch: number) => boolean
  /** Own group and its guests, for the measurement: at most 100. */
  readonly roster: RosterSource
  /** Everybody, for the entries of DiTEx. */
  readonly authors: AuthorRoster
  /**
   * Goes on from a state that a peer gave, whose hash is anchored; where this node had another state for that epoch, that one and what followed from it is forgotten.
   *
   * @param expectedHash - as proven by the root of its epoch
   * @returns whether it was news
   * @throws MalformedMessageError, NotAuthorisedError where the hash is another, LimitExceededError where the network has another group size
   */
  adopt: (encoded: Uint8Array, expectedHash: Uint8Array) => boolean
  /** Goes on from the states of the life before, oldest first; before the start. @throws MalformedMessageError, LimitExceededError */
  resume: (encoded: readonly Uint8Array[]) => void
}

/** Who is measured by the own group: compared to see whether anything changed. */
export interface GroupsEvents {
  change: OwnGroup
}

/** Own group's roster events. */
export interface GroupRosterEvents {
  change: Roster
}
