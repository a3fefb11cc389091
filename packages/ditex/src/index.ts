/**
 * The Distributed Internet Transit Exchange: signed logs, their replication, proofs and queries; see packages/spec/protocol/ditex.md.
 *
 * @packageDocumentation
 */
export {}
