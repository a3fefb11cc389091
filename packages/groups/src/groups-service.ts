import { LimitExceededError, Listeners, NotAuthorisedError } from '@srwan/interface'
import { AuthorHistory } from './author-history.ts'
import { ChainedAuthors } from './chained-authors.ts'
import { groupsOf } from './group-map.ts'
import { rosterPart } from './group-roster.ts'
import { withNewcomers } from './newcomers.ts'
import { firstGroupState, nextGroupState } from './next-state.ts'
import { genesisBeacon } from './position.ts'
import { StateArchive, readState } from './state-archive.ts'
import type { AuthorRoster, GroupMap, PeerIdText, Roster, RosterSource } from '@srwan/interface'
import type { StandingGroups } from './anchored-vectors.ts'
import type { GroupState } from './group-state.ts'
import type { EpochInput } from './next-state.ts'
import type { ArchivedState } from './state-archive.ts'
import type { GroupRosterEvents, Groups, GroupsComponents, GroupsEvents, GroupsInit, OwnGroup } from './groups.ts'

/** Epochs for which DiTEx keeps entries. */
const RETENTION = 192
/** Epochs taken at once while catching up; what is further away is for `adopt`. */
const MAX_STEPS = 192

/** The groups at one node: fixed ones by the members while nothing is anchored, the chain of states afterwards. */
export class GroupsService implements Groups {
  readonly #components: GroupsComponents
  readonly #init: GroupsInit
  readonly #listeners = new Listeners<GroupsEvents>()
  readonly #rosterListeners = new Listeners<GroupRosterEvents>()
  readonly #history: AuthorHistory
  readonly #archive = new StateArchive()
  readonly roster: RosterSource
  readonly authors: AuthorRoster
  #chained: GroupState | undefined
  /** First epoch of a chain that this node began by itself; `undefined` where it goes on from a state of others or of the life before. */
  #begunAt: number | undefined
  #fixed: GroupState
  #map: GroupMap
  #own: OwnGroup
  #ownRoster: Roster

