/**
 * The asker's side of the exchange, without store and replication: questions, frames, documents, verification. For programs that must start fast.
 *
 * @packageDocumentation
 */
export { MAX_ANSWER } from './answer.ts'
export type { QueryAnswer } from './answer.ts'
export { compareAnswers } from './compare-answers.ts'
export type { AskedAlike, PeerAnswer } from './compare-answers.ts'
export { documentOf } from './document.ts'
export type { QueryDocument, ShownEntry } from './document.ts'
export { askOver, MAX_QUESTION, QUERY_PROTOCOL, QueryRefusedError, serveQuestions } from './protocol.ts'
export type { QueryFrames } from './protocol.ts'
export type { DitexQuery } from './query.ts'
export { queryCodec } from './query-codec.ts'
export { queryOfParameters } from './query-parameters.ts'
export { verifyDocument } from './verify-document.ts'
export type { Trust, VerifyReport } from './verify-document.ts'
export { freshnessOf } from './freshness.ts'
export type { Freshness } from './freshness.ts'
