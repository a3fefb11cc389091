import { subscribe } from 'node:diagnostics_channel'

/** Every TCP connection that this process dials is seen as it is made, whatever library makes it. */
const dialled = new Set()
subscribe('net.client.socket', ({ socket }) => dialled.add(socket))

/** Octets so far in the TCP connections that this process dialled, both ways: what is encrypted, multiplexed and framed, without the headers of TCP and IP. */
export function octetsOnTheWire() {
  let octets = 0
  for (const { bytesRead, bytesWritten } of dialled) octets += bytesRead + bytesWritten
  return octets
}
