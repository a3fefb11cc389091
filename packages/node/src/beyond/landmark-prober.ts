import { ms } from '@srwan/interface'
import type { Clock, Logger, MatrixSource, Member, Milliseconds, RosterSource, Sid } from '@srwan/interface'
import { roundTripsWith } from '@srwan/topology'
import { decodeMeasureReply, encodeMeasureRequest } from '@srwan/wire'
import { ECHOES, LANDMARK_AGE, LANDMARK_RETRY } from './constants.ts'
import type { LandmarkBook } from './landmark-book.ts'
import type { MeasureTransport } from './measure-transport.ts'
import type { RouterIndex } from './router-index.ts'

/** How often the own group's matrix is looked at: it changes all the time, and what relays are worth probing does not; sooner while something is missing. */
const LOOK_PERIOD = ms(30_000)
const LOOK_SOON = ms(1000)

export interface LandmarkProberComponents {
  readonly self: Sid
  readonly book: LandmarkBook
  readonly routers: RouterIndex
  readonly roster: RosterSource
  readonly matrix: MatrixSource
  readonly transport: MeasureTransport
  readonly clock: Clock
  readonly logger: Logger
}

/** Keeps the own round trips to the landmarks: of the own group out of the matrix, of others by echoes, one landmark at a time. */
export class LandmarkProber {
  readonly #components: LandmarkProberComponents
  readonly #onChange: () => void
  readonly #triedAt = new Map<Sid, Milliseconds>()
  #isMeasuring = false
  #lookedAt = ms(-Infinity)

  constructor(components: LandmarkProberComponents, onChange: () => void) {
    this.#components = components
    this.#onChange = onChange
  }

  tick(now: Milliseconds, signal: AbortSignal): void {
    const { book, self, roster, routers } = this.#components
    for (const landmark of this.#triedAt.keys()) if (!book.landmarks.includes(landmark)) this.#triedAt.delete(landmark)
    const own = new Set(roster.current().members.map(({ sid }) => sid))
    this.#look(
      book.landmarks.filter((landmark) => own.has(landmark)),
      now
    )
    const due = book.landmarks.find((landmark) => landmark !== self && !own.has(landmark) && this.#isDue(landmark, now))
    const member = due === undefined ? undefined : routers.bySid(due)
    if (due === undefined || this.#isMeasuring) return
    this.#triedAt.set(due, now)
    if (member !== undefined) void this.#measure(member, signal)
  }

  /** Landmarks of the own group, out of its matrix. */
  #look(near: readonly Sid[], now: Milliseconds): void {
    const { book, self, matrix } = this.#components
    const isComplete = near.every((landmark) => landmark === self || book.measuredAt(landmark) !== undefined)
    if (near.length === 0 || now - this.#lookedAt < (isComplete ? LOOK_PERIOD : LOOK_SOON)) return
    this.#lookedAt = now
    const measured = roundTripsWith(matrix.current(), self, now)
    for (const landmark of near) {
      const trip = measured.get(landmark)
      if (trip !== undefined && book.setOwn(landmark, trip, now)) this.#onChange()
    }
  }

  #isDue(landmark: Sid, now: Milliseconds): boolean {
    const measuredAt = this.#components.book.measuredAt(landmark)
    const isOld = measuredAt === undefined || now - measuredAt >= LANDMARK_AGE
    return isOld && now - (this.#triedAt.get(landmark) ?? -Infinity) >= LANDMARK_RETRY
  }

  async #measure(landmark: Member, signal: AbortSignal): Promise<void> {
    const { book, clock, transport, logger } = this.#components
    this.#isMeasuring = true
    try {
      const least = await transport.exchange(
        landmark,
        async ({ ask }) => {
          let trip = Infinity
          for (let echo = 0; echo < ECHOES; echo++) {
            const sentAt = clock.now()
            const { refusal } = decodeMeasureReply(await ask(encodeMeasureRequest({ kind: 'echo' })))
            if (refusal === '') trip = Math.min(trip, clock.now() - sentAt)
          }
          return trip
        },
        signal
      )
      if (Number.isFinite(least) && book.landmarks.includes(landmark.sid) && book.setOwn(landmark.sid, ms(least), clock.now())) this.#onChange()
    } catch (error) {
      logger.debug('a landmark does not answer', { landmark: landmark.sid, error })
    } finally {
      this.#isMeasuring = false
    }
  }
}
