/**
 * The Distributed Internet Transit Exchange: signed logs, their replication, proofs and queries; see packages/spec/protocol/ditex.md.
 *
 * @packageDocumentation
 */
export { authorOfKey, keyOfAuthor } from './entry/author-name.ts'
export { CHECKPOINT_KIND, MAX_ENCODED_ENTRY, MAX_INCARNATION, MAX_KEY, MAX_KIND, MAX_SEQ, RETENTION_EPOCHS } from './entry/bounds.ts'
export { cidOf, decodeEntry, encodeEntry, entryBytes, hashOf } from './entry/entry-codec.ts'
export { signEntry, verifyEntry } from './entry/entry-signing.ts'
export type { SealedEntry } from './entry/entry-signing.ts'
export { MAX_FORK_PROOF, encodeForkProof, verifyForkProof } from './log/fork-proof.ts'
export { headDigest } from './log/head-digest.ts'
export { createReplica } from './replica/create-replica.ts'
export { DEFAULT_EPOCH_LENGTH } from './replica/joining-replica.ts'
export { MAX_OFFERED } from './replica/replica.ts'
export type * from './replica/replica.ts'
export type * from './store/entry-store.ts'
export { createLevelStore } from './store/create-level-store.ts'
export { MemoryEntryStore } from './store/memory-entry-store.ts'
export type * from './view/entry-view.ts'
export * from './query/index.ts'
