import { lpStream } from '@libp2p/utils'
import { MAX_RECORDS_PER_MESSAGE, MAX_REVOCATIONS_PER_MESSAGE, MAX_ROSTER_MESSAGE, decodeRosterMessage, encodeRosterMessage } from '@srwan/wire'
import { MAX_NETWORK_MEMBERS, ms } from '@srwan/interface'
import { MAX_REVOCATIONS } from './roster-table.ts'
import type { Stream } from '@libp2p/interface'
import type { RosterMessage, RosterRecord } from '@srwan/wire'
import type { Clock, PeerIdText } from '@srwan/interface'

/** A full exchange is 13 frames of records and 43 of revocations; a flood beyond that waits. */
const RECEIVE_BURST = 64
/** Frames a second in the long run. */
const RECEIVE_RATE = 4
/** Time for one frame to be taken by the other side. */
const WRITE_TIMEOUT = ms(10_000)

/** What a session asks of the roster. */
export interface RosterSessionHost {
  readonly clock: Clock
  readonly record: (peerId: PeerIdText) => RosterRecord | undefined
}

/** One `/srwan/roster/1` stream: frames in, and what is pending out; what is pending is a set of names, so a slow peer costs no memory. */
export class RosterSession {
  readonly peerId: PeerIdText
  readonly #host: RosterSessionHost
  readonly #stream: Stream
  readonly #frames
  readonly #pendingRecords = new Set<PeerIdText>()
  readonly #pendingRevocations = new Map<string, Uint8Array>()
  readonly #ended = new AbortController()
  #admitted = false
  #writing = false
  #allowance = RECEIVE_BURST
  #refilledAt: number

  constructor(host: RosterSessionHost, peerId: PeerIdText, stream: Stream) {
    this.peerId = peerId
    this.#host = host
    this.#stream = stream
    this.#frames = lpStream(stream, { maxDataLength: MAX_ROSTER_MESSAGE, maxLengthLength: 3 })
    this.#refilledAt = host.clock.now()
    stream.addEventListener('close', () => {
      this.#ended.abort()
    })
  }

  get admitted(): boolean {
    return this.#admitted
  }

  /** Reads one frame. @throws MalformedMessageError, the stream's error, or the signal's reason */
  async receive(signal?: AbortSignal): Promise<RosterMessage> {
    await this.#awaitAllowance()
    const frame = await this.#frames.read({ signal: signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal]) })
    return decodeRosterMessage(frame.subarray())
  }

  async send(message: Partial<RosterMessage>): Promise<void> {
    const timeout = new AbortController()
    const timer = this.#host.clock.setTimeout(() => {
      timeout.abort(new Error('the peer takes nothing'))
    }, WRITE_TIMEOUT)
    try {
      await this.#frames.write(encodeRosterMessage(message), { signal: AbortSignal.any([timeout.signal, this.#ended.signal]) })
    } finally {
      timer.cancel()
    }
  }

  /** From now on the peer is told what is pending. */
  admit(): void {
    this.#admitted = true
    this.#flush()
  }

  /** Marks records as to be told. Bounded by the roster: names only. */
  tellRecords(peerIds: Iterable<PeerIdText>): void {
    for (const peerId of peerIds) {
      if (this.#pendingRecords.size < 2 * MAX_NETWORK_MEMBERS) this.#pendingRecords.add(peerId)
    }
    this.#flush()
  }

  tellRevocations(revocations: Iterable<Uint8Array>): void {
    for (const bytes of revocations) {
      if (this.#pendingRevocations.size < MAX_REVOCATIONS) this.#pendingRevocations.set(Buffer.from(bytes).toString('base64url'), bytes)
    }
    this.#flush()
  }

  end(): void {
    this.#ended.abort()
    this.#stream.abort(new Error('roster session over'))
  }

  #flush(): void {
    if (!this.#admitted || this.#writing || this.#ended.signal.aborted) return
    this.#writing = true
    this.#writePending()
      .catch(() => {
        this.end()
      })
      .finally(() => {
        this.#writing = false
      })
  }

  async #writePending(): Promise<void> {
    // The caller is inside a loop over many changes: one turn later they go out together.
    await Promise.resolve()
    while (this.#pendingRecords.size > 0 || this.#pendingRevocations.size > 0) {
      const names = [...this.#pendingRecords].slice(0, MAX_RECORDS_PER_MESSAGE)
      const revocations = [...this.#pendingRevocations].slice(0, MAX_REVOCATIONS_PER_MESSAGE)
      for (const name of names) this.#pendingRecords.delete(name)
      for (const [key] of revocations) this.#pendingRevocations.delete(key)
      const records = names.map((name) => this.#host.record(name)).filter((record) => record !== undefined)
      await this.send({ records, revocations: revocations.map(([, bytes]) => bytes) })
    }
  }

  async #awaitAllowance(): Promise<void> {
    const now = this.#host.clock.now()
    this.#allowance = Math.min(RECEIVE_BURST, this.#allowance + ((now - this.#refilledAt) / 1000) * RECEIVE_RATE)
    this.#refilledAt = now
    if (this.#allowance < 1) await this.#host.clock.sleep(ms(((1 - this.#allowance) / RECEIVE_RATE) * 1000), this.#ended.signal)
    this.#allowance -= 1
  }
}
