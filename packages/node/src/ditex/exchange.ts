import { NotFoundError, ms } from '@srwan/interface'
import { MAX_ANSWER, QUERY_PROTOCOL, Followers, askOver, compareAnswers, createQueryService, documentOf, queryOfParameters, shownEntry } from '@srwan/ditex'
import { connectedMembers } from '../open-connections.ts'
import { within } from './deadline.ts'
import { QueryHandler } from './query-handler.ts'
import { queryFrames } from './query-frames.ts'
import type { Libp2p } from '@libp2p/interface'
import type { AcceptedEntries, AnswerProofs, AskPeer, DitexQuery, PeerAnswer, QueryDocument, QuerySource, ShardDirectory, ShownAnchor, ShownEntry, VerifyCodec } from '@srwan/ditex'
import type { Clock, ComponentLogger, PeerIdText, Random, Startable } from '@srwan/interface'
import type { ConnectToMember } from '../directory/member-connections.ts'
import type { Admissions } from '../membership-gate.ts'

/** Another member must answer within this. */
const ASK_TIMEOUT = ms(5000)

/** The exchange as a node's own interfaces see it. */
export interface Exchange {
  /** @param peers - how many, this node included, are asked the same */
  readonly query: (query: DitexQuery, peers: number, signal: AbortSignal) => Promise<QueryDocument>
  /** The entry of a CID. @param group - whose shard of group scope is asked @throws NotFoundError, InvalidInputError */
  readonly entry: (cid: string, group: number | undefined, signal: AbortSignal) => Promise<QueryDocument>
  /** Entries as they are accepted; ends with the signal. @throws LimitExceededError */
  readonly follow: (query: DitexQuery, signal: AbortSignal) => AsyncIterable<ShownEntry>
  /** Those that are held, the latest last. */
  readonly anchors: () => readonly ShownAnchor[]
  readonly counts: () => { readonly answered: number; readonly refused: number; readonly forwarded: number }
}

/** What the exchange works with. */
export interface ExchangeComponents {
  readonly source: QuerySource
  readonly accepted: AcceptedEntries
  readonly codec: VerifyCodec
  readonly proofs: AnswerProofs
  /** Encoded anchors that are held. */
  readonly anchors: () => readonly Uint8Array[]
  readonly shards?: ShardDirectory | undefined
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'getConnections'>
  /** To whom a question goes, connected or not. */
  readonly connect: ConnectToMember
  readonly admissions: Pick<Admissions, 'isAdmitted'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
}

/** Knobs of the exchange. */
export interface ExchangeInit {
  /** Network id. */
  readonly network: string
  readonly self: PeerIdText
  /** Raw key of the organisation, with which the anchors that others answer are checked; without it they are not. */
  readonly organisation?: Uint8Array | undefined
  /** Whom the network lets read. */
  readonly readers: 'anyone' | 'members'
}

/** The exchange of a node: answers on the network while it is started, and for the node's own interfaces. */
export function createExchange(components: ExchangeComponents, init: ExchangeInit): Exchange & Startable {
  const { codec, source, random, logger } = components
  const askPeer: AskPeer = (peer, question, signal) => ask(components, peer, { question, signal })
  const service = createQueryService({ ...components, askPeer }, init)
  const handler = new QueryHandler({ ...components, service, logger: logger.forComponent('srwan:ditex-query') })
  const followers = new Followers(source, components.accepted)
  const alone = { checked: false, peers: [] }

  const query: Exchange['query'] = async (wanted, peers, signal) => {
    const answer = await service.answerOwn(wanted, signal)
    if (peers <= 1) return documentOf(codec, wanted, answer, alone)
    const others = drawn([...connectedMembers(components.libp2p, components.admissions)].sort(), peers - 1, random)
    const said: PeerAnswer[] = await Promise.all(
      others.map(async (peer): Promise<PeerAnswer> => {
        try {
          return { peer, answer: await askPeer(peer, { query: { ...wanted, at: answer.at }, forwarded: false }, signal) }
        } catch (error) {
          return { peer, error: (error as Error).message }
        }
      })
    )
    const { network, organisation } = init
    const compared = compareAnswers(codec, { query: wanted, trust: { network, organisation } }, [{ peer: init.self, answer }, ...said])
    return documentOf(codec, wanted, compared?.answer ?? answer, compared?.completeness ?? alone)
  }

  return {
    query,
    entry: async (cid, group, signal) => {
      const wanted = queryOfParameters({ cid, ...(group === undefined ? {} : { group: String(group) }) })
      const answer = await service.answerOwn(wanted, signal)
      if (answer.entries.length === 0)
        throw new NotFoundError(`no entry with the CID ${cid} is held here`, { remedy: 'It may be older than the retention, of another group (--group), or of another network.' })
      return documentOf(codec, wanted, answer, alone)
    },
    follow: async function* (wanted, signal) {
      for await (const entry of followers.follow(wanted, signal)) yield shownEntry(codec, entry)
    },
    anchors: () =>
      components.anchors().map((encoded) => {
        const { epoch, root } = codec.anchorOf(encoded)
        return { epoch, root: Buffer.from(root).toString('base64url'), bytes: Buffer.from(encoded).toString('base64url') }
      }),
    counts: () => service.counts(),
    start: () => handler.start(),
    stop: () => handler.stop()
  }
}

/** Some of them, drawn without repetition. */
function drawn<T>(all: readonly T[], count: number, random: Random): readonly T[] {
  const rest = [...all]
  const chosen: T[] = []
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(Math.floor(random.next() * rest.length), 1))
  return chosen
}

async function ask(
  { connect, clock }: ExchangeComponents,
  peer: PeerIdText,
  { question, signal }: { readonly question: Parameters<AskPeer>[1]; readonly signal: AbortSignal }
): ReturnType<AskPeer> {
  return within({ clock, time: ASK_TIMEOUT, signal }, async (limited) => {
    const stream = await (await connect(peer, limited)).newStream(QUERY_PROTOCOL, { signal: limited })
    try {
      return await askOver(queryFrames(stream, MAX_ANSWER), question, limited)
    } finally {
      stream.close().catch(() => {
        stream.abort(new Error('answered'))
      })
    }
  })
}
