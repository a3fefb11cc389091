import { createHash } from 'node:crypto'
import type { Milliseconds, Sid } from '@srwan/interface'
import type { LandmarkVector } from '@srwan/topology'
import { decodeLandmarkVector, encodeLandmarkVector } from '@srwan/wire'
import type { LandmarkTable, LandmarkVectorMessage } from '@srwan/wire'

interface OwnTrip {
  readonly trip: Milliseconds
  readonly at: Milliseconds
}

/** Round trips to the landmarks: this node's own, and what the members of its group told. At most one vector a member. */
export class LandmarkBook {
  readonly #self: Sid
  readonly #own = new Map<Sid, OwnTrip>()
  readonly #told = new Map<Sid, LandmarkVectorMessage>()
  #landmarks: readonly Sid[] = []
  #fingerprint = 0

  constructor(self: Sid) {
    this.#self = self
  }

  get landmarks(): readonly Sid[] {
    return this.#landmarks
  }

  /** @returns whether they are others than before; what is known of those that stay is kept */
  setLandmarks(landmarks: readonly Sid[]): boolean {
    if (landmarks.join() === this.#landmarks.join()) return false
    this.#landmarks = landmarks
    this.#fingerprint = createHash('sha256').update(landmarks.join(''), 'hex').digest().readUInt32BE()
    for (const landmark of this.#own.keys()) if (!landmarks.includes(landmark)) this.#own.delete(landmark)
    return true
  }

  /** @returns whether that is more than a millisecond of news */
  setOwn(landmark: Sid, trip: Milliseconds, now: Milliseconds): boolean {
    const before = this.#own.get(landmark)
    this.#own.set(landmark, { trip, at: now })
    return before === undefined || Math.abs(before.trip - trip) > 1
  }

  /** When the round trip to a landmark was measured; `undefined` for never. */
  measuredAt(landmark: Sid): Milliseconds | undefined {
    return this.#own.get(landmark)?.at
  }

  own(): LandmarkVector {
    return this.#landmarks.map((landmark) => (landmark === this.#self ? (0 as Milliseconds) : this.#own.get(landmark)?.trip))
  }

  /** Datagram for the group. */
  message(): Uint8Array {
    return encodeLandmarkVector({ landmarks: this.#fingerprint, trips: this.own() })
  }

  /** @param from - a member of the group: the caller has checked that. @throws MalformedMessageError */
  receive(from: Sid, payload: Uint8Array): void {
    this.#told.set(from, decodeLandmarkVector(payload))
  }

  /** Forgets who has left the group. */
  retain(isMember: (sid: Sid) => boolean): void {
    for (const sid of this.#told.keys()) if (!isMember(sid)) this.#told.delete(sid)
  }

  /** Of a member of the group; `undefined` where it told nothing about these landmarks. */
  vectorOf(sid: Sid): LandmarkVector | undefined {
    if (sid === this.#self) return this.own()
    const told = this.#told.get(sid)
    return told?.landmarks === this.#fingerprint && told.trips.length === this.#landmarks.length ? told.trips : undefined
  }

  /** Vectors of members in order; who told nothing has measured nothing. */
  table(members: readonly Sid[]): LandmarkTable {
    return { landmarks: this.#landmarks, vectors: members.map((member) => this.vectorOf(member) ?? this.#landmarks.map(() => undefined)) }
  }

  /** A vector of somebody who has other landmarks, in this node's order; those that are not shared are not measured. */
  align(landmarks: readonly Sid[], vector: LandmarkVector): LandmarkVector {
    return this.#landmarks.map((landmark) => vector[landmarks.indexOf(landmark)])
  }
}
