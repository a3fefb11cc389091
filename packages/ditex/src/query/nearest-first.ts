import { isThere } from './place.ts'
import { compareTexts } from '../view/compare-texts.ts'
import type { Place, RouterFacts } from './place.ts'

type Vector = readonly [number, number, number]

/** Routers of a place, those nearest to its middle first: it lies where their coordinates do on average. Those without coordinates come last; equal ones in the order of their SIDs. */
export function nearestFirst(place: Place, routers: readonly RouterFacts[]): RouterFacts[] {
  const there = routers.filter((router) => isThere(place, router)).map((router) => ({ router, at: directionOf(router) }))
  const middle = sumOf(there.flatMap(({ at }) => (at === undefined ? [] : [at])))
  const length = Math.hypot(...middle)
  // The greater the product, the smaller the angle. Routers all around the globe have no middle.
  const nearness = (at: Vector | undefined): number => (at === undefined ? -2 : length === 0 ? 0 : Math.round((dot(at, middle) / length) * 1e9) / 1e9)
  return there
    .map(({ router, at }) => ({ router, near: nearness(at) }))
    .sort((a, b) => b.near - a.near || compareTexts(a.router.sid, b.router.sid))
    .map(({ router }) => router)
}

function directionOf({ lat, lon }: RouterFacts): Vector | undefined {
  if (lat === undefined || lon === undefined) return undefined
  const [north, east] = [(lat * Math.PI) / 180, (lon * Math.PI) / 180]
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)]
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const sumOf = (all: readonly Vector[]): Vector => all.reduce<Vector>((sum, one) => [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]], [0, 0, 0])
