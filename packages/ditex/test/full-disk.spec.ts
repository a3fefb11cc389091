import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { createLevelStore } from '../src/index.ts'
import { EPOCH, clockAt, createSigner, encodedOf, startReplica, writeLog } from './fixtures.ts'

const DISK = 24 * 1024 * 1024

describe('a full disk', () => {
  let folder: string

  before(async function () {
    if (process.getuid?.() !== 0) this.skip()
    folder = await mkdtemp(join(tmpdir(), 'srwan-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder])
  })

  after(async () => {
    if (folder === undefined) return
    // A failed test may have left the store open.
    execFileSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  })

  it('refuses entries with a name, keeps what was acknowledged, goes on reading, and takes entries again when there is room', async () => {
    const clock = clockAt()
    const level = (): ReturnType<typeof createLevelStore> => createLevelStore({ logger: silentLogger() }, { location: join(folder, 'entries') })
    const { replica } = await startReplica({ store: level(), clock })
    const author = createSigner()
    const log = encodedOf(
      await writeLog(
        author,
        Array.from({ length: 60 }, (_, index) => ({ key: `${index}`, body: Buffer.alloc(3500, index).toString('latin1').slice(0, 1700) }))
      )
    )
    await replica.offer(log.slice(0, 10), { durable: true })
    const ballast = join(folder, 'ballast')
    await fill(ballast)
    let acknowledged = 10
    let refusal: { readonly code?: string } = {}
    while (acknowledged < log.length && refusal.code === undefined) {
      await replica.offer([log[acknowledged]!], { durable: true }).then(
        () => acknowledged++,
        (error: { readonly code?: string }) => (refusal = error)
      )
    }
    expect(refusal.code).to.equal('ERR_DISK_FULL')
    const place = { scope: 'global' as const, epoch: EPOCH, author: author.peerId }
    expect(replica.head(place)?.seq).to.equal(acknowledged - 1)
    expect(await replica.entries(place)).to.have.length(acknowledged)
    expect(await replica.offer(log.slice(acknowledged), { durable: true }).catch((error: { readonly code?: string }) => error.code)).to.equal('ERR_DISK_FULL')
    expect(await replica.entries(place)).to.have.length(acknowledged)
    await rm(ballast)
    expect((await replica.offer(log.slice(acknowledged), { durable: true })).every(({ outcome }) => outcome === 'accepted')).to.equal(true)
    await replica.stop()
    const again = await startReplica({ store: level(), clock })
    expect(again.replica.head(place)?.seq).to.equal(log.length - 1)
    await again.replica.stop()
  })

  /** Writes until nothing more fits. */
  async function fill(file: string): Promise<void> {
    for (const size of [1 << 20, 1 << 16, 4096]) {
      for (;;) {
        const failed = await writeFile(file, Buffer.alloc(size), { flag: 'a' }).then(
          () => false,
          () => true
        )
        if (failed) break
      }
    }
  }
})
