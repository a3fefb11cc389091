import { hash } from 'node:crypto'
import { LimitExceededError, NotAuthorisedError } from '@srwan/interface'
import { textOf } from '../trie/merkle-hash.ts'
import type { Replica } from '../replica/replica.ts'
import type { Hello } from './sync-items.ts'

/** Epochs that two clocks may be apart. */
const MAX_CLOCK_EPOCHS = 1

/** First 8 octets of an instance, as they go over the wire. */
export function shortInstance(instance: Uint8Array): string {
  return textOf(instance.subarray(0, 8))
}

/** First 4 octets of a hash of the network's id: a mistake is noticed, an attack is for the signatures. */
export function networkTag(network: string): string {
  return hash('sha256', Buffer.from(`srwan-sync\0${network}`), 'binary').slice(0, 4)
}

/** @throws NotAuthorisedError where the peer is of another network · LimitExceededError where its clock is too far from this one */
export function checkGreeting(hello: Hello, replica: Pick<Replica, 'network' | 'currentEpoch'>): void {
  if (hello.network !== networkTag(replica.network)) throw new NotAuthorisedError('a peer of another network')
  if (Math.abs(hello.epoch - replica.currentEpoch()) > MAX_CLOCK_EPOCHS) throw new LimitExceededError('the clocks are more than an epoch apart')
}
