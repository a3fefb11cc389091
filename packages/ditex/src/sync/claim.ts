import type { LogHead } from '@srwan/interface'
import { textOf } from '../trie/merkle-hash.ts'
import { SHORT_TAG_LENGTH } from './sync-items.ts'
import type { SessionWindow } from './session-window.ts'
import type { Claim } from './sync-items.ts'

/** What to do about one log that both sides hold: `pull` and `push` from a position on, `chain`: same length, different ends, so look where they part. */
export type Difference =
  | { readonly action: 'none' }
  | { readonly action: 'pull'; readonly from: number }
  | { readonly action: 'push'; readonly from: number }
  | { readonly action: 'chain' }

/** Tag of an author within a session. */
export function authorTag(window: SessionWindow, position: Uint8Array): string {
  return window.tag(textOf(position), SHORT_TAG_LENGTH)
}

/** What this side says of a log. */
export function claimOf(window: SessionWindow, position: Uint8Array, head: LogHead): Claim {
  return {
    author: authorTag(window, position),
    incarnation: head.incarnation,
    length: head.seq + 1,
    ...(head.forkedAt === undefined ? {} : { forkedAt: head.forkedAt }),
    head: window.tag(textOf(head.hash), SHORT_TAG_LENGTH)
  }
}

/** The join's order: the greater incarnation, then the lesser fork, then the longer chain. */
export function compareClaims(own: Claim, theirs: Claim): Difference {
  if (own.incarnation !== theirs.incarnation) return { action: own.incarnation > theirs.incarnation ? 'push' : 'pull', from: 0 }
  const [ownFork, theirFork] = [own.forkedAt ?? 256, theirs.forkedAt ?? 256]
  // Whoever holds a log sends the proof of its fork with it, also where no entry is missing.
  if (ownFork < theirFork) return { action: 'push', from: Math.min(theirs.length, 255) }
  if (ownFork > theirFork) return { action: 'pull', from: Math.min(own.length, 255) }
  if (own.length > theirs.length) return { action: 'push', from: theirs.length }
  if (own.length < theirs.length) return { action: 'pull', from: own.length }
  return own.head === theirs.head ? { action: 'none' } : { action: 'chain' }
}
