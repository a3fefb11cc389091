import type { Member, PeerIdText } from '@srwan/interface'

/** Asks one router, request by request. */
export interface MeasureSession {
  /** @throws the stream's error or the signal's reason */
  ask: (request: Uint8Array) => Promise<Uint8Array>
}

/** Who answers. It never rejects for what a peer sent: bad requests get a reply that says so. */
export type MeasureHandler = (from: PeerIdText, request: Uint8Array) => Promise<Uint8Array>

/** `/srwan/measure/1` between routers, each end authenticated and a member. */
export interface MeasureTransport {
  /** Opens a stream to a router, lets `use` ask, and closes it. */
  exchange: <T>(peer: Member, use: (session: MeasureSession) => Promise<T>, signal: AbortSignal) => Promise<T>
  serve: (handler: MeasureHandler) => Promise<void>
  close: () => Promise<void>
}
