/**
 * The Distributed Internet Transit Exchange: signed logs, their replication, proofs and queries; see packages/spec/protocol/ditex.md.
 *
 * @packageDocumentation
 */
export type * from './replica/replica.ts'
export { MAX_OFFERED } from './replica/replica.ts'
export type * from './store/entry-store.ts'
export type * from './view/entry-view.ts'
export * from './query/index.ts'
