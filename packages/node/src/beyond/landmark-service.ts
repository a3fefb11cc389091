import { ms } from '@srwan/interface'
import type { DatapathEvents, Member, Milliseconds, Roster, Sid } from '@srwan/interface'
import { chooseLandmarks } from '@srwan/topology'
import { DATAGRAM_LANDMARK_VECTOR } from '@srwan/wire'
import { LANDMARK_CHOICE, VECTOR_PERIOD } from './constants.ts'
import { LandmarkProber } from './landmark-prober.ts'
import type { BeyondComponents, BeyondDrop } from './beyond.ts'
import type { LandmarkBook } from './landmark-book.ts'
import type { RouterIndex } from './router-index.ts'

/** Which routers are landmarks, how far they are, and the group told of it. */
export class LandmarkService {
  readonly #components: BeyondComponents
  readonly #routers: RouterIndex
  readonly #book: LandmarkBook
  readonly #prober: LandmarkProber
  readonly #onDrop: (reason: BeyondDrop) => void
  #chosenFor: unknown
  #chosenAt = ms(-Infinity)
  #toldAt = ms(-Infinity)
  #hasNews = true

  constructor(components: BeyondComponents, parts: { readonly routers: RouterIndex; readonly book: LandmarkBook; readonly onDrop: (reason: BeyondDrop) => void }) {
    this.#components = components
    this.#routers = parts.routers
    this.#book = parts.book
    this.#onDrop = parts.onDrop
    const { signer, roster, matrix, transport, clock, logger } = components
    const log = logger.forComponent('srwan:landmarks')
    this.#prober = new LandmarkProber({ self: signer.sid, ...parts, roster, matrix, transport, clock, logger: log }, () => {
      this.#hasNews = true
    })
  }

  start(): void {
    const { datapath, roster } = this.#components
    datapath.on('datagram', this.#onDatagram)
    roster.on('change', this.#onRoster)
  }

  stop(): void {
    const { datapath, roster } = this.#components
    datapath.off('datagram', this.#onDatagram)
    roster.off('change', this.#onRoster)
  }

  tick(now: Milliseconds, signal: AbortSignal): void {
    this.#choose(now)
    this.#prober.tick(now, signal)
    if (!this.#hasNews && now - this.#toldAt < VECTOR_PERIOD) return
    this.#hasNews = false
    this.#toldAt = now
    const { datapath, roster, signer } = this.#components
    const message = this.#book.message()
    for (const { sid } of roster.current().members) if (sid !== signer.sid) datapath.sendDatagram(sid, message)
  }

  #choose(now: Milliseconds): void {
    const members = this.#routers.all()
    if (now - this.#chosenAt < LANDMARK_CHOICE && this.#chosenFor === members) return
    if (now - this.#chosenAt < LANDMARK_CHOICE && this.#book.landmarks.length > 0) return
    const draw = this.#components.landmarkDraw()
    if (draw === undefined) return
    this.#chosenAt = now
    this.#chosenFor = members
    const isAble = ({ descriptor }: Member): boolean => descriptor.roles.includes('transit') && descriptor.endpoints.length > 0
    // Whom this node does not know may be a landmark like any other: all are to come to the same ones.
    const isUnable = (sid: Sid): boolean => {
      const member = this.#routers.bySid(sid)
      return member !== undefined && !isAble(member)
    }
    const routers = draw.routers?.filter((sid) => !isUnable(sid)) ?? members.filter(isAble).map(({ sid }) => sid)
    const chosen = chooseLandmarks({ ...draw, routers })
    if (this.#book.setLandmarks(chosen)) this.#hasNews = true
  }

  readonly #onRoster = (roster: Roster): void => {
    const members = new Set<Sid>(roster.members.map(({ sid }) => sid))
    this.#book.retain((sid) => members.has(sid))
    this.#hasNews = true
  }

  readonly #onDatagram = ({ from, payload }: DatapathEvents['datagram']): void => {
    if (payload[0] !== DATAGRAM_LANDMARK_VECTOR) return
    if (!this.#components.roster.current().members.some(({ sid }) => sid === from)) return
    try {
      this.#book.receive(from, payload)
    } catch {
      this.#onDrop('vectorMalformed')
    }
  }
}
