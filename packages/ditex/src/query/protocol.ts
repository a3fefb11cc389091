import { encode } from '@ipld/dag-cbor'
import { BaseError, MalformedMessageError } from '@srwan/interface'
import { decodeAnswer, decodeMap, encodeAnswer, encodeFailure } from './answer.ts'
import { checkQuery } from './check-query.ts'
import type { QueryAnswer, QueryFailure } from './answer.ts'
import type { DitexQuery } from './query.ts'

/** libp2p protocol of queries. */
export const QUERY_PROTOCOL = '/srwan/ditex/query/1'
/** Largest frame with a question. */
export const MAX_QUESTION = 4096
/** Most questions on one stream. */
export const MAX_QUESTIONS_PER_STREAM = 64
const VERSION = 1

/** A stream of frames with bounded length, each at most {@link MAX_QUESTION} or {@link MAX_ANSWER}. */
export interface QueryFrames {
  readonly read: (signal: AbortSignal) => Promise<Uint8Array>
  readonly write: (frame: Uint8Array, signal: AbortSignal) => Promise<void>
}

/** A question as it crosses the network. */
export interface Question {
  readonly query: DitexQuery
  /** Asked on behalf of somebody else: not to be forwarded again. */
  readonly forwarded: boolean
}

/** The answering peer refused; code, message and remedy are its own. */
export class QueryRefusedError extends BaseError {
  override readonly name = 'QueryRefusedError'
  readonly code: string

  constructor({ code, message, remedy }: QueryFailure, options: ErrorOptions = {}) {
    super(message, remedy === undefined ? options : { ...options, remedy })
    this.code = code
  }
}

/** Encodes a question as one frame. */
export function encodeQuestion({ query, forwarded }: Question): Uint8Array {
  return encode({ v: VERSION, query, forwarded })
}

/** @throws MalformedMessageError, InvalidInputError */
export function decodeQuestion(frame: Uint8Array): Question {
  if (frame.length > MAX_QUESTION) throw new MalformedMessageError('question: too long')
  const { v, query, forwarded } = decodeMap(frame)
  if (v !== VERSION || typeof forwarded !== 'boolean') throw new MalformedMessageError('question: another version')
  return { query: checkQuery(query), forwarded }
}

/**
 * Asks over an open stream.
 *
 * @throws QueryRefusedError, MalformedMessageError, or what the stream says
 */
export async function askOver(frames: QueryFrames, question: Question, signal: AbortSignal): Promise<QueryAnswer> {
  await frames.write(encodeQuestion(question), signal)
  const answer = decodeAnswer(await frames.read(signal))
  if ('error' in answer) throw new QueryRefusedError(answer.error)
  return answer
}

/**
 * Answers questions on a stream until the other side closes it or asked enough. What goes wrong with a question is answered; what goes wrong with the stream ends it.
 *
 * @param answer - rejects with errors that carry a `code`; others are told as a failure without detail
 */
export async function serveQuestions(frames: QueryFrames, answer: (question: Question) => Promise<QueryAnswer>, signal: AbortSignal): Promise<void> {
  for (let served = 0; served < MAX_QUESTIONS_PER_STREAM; served++) {
    const frame = await frames.read(signal)
    let reply: Uint8Array
    try {
      reply = encodeAnswer(await answer(decodeQuestion(frame)))
    } catch (error) {
      reply = encodeFailure(failureOf(error))
    }
    await frames.write(reply, signal)
  }
}

function failureOf(error: unknown): QueryFailure {
  const { code, message, remedy } = error as { code?: unknown; message?: unknown; remedy?: unknown }
  if (typeof code !== 'string' || !code.startsWith('ERR_') || typeof message !== 'string') return { code: 'ERR_INTERNAL', message: 'the peer failed to answer' }
  return { code, message: message.slice(0, 500), ...(typeof remedy === 'string' ? { remedy: remedy.slice(0, 500) } : {}) }
}
