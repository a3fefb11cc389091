/**
 * Asking the exchange of a network from outside, without a node: a libp2p that only asks, and what answers are checked with.
 *
 * @packageDocumentation
 */
export { askExchange } from './ask-exchange.ts'
export { PeerUnreachableError } from './asker.ts'
export { followExchange } from './follow-exchange.ts'
export type { Followed } from './follow-exchange.ts'
export { compareAnswers, documentOf, freshnessOf, queryCodec, queryOfParameters, QueryRefusedError, verifyDocument } from '@srwan/ditex/query'
export type { DitexQuery, PeerAnswer, QueryAnswer, QueryDocument, ShownEntry, Trust, VerifyReport } from '@srwan/ditex/query'
