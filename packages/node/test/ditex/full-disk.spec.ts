import '../../src/polyfill.ts'
import { createVirtualClock } from '@srwan/clock'
import { MemoryEntryStore } from '@srwan/ditex'
import { UnavailableResourceError, ms } from '@srwan/interface'
import { expect } from 'chai'
import { createHealthBoard } from '../../src/health.ts'
import { advanceUntil } from '../advance-until.ts'
import { createTestNetwork } from '../test-network.ts'
import type { StoreChange } from '@srwan/ditex'

/** Writes fail while it is full, as those of a store on disk do. */
class FillingStore extends MemoryEntryStore {
  full = true
  refused = 0

  override write(changes: readonly StoreChange[]): Promise<void> {
    if (!this.full) return super.write(changes)
    this.refused++
    return Promise.reject(new UnavailableResourceError('ERR_DISK_FULL', 'the disk with the store of entries is full'))
  }
}

describe('a node whose exchange cannot write', () => {
  it('says so until writes succeed again, and writes then what it could not', async () => {
    const clock = createVirtualClock({ wallStart: ms(Date.now()) })
    const network = createTestNetwork('full-net', {}, { clock })
    const store = new FillingStore()
    const node = await network.node('a', { entryStore: store })
    const until = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> => advanceUntil(clock, what, condition)
    const codes = (): string[] => node.health().map(({ code }) => code)
    try {
      await node.start()
      await until('the finding', () => codes().includes('disk-full'))
      const before = store.refused
      await until('it is tried again by itself', () => store.refused > before)
      expect(codes()).to.deep.equal(['disk-full'])
      store.full = false
      await until('nothing is wrong any more', () => codes().length === 0)
      await until('what it says of itself is written', async () => {
        const said = await node.exchange()?.query({ kind: 'router' }, 1, AbortSignal.timeout(5000))
        return said?.entries.length === 1
      })
    } finally {
      await Promise.all([network.stop(), clock.advance(10_000)])
    }
  })

  it('keeps the finding while another cause of it lasts', () => {
    const health = createHealthBoard()
    health.raise('disk-full')
    health.raise('disk-full', 'exchange')
    health.clear('disk-full', 'exchange')
    expect(health.list().map(({ code }) => code)).to.deep.equal(['disk-full'])
    health.clear('disk-full')
    health.clear('disk-full')
    expect(health.list()).to.deep.equal([])
  })
})
