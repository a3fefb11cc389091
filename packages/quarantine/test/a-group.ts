import { ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import { LEAST_OCTETS, quarantineParameters } from '../src/index.ts'
import type { Observation, Testimony, Witness } from '../src/index.ts'

export const PARAMETERS = quarantineParameters({ pulseInterval: ms(10_000), epoch: ms(3_600_000) })
/** A wall time on the first second of an epoch. */
export const START = ms(500_000 * 3_600_000)
export const sidOf = (index: number): Sid => index.toString(16).padStart(16, '0') as Sid

/** n voting routers, each in an ASN and a /24 of its own. */
export function aGroup(size: number, change: (index: number) => Partial<Witness> = () => ({})): ReadonlyMap<Sid, Witness> {
  return new Map(Array.from({ length: size }, (_, index) => [sidOf(index), { sid: sidOf(index), asn: 64_000 + index, network: `10.0.${index}`, votes: true, ...change(index) }]))
}

/** What `observer` says of `subject` at `seconds` after START. */
export function says(observer: number, subject: number, seconds: number, change: Partial<Observation> = {}): Testimony {
  const { holds = true } = change
  const arrived = holds ? 0 : LEAST_OCTETS
  const figures = { octetsSent: LEAST_OCTETS, octetsArrived: arrived, siblingSent: LEAST_OCTETS, siblingArrived: LEAST_OCTETS }
  const at = ms(START + seconds * 1000)
  const other = sidOf(subject === 0 ? 1 : 0)
  const observation: Observation = { subject: sidOf(subject), class: 'black-hole', holds, at, windowSeconds: 3, seenWith: [other], figures, ...change }
  return { observer: sidOf(observer), epoch: Math.floor(at / PARAMETERS.epoch), observation }
}

export const after = (seconds: number): Milliseconds => ms(START + seconds * 1000)
