import type { BitsPerSecond } from '@srwan/config'
import type { Milliseconds, Octets, Ratio } from '@srwan/interface'

/** MTU of every node's underlay device, and of a link that names none. */
export const DEVICE_MTU = 1500
/** Smallest MTU of a link (RFC 791). */
export const MIN_LINK_MTU = 68

/** What the emulated Internet does to the packets of one directed pair. */
export interface LinkParameters {
  readonly delay: Milliseconds
  /** Standard deviation of the delay; neighbouring packets see nearly the same, so order is kept. */
  readonly jitter: Milliseconds
  readonly loss: Ratio
  /** Share of the packets that others overtake: held back by 2 to 4 ms. */
  readonly reorder: Ratio
  readonly duplicate: Ratio
  /** Of IP packets; the queue before it holds 50 ms. */
  readonly rate: BitsPerSecond
  readonly mtu: Octets
  readonly up: boolean
}

/** The fields to change; the others stay. */
export type LinkChange = Partial<LinkParameters>

/** Used where a scenario says nothing. */
export const DEFAULT_LINK: LinkParameters = {
  delay: 50 as Milliseconds,
  jitter: 0 as Milliseconds,
  loss: 0 as Ratio,
  reorder: 0 as Ratio,
  duplicate: 0 as Ratio,
  rate: 1e9 as BitsPerSecond,
  mtu: DEVICE_MTU as Octets,
  up: true
}

/** `change` without the fields that are absent. */
export function definedFields(change: { readonly [K in keyof LinkParameters]?: LinkParameters[K] | undefined }): LinkChange {
  return Object.fromEntries(LINK_FIELDS.flatMap((field) => (change[field] === undefined ? [] : [[field, change[field]]])))
}

const LINK_FIELDS = Object.keys(DEFAULT_LINK) as ReadonlyArray<keyof LinkParameters>
