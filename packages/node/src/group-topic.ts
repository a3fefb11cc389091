import { Listeners, ms, peerIdText } from '@srwan/interface'
import { MAX_GOSSIP_MESSAGE } from './network-stack.ts'
import { OwnGroupTopic } from './topic-subscription.ts'
import type { GossipSub, Message } from '@libp2p/gossipsub'
import type { NetworkStack } from './network-stack.ts'
import type { NodeInit } from './node-init.ts'
import type { RosterService } from './roster/roster-service.ts'
import type { TopicSubscription } from './topic-subscription.ts'
import type { Groups } from '@srwan/groups'
import type { GroupTopic, Logger, Milliseconds, Startable } from '@srwan/interface'

/** Values of gossipsub's `TopicValidatorResult`, which is an enum and thus cannot be imported as a type only. */
const ACCEPT = 'accept'
const REJECT = 'reject'
/** Pulse intervals for which a node listens to its group of before: two exchanges of DiTEx, by which the last one has the anchor that regroups. */
const OVERLAP_INTERVALS = 12

/** Topic of the pulses of a group. */
function groupTopicName(networkId: string, group: number): string {
  return `srwan/${networkId}/group/${group}`
}

/** How long a regrouped node listens to both its groups. */
export function regroupingOverlap(pulseInterval: Milliseconds): Milliseconds {
  return ms(OVERLAP_INTERVALS * pulseInterval)
}

/** What the gossip of a group works with. */
export interface GossipTopicComponents {
  readonly pubsub: GossipSub
  readonly roster: Pick<RosterService, 'isMember'>
  readonly logger: Logger
}

/** The group's gossip: only members pass messages, only so large ones; who wrote them is for those who read them to check. */
export class GossipTopic implements GroupTopic, Startable {
  readonly #components: GossipTopicComponents
  readonly #subscription: TopicSubscription
  readonly #events: Listeners<{ message: { readonly data: Uint8Array } }>
  #isOpen = false

  constructor(components: GossipTopicComponents, subscription: TopicSubscription) {
    this.#components = components
    this.#subscription = subscription
    this.#events = new Listeners((error) => {
      components.logger.error('a listener of the group topic failed', { error })
    })
  }

  on(name: 'message', listener: (event: { readonly data: Uint8Array }) => void): void {
    this.#events.on(name, listener)
  }
  off(name: 'message', listener: (event: { readonly data: Uint8Array }) => void): void {
    this.#events.off(name, listener)
  }

  async publish(data: Uint8Array): Promise<void> {
    const topic = this.#subscription.current()
    if (topic !== undefined) await this.#components.pubsub.publish(topic, data)
  }

  start(): Promise<void> {
    const { pubsub, roster } = this.#components
    pubsub.addEventListener('message', this.#onMessage)
    this.#subscription.open((peer, message) => {
      const fits = message.data.length <= MAX_GOSSIP_MESSAGE && roster.isMember(peerIdText(peer.toString()))
      return (fits ? ACCEPT : REJECT) as never
    })
    this.#isOpen = true
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.pubsub.removeEventListener('message', this.#onMessage)
    if (this.#isOpen) this.#subscription.close()
    this.#isOpen = false
    return Promise.resolve()
  }

  readonly #onMessage = (event: CustomEvent<Message>): void => {
    if (this.#subscription.includes(event.detail.topic)) this.#events.emit('message', { data: event.detail.data })
  }
}

/** The topic of the own group's pulses, for one node; a guest that no group takes has none. */
export function topicOfNode(
  { networkFile, clock, logger }: NodeInit,
  { libp2p, roster, groups }: { readonly libp2p: NetworkStack; readonly roster: RosterService; readonly groups: Groups }
): GossipTopic {
  const { pubsub } = libp2p.services
  const nameOf = (group: number): string | undefined => (group === 0 ? undefined : groupTopicName(networkFile.id, group))
  const own = new OwnGroupTopic({ pubsub, groups, clock }, { nameOf, overlap: regroupingOverlap(networkFile.parameters.pulseInterval) })
  return new GossipTopic({ pubsub, roster, logger: logger.forComponent('srwan:topic') }, own)
}
