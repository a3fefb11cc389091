import { Listeners, peerIdText } from '@srwan/interface'
import { MAX_GOSSIP_MESSAGE } from './network-stack.ts'
import type { GossipSub, Message } from '@libp2p/gossipsub'
import type { RosterService } from './roster/roster-service.ts'
import type { GroupTopic, Logger, Startable } from '@srwan/interface'

/** Values of gossipsub's `TopicValidatorResult`, which is an enum and thus cannot be imported as a type only. */
const ACCEPT = 'accept'
const REJECT = 'reject'

/** Topic of the one group of a private network. */
export function groupTopicName(networkId: string): string {
  return `srwan/${networkId}/group/0`
}

/** The group's gossip: only members pass messages, only so large ones; who wrote them is for those who read them to check. */
export class GossipTopic implements GroupTopic, Startable {
  readonly #components: { readonly pubsub: GossipSub; readonly roster: RosterService; readonly logger: Logger }
  readonly #topic: string
  readonly #events: Listeners<{ message: { readonly data: Uint8Array } }>

  constructor(components: { readonly pubsub: GossipSub; readonly roster: RosterService; readonly logger: Logger }, topic: string) {
    this.#components = components
    this.#topic = topic
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
    await this.#components.pubsub.publish(this.#topic, data)
  }

  start(): Promise<void> {
    const { pubsub, roster } = this.#components
    pubsub.topicValidators.set(this.#topic, (peer, message) => {
      const fits = message.data.length <= MAX_GOSSIP_MESSAGE && roster.isMember(peerIdText(peer.toString()))
      return (fits ? ACCEPT : REJECT) as never
    })
    pubsub.addEventListener('message', this.#onMessage)
    pubsub.subscribe(this.#topic)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.pubsub.removeEventListener('message', this.#onMessage)
    this.#components.pubsub.topicValidators.delete(this.#topic)
    return Promise.resolve()
  }

  readonly #onMessage = (event: CustomEvent<Message>): void => {
    if (event.detail.topic === this.#topic) this.#events.emit('message', { data: event.detail.data })
  }
}
