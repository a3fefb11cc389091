import { SyncSession } from '../../src/sync/sync-session.ts'
import type { PeerIdText } from '@srwan/interface'
import type { PeerCursor, SyncOutcome, SyncSessionComponents } from '../../src/sync/sync-session-types.ts'

/** One side of an exchange. */
export interface PairSide {
  readonly self: PeerIdText
  readonly components: SyncSessionComponents
  readonly known?: PeerCursor | undefined
}

/** What crossed the wire, and what both made of it. */
export interface PairResult {
  readonly frames: number
  readonly octets: number
  readonly turns: number
  readonly initiator: SyncOutcome
  readonly responder: SyncOutcome
}

/** Runs an exchange in memory, frame by frame, until both are done or neither speaks. */
export async function exchangePair(a: PairSide, b: PairSide, salt: Uint8Array = Uint8Array.from({ length: 8 }, (_, i) => i)): Promise<PairResult> {
  const known = (side: PairSide): { known?: PeerCursor } => (side.known === undefined ? {} : { known: side.known })
  const sessions = [
    new SyncSession(a.components, { self: a.self, peer: b.self, role: 'initiator', salt, ...known(a) }),
    new SyncSession(b.components, { self: b.self, peer: a.self, role: 'responder', salt, ...known(b) })
  ] as const
  let frames = 0
  let octets = 0
  let turns = 0
  for (;;) {
    const speaking = sessions[0].myTurn ? 0 : sessions[1].myTurn ? 1 : undefined
    if (speaking === undefined) break
    if (++turns > 1000) throw new Error('an exchange without end')
    for await (const frame of sessions[speaking].respond()) {
      frames++
      octets += frame.length
      await sessions[speaking === 0 ? 1 : 0].receive(frame)
    }
  }
  return { frames, octets, turns, initiator: sessions[0].outcome, responder: sessions[1].outcome }
}
