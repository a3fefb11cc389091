import { ms } from '@srwan/interface'
import type { Clock, Logger, Member, Milliseconds, PeerIdText } from '@srwan/interface'
import { decodeMeasureReply, encodeMeasureRequest } from '@srwan/wire'
import { LEASE_TIME } from './constants.ts'
import type { MeasureTransport } from './measure-transport.ts'

/** What came of asking one router. */
export interface GivenLease {
  readonly granted: ReadonlySet<PeerIdText>
  /** `Clock.now()`. */
  readonly expiresAt: Milliseconds
}

const NOTHING: GivenLease = { granted: new Set(), expiresAt: ms(-Infinity) }

/** A connection may be closed under a stream that has just been opened: once more, then. */
const ATTEMPTS = 2

/** Asks a router to let others in; nothing where it refuses or does not answer. Never rejects but for the signal. */
export async function askForLease(
  components: { readonly transport: MeasureTransport; readonly clock: Clock; readonly logger: Logger },
  asked: { readonly router: Member; readonly guests: readonly PeerIdText[] },
  signal: AbortSignal
): Promise<GivenLease> {
  const { transport, clock, logger } = components
  const request = encodeMeasureRequest({ kind: 'lease', guests: asked.guests })
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const { granted, duration } = decodeMeasureReply(await transport.exchange(asked.router, ({ ask }) => ask(request), signal))
      const wanted = new Set(asked.guests)
      return { granted: new Set(granted.filter((guest) => wanted.has(guest))), expiresAt: ms(clock.now() + Math.min(duration, LEASE_TIME)) }
    } catch (error) {
      signal.throwIfAborted()
      logger.debug('a router gives no lease', { router: asked.router.sid, attempt, error })
    }
  }
  return NOTHING
}
