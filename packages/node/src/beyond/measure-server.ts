import { ms } from '@srwan/interface'
import type { Clock, MatrixSource, Member, Milliseconds, PeerIdText, RosterSource, Sid, Signer } from '@srwan/interface'
import { keyOfPeerId } from '@srwan/membership'
import { roundTripsWith } from '@srwan/topology'
import { decodeMeasureRequest, encodeEnvelope, encodeGroupColumn, encodeMeasureReply, signedOctets } from '@srwan/wire'
import type { MeasureReply, MeasureRequest } from '@srwan/wire'
import { LEASE_TIME } from './constants.ts'
import { RequestBudget } from './request-budget.ts'
import type { BeyondDrop } from './beyond.ts'
import type { LandmarkBook } from './landmark-book.ts'
import type { LeaseTable } from './lease-table.ts'
import type { RouterIndex } from './router-index.ts'

export interface MeasureServerComponents {
  readonly signer: Signer
  readonly routers: RouterIndex
  readonly roster: RosterSource
  readonly matrix: MatrixSource
  readonly book: LandmarkBook
  readonly given: LeaseTable
  readonly clock: Clock
}

/** How long a signed column is answered again as it is. */
const COLUMN_FRESH = ms(1000)
const EMPTY_ENVELOPE = new Uint8Array(0)

/** Answers what routers of other groups ask: leases, columns, echoes. */
export class MeasureServer {
  readonly #components: MeasureServerComponents
  readonly #networkId: string
  readonly #budget: RequestBudget
  readonly #onLease: () => void
  readonly #onDrop: (reason: BeyondDrop) => void
  /** Of members of the own group: bounded by it. */
  readonly #columns = new Map<Sid, { readonly at: Milliseconds; readonly envelope: Uint8Array }>()

  constructor(components: MeasureServerComponents, init: { readonly networkId: string; readonly onLease: () => void; readonly onDrop: (reason: BeyondDrop) => void }) {
    this.#components = components
    this.#networkId = init.networkId
    this.#onLease = init.onLease
    this.#onDrop = init.onDrop
    this.#budget = new RequestBudget(components.clock.now())
  }

  readonly handle = async (from: PeerIdText, octets: Uint8Array): Promise<Uint8Array> => encodeMeasureReply(await this.#reply(from, octets))

  async #reply(from: PeerIdText, octets: Uint8Array): Promise<Partial<MeasureReply>> {
    if (!this.#budget.take(from, this.#components.clock.now())) return this.#refuse('requestRateLimited', 'too many requests')
    let request: MeasureRequest
    try {
      request = decodeMeasureRequest(octets)
    } catch {
      return this.#refuse('requestMalformed', 'malformed request')
    }
    if (request.kind === 'echo') return {}
    return request.kind === 'lease' ? await this.#lease(from, request.guests) : await this.#column(request.router)
  }

  #refuse(reason: BeyondDrop, refusal: string): Partial<MeasureReply> {
    this.#onDrop(reason)
    return { refusal }
  }

  /** A member of the own group needs no lease: it counts as given. */
  async #lease(from: PeerIdText, guests: readonly PeerIdText[]): Promise<Partial<MeasureReply>> {
    const { routers, roster, signer, given, clock } = this.#components
    const own = new Set(roster.current().members.map(({ peerId }) => peerId))
    const granted: PeerIdText[] = []
    for (const guest of guests) {
      if (guest === signer.peerId) continue
      const member = await routers.find(guest)
      if (member === undefined) continue
      const expiresAt = ms(clock.now() + LEASE_TIME)
      if (own.has(guest) || given.grant({ router: guest, askedBy: from, group: routers.groupOf(guest) }, expiresAt)) granted.push(guest)
    }
    if (granted.length < guests.length) this.#onDrop('leaseRefused')
    if (granted.length === 0) return { refusal: 'no lease is free, or the router is not known here' }
    this.#onLease()
    return { granted, duration: LEASE_TIME }
  }

  async #column(peerId: PeerIdText): Promise<Partial<MeasureReply>> {
    const { roster, clock } = this.#components
    const router = roster.current().members.find((member) => member.peerId === peerId)
    if (router === undefined) return { refusal: 'the router is not in this group' }
    const held = this.#columns.get(router.sid)
    if (held !== undefined && clock.now() - held.at < COLUMN_FRESH) return { column: held.envelope }
    const envelope = await this.#sign(router)
    if (envelope.length === 0) return { refusal: 'nothing is measured yet' }
    this.#columns.set(router.sid, { at: clock.now(), envelope })
    for (const sid of this.#columns.keys()) if (!roster.current().members.some((member) => member.sid === sid)) this.#columns.delete(sid)
    return { column: envelope }
  }

  async #sign(router: Member): Promise<Uint8Array> {
    const { roster, matrix, book, clock, signer } = this.#components
    const members = roster.current().members.map(({ sid }) => sid)
    const measured = roundTripsWith(matrix.current(), router.sid, clock.now())
    // Who is alone in its group measures nobody there, and still tells how far the landmarks are.
    if (measured.size === 0 && members.length > 1) return EMPTY_ENVELOPE
    const trips = members.map((member) => measured.get(member))
    const payload = encodeGroupColumn(this.#networkId, { router: router.sid, at: clock.wallTime(), members, trips, ...book.table(members) })
    const signature = await signer.sign(signedOctets('srwan-measure', this.#networkId, payload))
    return encodeEnvelope({ payload, signer: keyOfPeerId(signer.peerId), signature })
  }
}
