/** What the control messages of the measurement cost. */
export type MeasurementPurpose = 'pulses' | 'columns' | 'columnRequests'

/** Octets of message content: envelopes of gossip and datagram channel not included. */
export type MeasurementTraffic = Readonly<Record<MeasurementPurpose, { readonly sentOctets: number; readonly receivedOctets: number }>>

/** Why a message of a peer was not used. */
export type DropReason =
  | 'pulseOversized'
  | 'pulseMalformed'
  | 'pulseUnknownSender'
  | 'pulseReplayed'
  | 'pulseContradictory'
  | 'pulseRateLimited'
  | 'pulseBadSignature'
  | 'columnMalformed'
  | 'columnUnknownSender'
  | 'columnUnknownRoster'
  | 'columnOutdated'
  | 'columnRootMismatch'
  | 'partMalformed'
  | 'partMismatch'
  | 'requestMalformed'
  | 'requestRateLimited'
  | 'probeMalformed'

/** Counts of one measurement. */
export class Tally {
  readonly #traffic: Record<MeasurementPurpose, { sentOctets: number; receivedOctets: number }> = {
    pulses: { sentOctets: 0, receivedOctets: 0 },
    columns: { sentOctets: 0, receivedOctets: 0 },
    columnRequests: { sentOctets: 0, receivedOctets: 0 }
  }

  readonly #drops: Partial<Record<DropReason, number>> = {}

  sent(purpose: MeasurementPurpose, octets: number): void {
    this.#traffic[purpose].sentOctets += octets
  }
  received(purpose: MeasurementPurpose, octets: number): void {
    this.#traffic[purpose].receivedOctets += octets
  }
  dropped(reason: DropReason): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1
  }
  traffic(): MeasurementTraffic {
    return structuredClone(this.#traffic)
  }
  drops(): Readonly<Partial<Record<DropReason, number>>> {
    return { ...this.#drops }
  }
}
