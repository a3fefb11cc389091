import { ownListing } from './listings.js'

/** Entries that a filter finds. */
const FOUND = 10

/** The key that is asked for, another one each time. */
export const wantedKey = (index, entries) => ownListing((index * 31) % entries).key

/** A range of prices in which a few listings are, anywhere among all. */
export function wantedPrice(index, entries) {
  return { least: ownListing((index * 31) % (entries - FOUND)).body.price, count: FOUND }
}