  constructor(components: GroupsComponents, init: GroupsInit) {
    this.#components = components
    this.#init = init
    this.#history = new AuthorHistory(init.retention ?? RETENTION)
    this.#fixed = this.#fixedState()
    this.#map = groupsOf(this.#fixed)
    this.#own = this.#ownGroup()
    this.#ownRoster = this.#rosterOf(this.#own)
    this.roster = {
      current: () => this.#ownRoster,
      on: (name, listener) => {
        this.#rosterListeners.on(name, listener)
      },
      off: (name, listener) => {
        this.#rosterListeners.off(name, listener)
      }
    }
    this.authors = new ChainedAuthors({
      history: this.#history,
      sidOf: components.sidOf,
      networkId: init.networkId,
      vouched: components.vouched ?? (() => false),
      live: () => ({ state: this.#fixed, map: this.#map })
    })
  }

  on(name: 'change', listener: (event: OwnGroup) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (event: OwnGroup) => void): void {
    this.#listeners.off(name, listener)
  }
  own(): OwnGroup {
    return this.#own
  }
  map(): GroupMap {
    return this.#map
  }
  state(): GroupState | undefined {
    return this.#chained
  }
  stateAt(epoch: number): ArchivedState | undefined {
    return this.#archive.at(epoch)
  }
  statesFrom(epoch: number): ReturnType<Groups['statesFrom']> {
    return this.#archive.encodedFrom(epoch)
  }
  standing(epoch: number): StandingGroups | undefined {
    const stateEpoch = this.#chained === undefined || this.#chained.epoch < epoch ? undefined : this.#archive.lastUpTo(epoch)
    return stateEpoch === undefined ? undefined : { stateEpoch, groups: this.#history.groupsIn(stateEpoch) }
  }
  isSplit(epoch: number): boolean {
    return (this.#history.groupsAt(epoch) ?? this.#map.groups.length) > 1
  }

  start(): Promise<void> {
    this.#components.members.on('change', this.#onMembers)
    this.#components.beacons?.on('change', this.#onBeacon)
    this.#onMembers()
    this.#onBeacon()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.members.off('change', this.#onMembers)
    this.#components.beacons?.off('change', this.#onBeacon)
    return Promise.resolve()
  }

  adopt(encoded: Uint8Array, expectedHash: Uint8Array): boolean {
    const { state, hash } = this.#read(encoded)
    if (!Buffer.from(hash).equals(expectedHash)) throw new NotAuthorisedError('the state of the groups is not the one that is anchored')
    if (this.#chained !== undefined && this.#chained.epoch >= state.epoch) {
      const own = this.#archive.at(state.epoch)
      // What is anchored before the own beginning shows that it was none; a chain that others began has nothing to correct before its first epoch.
      const begunTooLate = own === undefined && this.#begunAt !== undefined && state.epoch < this.#begunAt
      if (!begunTooLate && (own === undefined || Buffer.from(own.hash).equals(hash))) return false
      this.#history.truncate(state.epoch)
      this.#archive.truncate(state.epoch)
    }
    if (this.#begunAt !== undefined && state.epoch <= this.#begunAt) this.#begunAt = undefined
    this.#take(state)
    this.#onBeacon()
    return true
  }

  resume(encoded: readonly Uint8Array[]): void {
    for (const one of encoded) {
      const { state } = this.#read(one)
      if (this.#chained === undefined || state.epoch > this.#chained.epoch) this.#take(state)
    }
  }

  #read(encoded: Uint8Array): ReturnType<typeof readState> {
    const read = readState(encoded)
    if (read.state.groupSize !== this.#init.groupSize) throw new LimitExceededError(`the state is of groups of ${read.state.groupSize}, this network has ${this.#init.groupSize}`)
    return read
  }

  readonly #onMembers = (): void => {
    this.#fixed = this.#fixedState()
    this.#publish()
  }

  /** One step for each epoch that has both beacon and roster; an epoch without them moves nobody. */
  readonly #onBeacon = (): void => {
    const latest = this.#components.beacons?.latest()
    if (latest === undefined) return
    const from = Math.max(this.#chained === undefined ? 0 : this.#chained.epoch + 1, latest - MAX_STEPS + 1)
    for (let epoch = from; epoch <= latest; epoch++) {
      const beacon = this.#components.beacons?.beacon(epoch)
      const roster = this.#components.rosters?.roster(epoch)
      if (beacon === undefined) continue
      if (roster === undefined) {
        // The chain waits for what it knows to be missing; before it begins nothing is.
        if (this.#chained === undefined) continue
        return
      }
      this.#advance({ epoch, roster, beacon, landmarks: this.#components.rosters?.landmarks?.(epoch) })
    }
  }

  /** The first anchored epoch keeps the places of the fixed groups. */
  #advance(input: EpochInput): void {
    if (this.#chained === undefined) this.#begunAt = input.epoch
    const previous = this.#chained ?? firstGroupState({ ...input, epoch: input.epoch - 1, beacon: genesisBeacon(this.#init.networkId) }, this.#init)
    this.#take(nextGroupState(previous, input, this.#init))
  }

  #take(state: GroupState): void {
    this.#chained = state
    this.#history.add(state, groupsOf(state))
    this.#archive.add(state)
    this.#publish()
  }

  #publish(): void {
    this.#map = groupsOf(this.#chained === undefined ? this.#fixed : this.#withNewcomers(this.#chained))
    const own = this.#ownGroup()
    const roster = this.#rosterOf(own)
    const sameGroup = own.number === this.#own.number && own.isGuest === this.#own.isGuest && sameList(own.members, this.#own.members) && sameList(own.guests, this.#own.guests)
    this.#own = own
    // Members are compared as objects: a new descriptor is a change of the roster, not of the group.
    const sameRoster = sameList(roster.members, this.#ownRoster.members)
    this.#ownRoster = sameRoster ? this.#ownRoster : roster
    if (!sameGroup) this.#listeners.emit('change', own)
    if (!sameRoster) this.#rosterListeners.emit('change', roster)
    if (!sameGroup) this.#components.logger.debug('the own group changed', { group: own.number, members: own.members.length, guests: own.guests.length })
  }

  #withNewcomers(state: GroupState): GroupState {
    if (this.#init.admission !== 'at-once') return state
    const present = this.#components.members.current().members.map(({ peerId }) => peerId)
    return withNewcomers(state, present, genesisBeacon(this.#init.networkId))
  }

  #fixedState(): GroupState {
    const roster = this.#components.members.current().members.map(({ peerId }) => peerId)
    return firstGroupState({ epoch: 0, roster, beacon: genesisBeacon(this.#init.networkId) }, this.#init)
  }

  #ownGroup(): OwnGroup {
    const { self } = this.#init
    const number = this.#map.groupOf(self) ?? this.#map.hostOf(self)
    const group = number === undefined ? undefined : this.#map.group(number)
    if (group === undefined) return { number: 0, isGuest: true, members: [], guests: [self] }
    return { number: group.number, isGuest: this.#map.groupOf(self) === undefined, members: group.members, guests: group.guests }
  }

  #rosterOf({ members, guests }: OwnGroup): Roster {
    const measured = new Set<PeerIdText>([...members, ...guests])
    return rosterPart(this.#components.members.current(), (peerId) => measured.has(peerId))
  }
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
