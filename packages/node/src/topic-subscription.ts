import type { GossipSub } from '@libp2p/gossipsub'
import type { Groups } from '@srwan/groups'
import type { Clock, Milliseconds, Timer } from '@srwan/interface'

/** Judges a message before it is passed on. */
export type TopicValidator = Parameters<GossipSub['topicValidators']['set']>[1]

/** What a subscription asks of gossipsub. */
export type TopicPubsub = Pick<GossipSub, 'subscribe' | 'unsubscribe' | 'topicValidators'>

/** Which topics of gossipsub are read, and where own messages go. */
export interface TopicSubscription {
  /** Where own messages go; `undefined`: nowhere at the moment. */
  readonly current: () => string | undefined
  /** Is it read at the moment? */
  readonly includes: (topic: string) => boolean
  /** Once, before `close`; gossipsub runs. */
  readonly open: (validator: TopicValidator) => void
  readonly close: () => void
}

/** One topic, always. */
export function fixedTopic(pubsub: TopicPubsub, topic: string): TopicSubscription {
  return {
    current: () => topic,
    includes: (name) => name === topic,
    open: (validator) => {
      enter(pubsub, topic, validator)
    },
    close: () => {
      leave(pubsub, topic)
    }
  }
}

/** What following the own group takes. */
export interface OwnGroupTopicComponents {
  readonly pubsub: TopicPubsub
  readonly groups: Pick<Groups, 'own' | 'on' | 'off'>
  readonly clock: Clock
}

/** How topics follow groups. */
export interface OwnGroupTopicInit {
  /** @returns `undefined` where a group has no topic of its own */
  readonly nameOf: (group: number) => string | undefined
  /** For so long the group of before is listened to: not everybody learns at once that there are others. */
  readonly overlap: Milliseconds
}

/** The topic of the own group, whatever that is: a node that is regrouped speaks to its new group at once, and listens to the one before for a while. At most two topics at a time. */
export class OwnGroupTopic implements TopicSubscription {
  readonly #components: OwnGroupTopicComponents
  readonly #init: OwnGroupTopicInit
  #validator: TopicValidator | undefined
  #current: string | undefined
  #former: string | undefined
  #leaving: Timer | undefined

  constructor(components: OwnGroupTopicComponents, init: OwnGroupTopicInit) {
    this.#components = components
    this.#init = init
  }

  readonly current = (): string | undefined => this.#current
  readonly includes = (topic: string): boolean => topic === this.#current || topic === this.#former

  readonly open = (validator: TopicValidator): void => {
    this.#validator = validator
    this.#components.groups.on('change', this.#follow)
    this.#follow()
  }

  readonly close = (): void => {
    this.#components.groups.off('change', this.#follow)
    this.#leaveFormer()
    if (this.#current !== undefined) leave(this.#components.pubsub, this.#current)
    this.#current = undefined
    this.#validator = undefined
  }

  readonly #follow = (): void => {
    const { pubsub, groups, clock } = this.#components
    const next = this.#init.nameOf(groups.own().number)
    if (next === this.#current || this.#validator === undefined) return
    const before = this.#current
    // Back to where it just was: that topic was not left yet.
    if (next === this.#former) this.#former = undefined
    this.#leaveFormer()
    this.#current = next
    if (next !== undefined) enter(pubsub, next, this.#validator)
    this.#former = before
    if (before !== undefined) this.#leaving = clock.setTimeout(this.#leaveFormer, this.#init.overlap)
  }

  readonly #leaveFormer = (): void => {
    this.#leaving?.cancel()
    this.#leaving = undefined
    if (this.#former !== undefined) leave(this.#components.pubsub, this.#former)
    this.#former = undefined
  }
}

function enter(pubsub: TopicPubsub, topic: string, validator: TopicValidator): void {
  pubsub.topicValidators.set(topic, validator)
  pubsub.subscribe(topic)
}

function leave(pubsub: TopicPubsub, topic: string): void {
  pubsub.unsubscribe(topic)
  pubsub.topicValidators.delete(topic)
}
