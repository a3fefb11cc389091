import { MAX_GOSSIP } from '@srwan/ditex'
import { peerIdText } from '@srwan/interface'
import { regroupingOverlap } from '../group-topic.ts'
import { OwnGroupTopic, fixedTopic } from '../topic-subscription.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { EntryTopic, GossipVerdict } from '@srwan/ditex'
import type { Milliseconds } from '@srwan/interface'
import type { RosterService } from '../roster/roster-service.ts'
import type { OwnGroupTopicComponents, TopicSubscription } from '../topic-subscription.ts'

/** The group of a network that has no other. */
const WHOLE_NETWORK = 1

/** Topic of fresh entries: those for everybody, and all of a network of one group. */
export function entryTopicName(networkId: string): string {
  return `srwan/${networkId}/ditex`
}

/** Topic of fresh entries of a group's scope; `undefined` for the network as a whole, whose topic this is, and for a guest whom no group takes. */
export function groupEntryTopicName(networkId: string, group: number): string | undefined {
  return group <= WHOLE_NETWORK ? undefined : `${entryTopicName(networkId)}/${group}`
}

/** What topics of entries work with. */
export interface EntryTopicComponents {
  readonly pubsub: GossipSub
  readonly roster: Pick<RosterService, 'isMember'>
}

/** A topic of gossipsub whose messages are judged before they are passed on; only members' pass at all. */
export function createEntryTopic(components: EntryTopicComponents, topic: string): EntryTopic {
  return entryTopic(components, fixedTopic(components.pubsub, topic))
}

/** Where a network has several groups, entries of group scope go to the own one alone; what somebody misses who is regrouped a moment later comes with an exchange. */
export function createGroupEntryTopic(
  components: EntryTopicComponents & OwnGroupTopicComponents & { readonly global: EntryTopic },
  { networkId, pulseInterval }: { readonly networkId: string; readonly pulseInterval: Milliseconds }
): EntryTopic {
  const { groups, global } = components
  const own = entryTopic(components, new OwnGroupTopic(components, { nameOf: (group) => groupEntryTopicName(networkId, group), overlap: regroupingOverlap(pulseInterval) }))
  return { ...own, publish: (data) => (groups.own().number === WHOLE_NETWORK ? global : own).publish(data) }
}

function entryTopic({ pubsub, roster }: EntryTopicComponents, subscription: TopicSubscription): EntryTopic {
  return {
    publish: async (data) => {
      const topic = subscription.current()
      if (topic !== undefined) await pubsub.publish(topic, data)
    },
    setValidator: (validate) => {
      if (validate === undefined) {
        subscription.close()
        return
      }
      // Gossipsub's `TopicValidatorResult` is an enum of these texts.
      subscription.open(async (peer, message): Promise<never> => {
        const verdict: GossipVerdict = message.data.length <= MAX_GOSSIP && roster.isMember(peerIdText(peer.toString())) ? await validate(message.data) : 'reject'
        return verdict as never
      })
    }
  }
}
