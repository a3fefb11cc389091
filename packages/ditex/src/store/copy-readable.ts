import { throwUnlessDamage } from './level-errors.ts'
import { recordOf } from './record-value.ts'
import { FIRST_EPOCH_KEY, LAST_EPOCH_KEY } from './store-keys.ts'
import type { Level } from 'level'

type Db = Level<Uint8Array, Uint8Array>

/** Records read at once, and octets. */
const CHUNK = 1000
const CHUNK_OCTETS = 1024 * 1024

/**
 * Copies what can be read and is as it was written. LevelDB leaves blocks out that it cannot read and says so at the end; keys that came into disorder are sorted again by the copy.
 *
 * @throws UnavailableResourceError `ERR_DISK_FULL`
 */
export async function copyReadable(from: Db, to: Db): Promise<void> {
  const iterator = from.iterator({ fillCache: false, highWaterMarkBytes: CHUNK_OCTETS })
  try {
    for (;;) {
      const pairs = await iterator.nextv(CHUNK)
      if (pairs.length === 0) break
      const sound = pairs.filter(([key, value]) => isSound(key, value))
      await to.batch(sound.map(([key, value]) => ({ type: 'put' as const, key, value })))
    }
  } catch (cause) {
    throwUnlessDamage(cause)
  } finally {
    await iterator.close()
  }
  // An empty batch that the disk has: so has it all before it.
  await to.batch([{ type: 'del', key: LAST_EPOCH_KEY }], { sync: true })
}

function isSound(key: Uint8Array, value: Uint8Array): boolean {
  if (Buffer.compare(key, FIRST_EPOCH_KEY) < 0 || Buffer.compare(key, LAST_EPOCH_KEY) >= 0) return true
  const record = recordOf(key, value)
  if (record === 'damaged') return false
  return record?.type !== 'entry' || record.intact
}
