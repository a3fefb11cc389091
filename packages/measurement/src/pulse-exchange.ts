import type { Clock, GroupTopic, Logger, Milliseconds, Random, Signer, VerifySignature } from '@srwan/interface'
import { MAX_PULSE, PULSE_ROOT, decodePulse, encodePulse, sealPulse, signedOctets } from '@srwan/wire'
import type { Pulse, PulseBody, UnverifiedPulse } from '@srwan/wire'
import type { ColumnPublisher } from './column-publisher.ts'
import type { ColumnReceiver } from './column-receiver.ts'
import { DEBOUNCE_INTERVALS } from './constants.ts'
import type { OwnDelays } from './own-delays.ts'
import { Contradictions } from './contradictions.ts'
import type { PulseContradiction } from './contradictions.ts'
import { PulseGate } from './pulse-gate.ts'
import type { RosterIndex } from './roster-index.ts'
import { PulseSchedule } from './schedule.ts'
import type { PulseReason } from './schedule.ts'
import type { DropReason, Tally } from './tally.ts'

/** What pulses need. */
export interface PulseExchangeComponents {
  readonly topic: GroupTopic
  readonly signer: Signer
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly networkId: string
  readonly roster: RosterIndex
  readonly delays: OwnDelays
  readonly publisher: ColumnPublisher
  readonly receiver: ColumnReceiver
  readonly tally: Tally
}

const NOTHING = new Uint8Array(0)

/** Signs and publishes this node's pulses; checks and takes those of the others. */
export class PulseExchange {
  readonly #components: PulseExchangeComponents
  readonly #interval: Milliseconds
  readonly #schedule: PulseSchedule
  readonly #gate = new PulseGate()
  readonly #contradictions = new Contradictions()
  readonly #onNews: () => void
  #counter = 0
  #sending: Promise<void> | undefined
  #retryAt = -Infinity
  #stopped = false

  /** @param onNews - called when a pulse brought cells */
  constructor(components: PulseExchangeComponents, interval: Milliseconds, onNews: () => void) {
    this.#components = components
    this.#interval = interval
    this.#schedule = new PulseSchedule(interval, components.random)
    this.#onNews = onNews
  }

  columnChanged(now: Milliseconds): void {
    this.#schedule.columnChanged(now)
  }

  /** Publishes when it is time; one at a time. @param part - what probes carry now */
  tick(now: Milliseconds, part: Uint8Array): void {
    const { publisher, roster } = this.#components
    if (this.#sending !== undefined || now < this.#retryAt || this.#stopped) return
    if (publisher.small && publisher.hasNews()) this.#schedule.columnChanged(now)
    const reason = this.#schedule.due(now, roster.size, publisher.hasBadNews(now))
    if (reason === undefined) return
    const pulse = this.#compose(reason, part)
    this.#sending = this.#publish(pulse, reason, now).finally(() => {
      this.#sending = undefined
    })
  }

  /** Resolves when nothing is being sent any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#sending
  }

  #compose(reason: PulseReason, part: Uint8Array): Pulse {
    const { delays, publisher, roster } = this.#components
    const column = publisher.small ? publisher.renew() : publisher.current
    const badNews = reason === 'bad-news'
    return {
      sender: roster.self,
      descriptorNumber: roster.member(roster.self)?.descriptor.number ?? 0,
      counter: ++this.#counter,
      fingerprint: roster.fingerprint,
      clockEpoch: delays.clockEpoch,
      columnNumber: column?.number ?? 0,
      root: column?.root ?? new Uint8Array(PULSE_ROOT),
      badNews,
      body: this.#body(badNews ? part : NOTHING)
    }
  }

  /** Small groups: the column, just renewed. Large ones: a part, where the news is bad. */
  #body(part: Uint8Array): PulseBody {
    const { publisher } = this.#components
    if (publisher.small && publisher.current !== undefined) return { kind: 'column', data: publisher.current.octets }
    return part.length > 0 && !publisher.small ? { kind: 'part', data: part } : { kind: 'none', data: NOTHING }
  }

  async #publish(pulse: Pulse, reason: PulseReason, now: Milliseconds): Promise<void> {
    const { logger, networkId, publisher, roster, signer, tally, topic } = this.#components
    const size = roster.size
    publisher.noteTold()
    try {
      const unsigned = encodePulse(pulse)
      const message = sealPulse(unsigned, await signer.sign(signedOctets('srwan-pulse', networkId, unsigned)))
      if (this.#stopped) return
      await topic.publish(message)
      tally.sent('pulses', message.length)
      this.#schedule.published(now, size, reason)
    } catch (error) {
      // At the start nobody may be listening on the topic yet: the next tick that is due tries again.
      this.#retryAt = now + DEBOUNCE_INTERVALS * this.#interval
      logger.debug('pulse not published', { error })
    }
  }

  /** Members that signed two pulses which cannot both be true, each with the two. */
  contradictions(): readonly PulseContradiction[] {
    return this.#contradictions.list()
  }

  /** One message of the topic. Never rejects. */
  async receive(message: Uint8Array): Promise<void> {
    const { networkId, roster, tally, verify } = this.#components
    tally.received('pulses', message.length)
    const opened = this.#open(message)
    if (opened === undefined) return
    const { pulse, unsigned, signature } = opened
    const contrary = this.#contradictions.against(opened)
    const member = roster.member(pulse.sender)
    if (member === undefined) return
    if (!(await verify(member.peerId, signedOctets('srwan-pulse', networkId, unsigned), signature).catch(() => false))) return this.#drop('pulseBadSignature')
    if (this.#stopped) return
    if (contrary !== undefined) {
      this.#contradictions.note(pulse.sender, [contrary, message.slice()])
      this.#drop('pulseContradictory')
    }
    if (!this.#gate.accept(pulse.sender, pulse)) return contrary === undefined ? this.#drop('pulseReplayed') : undefined
    const kept = message.slice()
    this.#contradictions.remember(decodePulse(kept), kept)
    this.#take(pulse)
  }

  /** All checks that cost nothing, in the order in which they are cheapest. */
  #open(message: Uint8Array): UnverifiedPulse | undefined {
    const { clock, roster } = this.#components
    if (message.length > MAX_PULSE) return this.#drop('pulseOversized')
    let opened: UnverifiedPulse
    try {
      opened = decodePulse(message)
    } catch {
      return this.#drop('pulseMalformed')
    }
    const { sender } = opened.pulse
    if (sender === roster.self) return undefined
    const member = roster.member(sender)
    if (member === undefined) return this.#drop('pulseUnknownSender')
    const isFresh = this.#gate.isFresh(sender, opened.pulse, member.descriptor.number)
    // What comes late or twice is dropped unless it contradicts what came before: that is worth a signature.
    if (!isFresh && this.#contradictions.against(opened) === undefined) return this.#drop('pulseReplayed')
    if (!this.#gate.takeVerification(clock.now())) return this.#drop('pulseRateLimited')
    return opened
  }

  #take(pulse: Pulse): void {
    const { clock, receiver } = this.#components
    const now = clock.now()
    const { kind, data } = pulse.body
    if (kind === 'column' && receiver.acceptFull(pulse.sender, data, now)) this.#onNews()
    if (kind === 'part' && receiver.acceptPart(pulse.sender, pulse.clockEpoch, data, now)) this.#onNews()
    if (pulse.fingerprint === this.#components.roster.fingerprint) receiver.checkRoot(pulse.sender, pulse.columnNumber, Buffer.from(pulse.root).toString('hex'), now)
  }

  #drop(reason: DropReason): undefined {
    this.#components.tally.dropped(reason)
    return undefined
  }
}
