import { epochAt } from '@srwan/interface'
import type { Clock, Milliseconds, PeerIdText } from '@srwan/interface'
import type { ObservationLog } from '@srwan/quarantine'
import { TypedEvents } from '../typed-events.ts'

/** Own observations that are remembered; the oldest is forgotten first. */
const MAX_OBSERVATIONS = 256

/** Observations of a node that takes no part in an exchange: its own, in memory. It then acts on own evidence only. */
export function createOwnObservations(self: { readonly peerId: PeerIdText }, clock: Clock, epoch: Milliseconds): ObservationLog {
  const held: { author: PeerIdText; epoch: number; body: unknown }[] = []
  const events = new TypedEvents<{ change: undefined }>(() => {})
  return {
    append: ({ body }) => {
      held.push({ author: self.peerId, epoch: epochAt(clock.wallTime(), epoch), body })
      if (held.length > MAX_OBSERVATIONS) held.shift()
      events.emit('change', undefined)
      return Promise.resolve()
    },
    observations: () => held,
    forks: () => [],
    on: (name, listener) => {
      events.on(name, listener)
    },
    off: (name, listener) => {
      events.off(name, listener)
    }
  }
}
