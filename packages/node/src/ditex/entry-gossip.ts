import { MAX_GOSSIP } from '@srwan/ditex'
import { peerIdText } from '@srwan/interface'
import type { GossipSub } from '@libp2p/gossipsub'
import type { EntryTopic, GossipVerdict } from '@srwan/ditex'
import type { RosterService } from '../roster/roster-service.ts'

/** Topic of fresh entries: all of a network, those of group scope included, which other groups do not keep. */
export function entryTopicName(networkId: string): string {
  return `srwan/${networkId}/ditex`
}

/** A topic of gossipsub whose messages are judged before they are passed on; only members' pass at all. */
export function createEntryTopic({ pubsub, roster }: { readonly pubsub: GossipSub; readonly roster: Pick<RosterService, 'isMember'> }, topic: string): EntryTopic {
  return {
    publish: async (data) => {
      await pubsub.publish(topic, data)
    },
    setValidator: (validate) => {
      if (validate === undefined) {
        pubsub.unsubscribe(topic)
        pubsub.topicValidators.delete(topic)
        return
      }
      // Gossipsub's `TopicValidatorResult` is an enum of these texts.
      pubsub.topicValidators.set(topic, async (peer, message): Promise<never> => {
        const verdict: GossipVerdict = message.data.length <= MAX_GOSSIP && roster.isMember(peerIdText(peer.toString())) ? await validate(message.data) : 'reject'
        return verdict as never
      })
      pubsub.subscribe(topic)
    }
  }
}
