import type { MultiaddrConnection, Stream } from '@libp2p/interface'
import type { Socket } from 'node:net'

/**
 * Lets everything that is sent within one turn of the event loop leave in one write.
 *
 * libp2p's TCP writes each piece of a message by itself (length, header and payload, so a frame is two to five packets), and with TCP_NODELAY each is a segment: in a full group their heads were
 * most of what pulses, exchanges and keep-alives cost. A message waits for less than a millisecond.
 */
export function gatherWrites(connection: MultiaddrConnection): void {
  const { socket } = connection as { readonly socket?: Socket }
  if (socket === undefined) return
  const send = connection.send.bind(connection)
  let isCorked = false
  connection.send = (data) => {
    if (!isCorked) {
      isCorked = true
      socket.cork()
      setImmediate(() => {
        isCorked = false
        socket.uncork()
      })
    }
    return send(data)
  }
}

/** What of a yamux stream decides when the other side is told that it may send more. */
interface WindowedStream {
  sendWindowUpdate?: () => void
  readonly state?: unknown
  readonly recvWindow?: number
  readonly recvWindowCapacity?: number
}

/** yamux's number of a stream on which both sides have spoken: updates before that carry more than the window. */
const ESTABLISHED = 3

/**
 * Tells the other side of a stream that it may send more once half of the window is used, as the specification of yamux says, and not after each message: a pulse of 127 octets was answered by a
 * window update of 30 and an acknowledgement. Another multiplexer is left as it is.
 */
export function spareWindowUpdates(stream: Stream): void {
  const windowed = stream as unknown as WindowedStream
  const update = windowed.sendWindowUpdate?.bind(windowed)
  if (update === undefined || typeof windowed.recvWindow !== 'number') return
  windowed.sendWindowUpdate = () => {
    const { state, recvWindow = 0, recvWindowCapacity = 0 } = windowed
    if (state !== ESTABLISHED || recvWindowCapacity * 2 < recvWindow) update()
  }
}
