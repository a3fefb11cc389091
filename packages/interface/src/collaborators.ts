import type { PeerIdText, Sid } from './identifiers.ts'
import type { EventSource } from './lifecycle.ts'
import type { Roster } from './routers.ts'
import type { DelayMatrix } from './delay-matrix.ts'

/** The group's roster as it stands; `change` fires after every change. */
export interface RosterSource extends EventSource<{ change: Roster }> {
  current: () => Roster
}

/** The group's gossip topic. Messages are not authenticated here: their content is signed. */
export interface GroupTopic extends EventSource<{ message: { readonly data: Uint8Array } }> {
  publish: (data: Uint8Array) => Promise<void>
}

/** The node's Ed25519 key, seen from those who sign. */
export interface Signer {
  readonly peerId: PeerIdText
  readonly sid: Sid
  sign: (data: Uint8Array) => Promise<Uint8Array>
}

/** Checks a signature by the key that a peer id carries. Resolves to false, never rejects, on a bad one. */
export type VerifySignature = (peerId: PeerIdText, data: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** The delay matrix as it stands; `update` fires when a cell changed, at most once a second. */
export interface MatrixSource extends EventSource<{ update: DelayMatrix }> {
  current: () => DelayMatrix
}
