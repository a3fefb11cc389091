import type { GeoIsp } from '@srwan/interface'
import { simulatedGroup } from './simulated-group.ts'
import type { SimulatedGroup } from './simulated-group.ts'

/** The router that all flows go over, and the one that they would go over without it. */
export const [RELAY, SIBLING] = [2, 3]
/** Ends of the flows. */
export const FLOWS: readonly (readonly [number, number])[] = [
  [0, 1],
  [4, 5],
  [6, 7]
]

/** A group in which one router is the best transit of three flows. */
export interface RelayedGroup extends SimulatedGroup {
  /** 60 kB/s in each of the flows. */
  readonly carry: () => void
  /** Until all flows go over the relay. */
  readonly warmUp: () => Promise<void>
  readonly activeOf: (from: number, to: number) => readonly string[]
  /** Has a router the relay in a path of its own? */
  readonly isUsedBy: (router: number) => boolean
  /** What a router knows of the relay. */
  readonly stateAt: (router: number) => string
  /** Is it so at all but the relay? */
  readonly everyOther: (is: (router: number) => boolean) => boolean
  /** Who wrote that about the relay. */
  readonly writers: (name: string, holds: boolean) => ReadonlySet<string>
}

/** 100 ms directly between any two but the relays' legs: 20 over the relay, 30 over the sibling. @param geo - where router i says it is */
export async function relayedGroup({ size = 8, geo }: { readonly size?: number; readonly geo?: (index: number) => GeoIsp } = {}): Promise<RelayedGroup> {
  const delay = (from: number, to: number): number => (from === RELAY || to === RELAY ? 20 : from === SIBLING || to === SIBLING ? 30 : 100)
  const group = await simulatedGroup(delay, size, geo)
  const { routers } = group
  const relay = group.sidOf(RELAY)
  const carry = (): void => {
    for (const [from, to] of FLOWS) for (let packet = 0; packet < 3; packet++) group.talk(from, to, 1000)
  }
  const isUsedBy = (router: number): boolean =>
    routers[router]?.headend.decisions().some(({ forward, reverse }) => [...forward.active.slice(0, -1), ...reverse.active.slice(0, -1)].includes(relay)) ?? false
  return {
    ...group,
    carry,
    isUsedBy,
    warmUp: async () => {
      const seconds = await group.run(30, () => {
        carry()
        return FLOWS.every(([from]) => isUsedBy(from))
      })
      if (seconds === 30) throw new Error('the flows do not go over the relay')
    },
    activeOf: (from, to) => routers[from]?.headend.decision(group.sidOf(to), 'latency')?.forward.active ?? [],
    stateAt: (router) => routers[router]?.quarantine.verdicts().find(({ router: sid }) => sid === relay)?.state ?? 'clear',
    everyOther: (is) => routers.every((_, router) => router === RELAY || is(router)),
    writers: (name, holds) => {
      const entries = [...(routers[0]?.log.observations() ?? [])] as { author: string; body: Record<string, unknown> }[]
      return new Set(entries.flatMap(({ author, body }) => (body['subject'] === relay && body['class'] === name && body['holds'] === holds ? [author] : [])))
    }
  }
}
