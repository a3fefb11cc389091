import { InvalidInputError, NotAuthorisedError, NotFoundError, ms } from '@srwan/interface'
import { askedShards } from './asked-shards.ts'
import { AskerBudgets, QUERY_BOUNDS, costOf } from './asker-budgets.ts'
import { executeQuery } from './execute-query.ts'
import type { QueryAnswer } from './answer.ts'
import type { AskerClass } from './asker-budgets.ts'
import type { QueryBounds, QuerySource } from './execute-query.ts'
import type { AnswerProofs } from './answer-proofs.ts'
import type { Question } from './protocol.ts'
import type { DitexQuery } from './query.ts'
import type { AskPeer, ShardDirectory } from './shard-directory.ts'
import type { Clock, ComponentLogger, Logger, Milliseconds, PeerIdText } from '@srwan/interface'

/** A holder of another shard must answer within this. */
const FORWARD_TIMEOUT = ms(5000)
/** A holder that has not answered within this gets company: the next one is asked, too, and whoever answers first is taken. */
const HEDGE_DELAY = ms(500)
/** Holders of another shard that are tried. */
const MAX_HOLDERS_TRIED = 3

/** Who asks. */
export interface Asker {
  readonly kind: AskerClass
  /** Peer id of a member, network address of a stranger. */
  readonly name: string
}

/** What the service works with. */
export interface QueryServiceComponents {
  readonly source: QuerySource
  readonly proofs: AnswerProofs
  /** Without it there is one shard, and this node holds it. */
  readonly shards?: ShardDirectory | undefined
  readonly askPeer?: AskPeer | undefined
  readonly clock: Clock
  readonly logger: ComponentLogger
}

/** Knobs of the service. */
export interface QueryServiceInit {
  /** Network id. */
  readonly network: string
  /** Whom the network lets read. */
  readonly readers: 'anyone' | 'members'
  readonly bounds?: Readonly<Record<AskerClass, QueryBounds>>
}

/** Answers questions of members, of strangers where the network lets them, and of the node's own interface. */
export interface QueryService {
  /**
   * Answers for somebody on the network; a question for another group's shard goes to one of its holders, once.
   *
   * @throws NotAuthorisedError, LimitExceededError, InvalidInputError, or what the holder said
   */
  readonly answer: (question: Question, asker: Asker, signal: AbortSignal) => Promise<QueryAnswer>
  /** Answers for this node itself: a member's bounds, no budget. */
  readonly answerOwn: (query: DitexQuery, signal: AbortSignal) => Promise<QueryAnswer>
  /** Questions answered and turned away since the start. */
  readonly counts: () => { readonly answered: number; readonly refused: number; readonly forwarded: number }
}

/** Makes the service; it holds no resources. */
export function createQueryService(components: QueryServiceComponents, init: QueryServiceInit): QueryService {
  return new Service(components, init)
}

class Service implements QueryService {
  readonly #components: QueryServiceComponents
  readonly #init: QueryServiceInit
  readonly #budgets: AskerBudgets
  readonly #logger: Logger
  #answered = 0
  #refused = 0
  #forwarded = 0

  constructor(components: QueryServiceComponents, init: QueryServiceInit) {
    this.#components = components
    this.#init = init
    this.#budgets = new AskerBudgets(components.clock)
    this.#logger = components.logger.forComponent('srwan:ditex-query')
  }

