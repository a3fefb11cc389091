import { encodeFullColumn, summariseGroup } from '@srwan/wire'
import { ms, ppm, ratio, us } from '@srwan/interface'
import type { DelayMatrix, Random, Sid } from '@srwan/interface'
import type { PublicationsComponents } from '../../../src/ditex/publications.ts'

/** Members whose matrix every column is part of, however many nodes are simulated: the size of a column is that of a full group. */
export const GROUP = 100
export const LANDMARKS = 8

/** What the nodes of a full group measured: delays drawn once, columns of the size that the product writes. */
export class FullGroup {
  readonly sids: readonly Sid[]
  readonly #random: Random
  readonly #matrix: DelayMatrix
  readonly #digest: ReturnType<PublicationsComponents['digest']>
  #number = 0

  /** @param simulated - the others are there by name only */
  constructor(simulated: readonly Sid[], random: Random) {
    const others = Array.from({ length: GROUP - simulated.length }, () => Buffer.from(random.bytes(8)).toString('hex') as Sid)
    this.sids = [...simulated, ...others].sort()
    this.#random = random
    const cells = this.sids.map((_, i) =>
      this.sids.map((_other, j) => (i === j ? undefined : { oneWayDelay: us(5000 + random.next() * 1e5), loss: ratio(0), ipdv: us(200), sampledAt: ms(0) }))
    )
    this.#matrix = { sids: this.sids, cells, rates: this.sids.map(() => 0) }
    this.#digest = this.#summary()
  }

  measurement(): PublicationsComponents['measurement'] {
    return { current: () => this.#matrix, fullColumn: () => ({ sids: this.sids, octets: this.#column() }) }
  }

  /** The same each time: making one anew for every epoch would take longer than all the rest. */
  digest(): ReturnType<PublicationsComponents['digest']> {
    return this.#digest
  }

  #summary(): ReturnType<PublicationsComponents['digest']> {
    const vectors = this.sids.map(() => Array.from({ length: LANDMARKS }, () => ms(this.#random.next() * 200)))
    const trips = Array.from({ length: (GROUP * (GROUP - 1)) / 2 }, () => ms(this.#random.next() * 300))
    return { group: 1, digest: summariseGroup(this.sids, { landmarks: this.sids.slice(0, LANDMARKS), vectors }, { trips, losses: [ratio(0.001)] }) }
  }

  #column(): Uint8Array {
    const number = (this.#number++ % 65_535) + 1
    const cells = Array.from({ length: GROUP - 1 }, () => ({
      delay: us(5000 + this.#random.next() * 1e5),
      rate: ppm(3),
      loss: ratio(0.001),
      ipdv: us(200),
      senderEpoch: 1,
      age: 1
    }))
    return encodeFullColumn({ number, fingerprint: 7, clockEpoch: 1, base: 1000, cells })
  }
}
