import { createHash } from 'node:crypto'
import { ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import type { LandmarkVector } from '@srwan/topology'
import { decodeLandmarkVector, encodeLandmarkVector } from '@srwan/wire'
import type { LandmarkTable, LandmarkVectorMessage } from '@srwan/wire'

interface OwnTrip {
  readonly trip: Milliseconds
  readonly at: Milliseconds
}

/** One choice of landmarks. */
export interface LandmarkEdition {
  /** In the order of their SIDs. */
  readonly landmarks: readonly Sid[]
  readonly fingerprint: number
}

/** Vectors that are remembered of a member: of the landmarks that are, and of those before or next, since not all change at one moment. */
const MAX_TOLD = 2

function editionOf(landmarks: readonly Sid[]): LandmarkEdition {
  return { landmarks, fingerprint: createHash('sha256').update(landmarks.join(''), 'hex').digest().readUInt32BE() }
}

/**
 * Round trips to the landmarks: this node's own, and what the members of its group told; at most two vectors a member.
 * When other landmarks are chosen, those before are kept until the next choice: nodes change over at different moments, and what is measured and shared goes on being used until the new ones are.
 */
export class LandmarkBook {
  readonly #self: Sid
  readonly #own = new Map<Sid, OwnTrip>()
  readonly #told = new Map<Sid, readonly LandmarkVectorMessage[]>()
  #current = editionOf([])
  #previous = editionOf([])

  constructor(self: Sid) {
    this.#self = self
  }

  get landmarks(): readonly Sid[] {
    return this.#current.landmarks
  }

  /** @returns whether they are others than before; what is known of those before is kept until the next change */
  setLandmarks(landmarks: readonly Sid[]): boolean {
    if (landmarks.join() === this.#current.landmarks.join()) return false
    this.#previous = this.#current
    this.#current = editionOf(landmarks)
    for (const landmark of this.#own.keys()) if (!landmarks.includes(landmark) && !this.#previous.landmarks.includes(landmark)) this.#own.delete(landmark)
    return true
  }

  /** @returns whether there was none before: what only changed a little is told with the rest, or a group whose delays move would tell its vectors all the time */
  setOwn(landmark: Sid, trip: Milliseconds, now: Milliseconds): boolean {
    const isFirst = !this.#own.has(landmark)
    this.#own.set(landmark, { trip, at: now })
    return isFirst
  }

  /** When the round trip to a landmark was measured; `undefined` for never. */
  measuredAt(landmark: Sid): Milliseconds | undefined {
    return this.#own.get(landmark)?.at
  }

  own(edition: LandmarkEdition = this.#current): LandmarkVector {
    return edition.landmarks.map((landmark) => (landmark === this.#self ? ms(0) : this.#own.get(landmark)?.trip))
  }

  /** Datagram for the group. */
  message(): Uint8Array {
    return encodeLandmarkVector({ landmarks: this.#current.fingerprint, trips: this.own() })
  }

  /** @param from - a member of the group: the caller has checked that. @throws MalformedMessageError */
  receive(from: Sid, payload: Uint8Array): void {
    const message = decodeLandmarkVector(payload)
    const others = (this.#told.get(from) ?? []).filter(({ landmarks }) => landmarks !== message.landmarks)
    // What is about no landmarks that this node knows may be about the next ones.
    const kept = others.filter(({ landmarks }) => landmarks === this.#current.fingerprint || landmarks === this.#previous.fingerprint)
    this.#told.set(from, [message, ...kept].slice(0, MAX_TOLD))
  }

  /** Forgets who has left the group. */
  retain(isMember: (sid: Sid) => boolean): void {
    for (const sid of this.#told.keys()) if (!isMember(sid)) this.#told.delete(sid)
  }

  /** Of a member of the group; `undefined` where it told nothing about these landmarks. */
  vectorOf(sid: Sid, edition: LandmarkEdition = this.#current): LandmarkVector | undefined {
    if (sid === this.#self) return this.own(edition)
    const told = this.#told.get(sid)?.find(({ landmarks }) => landmarks === edition.fingerprint)
    return told?.trips.length === edition.landmarks.length ? told.trips : undefined
  }

  /** Vectors of members in order, to the present landmarks, or to those before where more members have told of them; who told nothing has measured nothing. */
  table(members: readonly Sid[]): LandmarkTable {
    const toldOf = (edition: LandmarkEdition): number => members.reduce((sum, member) => sum + knownIn(this.vectorOf(member, edition)), 0)
    const edition = toldOf(this.#previous) > toldOf(this.#current) ? this.#previous : this.#current
    return { landmarks: edition.landmarks, vectors: members.map((member) => this.vectorOf(member, edition) ?? edition.landmarks.map(() => undefined)) }
  }

  /** The choice of landmarks under which this node can compare itself with somebody who measured these. */
  editionFor(landmarks: readonly Sid[]): LandmarkEdition {
    const shared = (edition: LandmarkEdition): number => this.own(edition).filter((trip, index) => trip !== undefined && landmarks.includes(edition.landmarks[index] as Sid)).length
    return shared(this.#previous) > shared(this.#current) ? this.#previous : this.#current
  }
}

/** A vector of somebody who has other landmarks, in the order of an edition; those that are not shared are not measured. */
export function alignVector({ landmarks: wanted }: LandmarkEdition, landmarks: readonly Sid[], vector: LandmarkVector): LandmarkVector {
  return wanted.map((landmark) => vector[landmarks.indexOf(landmark)])
}

/** How many round trips a vector has. */
export function knownIn(vector: LandmarkVector | undefined): number {
  return (vector ?? []).filter((trip) => trip !== undefined).length
}
