import { fieldsOfBody } from '../entry/body-field.ts'
import { HeldRecord } from './held-record.ts'
import type { FieldValue } from '../entry/body-field.ts'
import type { ParsedEntry } from '../entry/parsed-entry.ts'
import type { Slot } from './held-record.ts'

/** Kind of the entries that offer segments. */
export const LISTING_KIND = 'listing'
/** Of its body. */
const OFFER_FIELDS = ['from', 'to', 'price']

/** What a listing asks for: from one router to another, at a price. */
export interface Offer {
  /** SIDs, as the author says. */
  readonly from: string
  readonly to: string
  readonly price: number
}

/** A listing that is for sale. */
export class OfferRecord extends HeldRecord implements Offer {
  readonly from: string
  readonly to: string
  readonly price: number

  constructor(slot: Slot, entry: ParsedEntry, offer: Offer) {
    super(slot, entry)
    this.from = offer.from
    this.to = offer.to
    this.price = offer.price
  }
}

/** @returns `undefined` where the listing says no two routers, or is not for sale */
export function offerIn(entry: ParsedEntry): Offer | undefined {
  const [from, to, asked] = fieldsOfBody(entry, OFFER_FIELDS)
  const price = priceOf(asked)
  if (price === undefined) return undefined
  return typeof from === 'string' && typeof to === 'string' ? { from, to, price } : undefined
}

/** A price of null is no offer. Amounts may be numbers or decimal texts. */
export function priceOf(price: FieldValue | bigint): number | undefined {
  if (typeof price === 'bigint') return price >= 0n ? Number(price) : undefined
  if (typeof price === 'string' && /^\d{1,40}(\.\d{1,18})?$/.test(price)) return Number(price)
  return typeof price === 'number' && Number.isFinite(price) && price >= 0 ? price : undefined
}
