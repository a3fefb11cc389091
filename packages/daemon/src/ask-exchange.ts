/**
 * Asking the exchange of a network from outside, without a node; for the command line.
 *
 * @packageDocumentation
 */
export { askExchange, compareAnswers, documentOf, followExchange, freshnessOf, queryCodec, queryOfParameters, verifyDocument } from '@srwan/node/ask-exchange'
export type { DitexQuery, PeerAnswer, QueryDocument, Trust, VerifyReport } from '@srwan/node/ask-exchange'
