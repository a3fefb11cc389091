import { LimitExceededError, ms } from '@srwan/interface'
import type { Clock, Milliseconds } from '@srwan/interface'
import type { TokenBucket } from './token-bucket.ts'
import type { SyncSession } from './sync-session.ts'

/** A stream of frames to one authenticated peer, whatever carries it. */
export interface FrameStream {
  /** Resolves when there is room for another frame. */
  send: (frame: Uint8Array) => Promise<void>
  /** Frames of the peer, each at most `MAX_FRAME` octets. */
  readonly frames: AsyncIterable<Uint8Array>
  /** Idempotent; ends `frames`. */
  close: () => void
}

/** A peer that is silent for so long has gone. */
const SILENCE: Milliseconds = ms(30_000)
/** Turns of one exchange: a new node that catches up with a million entries takes some hundreds. */
const MAX_TURNS = 4096

/** What an exchange may use up. */
export interface RunLimits {
  readonly clock: Pick<Clock, 'setTimeout'>
  /** Octets to and from this peer; the exchange ends where they are used up. */
  readonly sendQuota: TokenBucket
  readonly receiveQuota: TokenBucket
}

/**
 * Runs a session over a stream until both are done, the peer closes, or a bound is reached.
 *
 * @throws MalformedMessageError, NotAuthorisedError as {@link SyncSession.receive} · LimitExceededError where a quota or bound is reached
 */
export async function runSession(stream: FrameStream, session: SyncSession, limits: RunLimits): Promise<void> {
  const watch = new SilenceWatch(stream, limits.clock)
  try {
    let turns = await speak(stream, session, { limits, watch })
    for await (const frame of stream.frames) {
      watch.heard()
      if (!limits.receiveQuota.charge(frame.length)) throw new LimitExceededError('a peer sends more than its quota')
      await session.receive(frame)
      turns += await speak(stream, session, { limits, watch })
      if (session.complete) return
      if (turns > MAX_TURNS) throw new LimitExceededError('an exchange without end')
    }
    if (watch.silent) throw new LimitExceededError('a peer fell silent in the middle of an exchange')
  } finally {
    watch.stop()
    stream.close()
  }
}

async function speak(stream: FrameStream, session: SyncSession, { limits, watch }: { readonly limits: RunLimits; readonly watch: SilenceWatch }): Promise<number> {
  if (!session.myTurn) return 0
  for await (const frame of session.respond()) {
    // What is not sent is not counted: whoever asks again has what came together meanwhile.
    if (!limits.sendQuota.take(frame.length)) throw new LimitExceededError('a peer asks for more than its quota')
    await stream.send(frame)
    watch.heard()
  }
  return 1
}

/** Closes a stream on which nothing comes any more. */
class SilenceWatch {
  readonly #stream: FrameStream
  readonly #clock: Pick<Clock, 'setTimeout'>
  #timer: ReturnType<Clock['setTimeout']>
  silent = false

  constructor(stream: FrameStream, clock: Pick<Clock, 'setTimeout'>) {
    this.#stream = stream
    this.#clock = clock
    this.#timer = this.#arm()
  }

  heard(): void {
    this.#timer.cancel()
    this.#timer = this.#arm()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #arm(): ReturnType<Clock['setTimeout']> {
    return this.#clock.setTimeout(() => {
      this.silent = true
      this.#stream.close()
    }, SILENCE)
  }
}