  readonly counts: QueryService['counts'] = () => ({ answered: this.#answered, refused: this.#refused + this.#budgets.refused, forwarded: this.#forwarded })

  readonly answer: QueryService['answer'] = async (question, asker, signal) => {
    if (asker.kind === 'stranger' && this.#init.readers === 'members') {
      this.#refused++
      throw new NotAuthorisedError('the exchange of this network answers its members only', { remedy: 'Ask through a member: run the command on a node of the network.' })
    }
    this.#budgets.admit(asker.name, asker.kind)
    let units = 1
    try {
      // Whoever forwards may do so for a stranger.
      const { answer, cost } = await this.#executed(question, question.forwarded ? 'stranger' : asker.kind, signal)
      units = cost
      return answer
    } finally {
      this.#budgets.charge(asker.name, asker.kind, units)
    }
  }

  readonly answerOwn: QueryService['answerOwn'] = async (query, signal) => (await this.#executed({ query, forwarded: false }, 'member', signal)).answer

  async #executed({ query, forwarded }: Question, kind: AskerClass, signal: AbortSignal): Promise<{ readonly answer: QueryAnswer; readonly cost: number }> {
    const { shards, source, proofs } = this.#components
    const { elsewhere, named, looked } = shards === undefined ? { looked: 0 } : askedShards(shards, source.reader, query)
    if (elsewhere !== undefined) {
      if (forwarded) throw new InvalidInputError({ source: 'query', field: 'group' }, `group ${elsewhere} is not held here`)
      return { answer: await this.#forward(elsewhere, query, signal), cost: 10 + looked / 1000 }
    }
    const result = await executeQuery(source, query, (this.#init.bounds ?? QUERY_BOUNDS)[kind])
    this.#answered++
    const proven = await proofs(result.places)
    const answer = { ...this.#answerOf(result), ...proven, ...(named === undefined ? {} : { shards: named }) }
    return { answer, cost: costOf({ ...result, visited: result.visited + looked }, proven.proofs) }
  }

  /** One dead holder costs half a second, not the time of the asker. */
  async #forward(group: number, query: DitexQuery, signal: AbortSignal): Promise<QueryAnswer> {
    const { shards, askPeer } = this.#components
    const holders = shards === undefined || askPeer === undefined ? [] : await shards.holders(group, signal)
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const asked: Promise<QueryAnswer>[] = []
    try {
      for (const holder of holders.slice(0, MAX_HOLDERS_TRIED)) {
        asked.push(this.#askHolder(holder, query, either))
        const answer = await this.#firstWithin(HEDGE_DELAY, asked)
        signal.throwIfAborted()
        if (answer !== undefined) return answer
      }
      return await Promise.any(asked)
    } catch {
      signal.throwIfAborted()
      throw new NotFoundError(`no holder of the shard of group ${group} answers`, { remedy: 'Try again, or ask a member of that group.' })
    } finally {
      over.abort(new Error('somebody else answered'))
    }
  }

  async #askHolder(holder: PeerIdText, query: DitexQuery, signal: AbortSignal): Promise<QueryAnswer> {
    const { askPeer, clock } = this.#components
    const deadline = new AbortController()
    const timer = clock.setTimeout(() => {
      deadline.abort(new Error('no answer in time'))
    }, FORWARD_TIMEOUT)
    try {
      const answer = await askPeer?.(holder, { query, forwarded: true }, AbortSignal.any([signal, deadline.signal]))
      if (answer?.network !== this.#init.network) throw new Error('an answer of another network')
      this.#forwarded++
      return answer
    } catch (error) {
      if (!signal.aborted) this.#logger.debug('a holder of another shard does not answer', { holder, error })
      throw error
    } finally {
      timer.cancel()
    }
  }

  /** `undefined` when nobody has answered in time, or all have failed. */
  async #firstWithin(time: Milliseconds, asked: readonly Promise<QueryAnswer>[]): Promise<QueryAnswer | undefined> {
    const waited = new AbortController()
    const late = this.#components.clock.sleep(time, waited.signal).then(
      () => undefined,
      () => undefined
    )
    try {
      return await Promise.race([Promise.any(asked).catch(() => undefined), late])
    } finally {
      waited.abort()
    }
  }

  #answerOf(result: Awaited<ReturnType<typeof executeQuery>>): Omit<QueryAnswer, 'proofs' | 'anchors'> {
    const { at, entries, cursor, endedBy, ranked, routers } = result
    const group = this.#components.shards?.ownGroup()
    return {
      network: this.#init.network,
      at,
      epochMs: this.#components.source.epochLength,
      entries,
      ...(group === undefined ? {} : { group }),
      ...(cursor === undefined ? {} : { cursor }),
      ...(endedBy === undefined ? {} : { endedBy }),
      ...(ranked === undefined ? {} : { ranked }),
      ...(routers === undefined ? {} : { routers })
    }
  }
}
