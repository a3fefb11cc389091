import { lpStream } from '@libp2p/utils'
import type { QueryFrames } from '@srwan/ditex/query'
import type { Stream } from '@libp2p/interface'

/** A stream as frames: what is read is at most `maxRead` octets, checked before it is buffered. */
export function queryFrames(stream: Stream, maxRead: number): QueryFrames {
  const frames = lpStream(stream, { maxDataLength: maxRead, maxLengthLength: 4 })
  return {
    read: async (signal) => (await frames.read({ signal })).subarray(),
    write: async (frame, signal) => frames.write(frame, { signal })
  }
}
