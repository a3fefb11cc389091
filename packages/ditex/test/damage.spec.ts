import { mkdtemp, open, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { Level } from 'level'
import { createLevelStore, headDigest } from '../src/index.ts'
import { entryKey } from '../src/store/store-keys.ts'
import { EPOCH, clockAt, createSigner, encodedOf, startReplica, writeLog } from './fixtures.ts'
import type { EntryStore } from '../src/index.ts'

const AUTHORS = 12
const ENTRIES = 30
/** Of a key of the store: an entry of the global scope. */
const KEY_HEAD = entryKey({ epoch: EPOCH, scope: 'global', author: new Uint8Array(32), seq: 0 }).subarray(0, 6)

/** Turns octets of a file round, spread over a part of it. */
async function flip(file: string, from: number, count: number): Promise<void> {
  const handle = await open(file, 'r+')
  const { size } = await handle.stat()
  const octet = Buffer.alloc(1)
  for (let each = 0; each < count; each++) {
    const at = Math.min(size - 1, Math.floor(size * from) + each * 7)
    await handle.read(octet, 0, 1, at)
    octet[0] = octet[0]! ^ 0xff
    await handle.write(octet, 0, 1, at)
  }
  await handle.close()
}

describe('a damaged store', () => {
  let folder: string
  let all: Uint8Array[]
  const clock = clockAt()
  const level = (): EntryStore => createLevelStore({ logger: silentLogger() }, { location: join(folder, 'entries') })
  const heads = (replica: Awaited<ReturnType<typeof startReplica>>['replica']): string[] =>
    replica
      .heads('global', EPOCH)
      .map((head) => `${head.author} ${Buffer.from(headDigest(head)).toString('hex')}`)
      .sort()

  before(async () => {
    all = []
    for (let author = 0; author < AUTHORS; author++) {
      const says = Array.from({ length: ENTRIES }, (_, index) => ({ key: `${index}`, body: Buffer.alloc(300, author * ENTRIES + index).toString('latin1') }))
      all.push(...encodedOf(await writeLog(createSigner(), says)))
    }
  })

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srwan-damage-'))
    const { replica } = await startReplica({ store: level(), clock })
    await replica.offer(all)
    await replica.stop()
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  /** Starts on the damaged files; whatever is missing must be named, and offering all again must make it whole. */
  async function recovers(): Promise<{ readonly missing: number; readonly findings: readonly { readonly what: string; readonly finding: string }[] }> {
    const intact = await startReplica({ clock })
    await intact.replica.offer(all)
    const { replica } = await startReplica({ store: level(), clock })
    const findings = replica.damaged
    const held = replica.heads('global', EPOCH).reduce((sum, { seq }) => sum + seq + 1, 0)
    for (const head of replica.heads('global', EPOCH)) expect(await replica.entries(head)).to.have.length(head.seq + 1)
    await replica.offer(all)
    expect(heads(replica)).to.deep.equal(heads(intact.replica))
    expect(replica.view.size).to.equal(intact.replica.view.size)
    await replica.stop()
    const again = await startReplica({ store: level(), clock })
    expect(heads(again.replica)).to.deep.equal(heads(intact.replica))
    await again.replica.stop()
    return { missing: all.length - held, findings }
  }

  /** Has LevelDB write all tables anew, uncompressed. */
  async function merge(): Promise<void> {
    const db = new Level<Uint8Array, Uint8Array>(join(folder, 'entries'), { keyEncoding: 'view', valueEncoding: 'view', compression: false } as object)
    await db.open()
    await (db as unknown as { compactRange: (from: Uint8Array, to: Uint8Array) => Promise<void> }).compactRange(Buffer.of(0), Buffer.of(0xff))
    await db.close()
  }

  const fileOf = async (ending: RegExp): Promise<string> => {
    const names = (await readdir(join(folder, 'entries'))).filter((name) => ending.test(name))
    const sizes = await Promise.all(names.map(async (name) => ({ name, size: (await stat(join(folder, 'entries', name))).size })))
    return join(folder, 'entries', sizes.sort((one, other) => other.size - one.size)[0]!.name)
  }

  it('names octets turned round in the log file, drops what they touch and is made whole by peers', async () => {
    await flip(await fileOf(/\.log$/), 0.4, 5)
    const { missing, findings } = await recovers()
    expect(missing).to.be.greaterThan(0)
    expect(findings.length).to.be.greaterThan(0)
  })

  it('names octets turned round in a table', async () => {
    await startReplica({ store: level(), clock }).then(({ replica }) => replica.stop())
    await flip(await fileOf(/\.ldb$/), 0.3, 40)
    const { missing, findings } = await recovers()
    expect(missing).to.be.greaterThan(0)
    expect(findings.length).to.be.greaterThan(0)
  })

  for (const [where, isThere] of [
    ['early in a log', (seq: number) => seq > 0 && seq < ENTRIES / 2],
    ['near the end of one', (seq: number) => seq > ENTRIES - 4]
  ] as const) {
    it(`leaves nothing in its tables that ends the process when LevelDB merges them: a key ${where}`, async () => {
      await merge()
      // The table that LevelDB has merged from may still lie beside the one that counts, whose number is the greatest.
      const tables = (await readdir(join(folder, 'entries'))).filter((name) => name.endsWith('.ldb')).sort()
      const file = join(folder, 'entries', tables.at(-1)!)
      const octets = await readFile(file)
      // Every sixteenth key stands there whole. One is made the least: LevelDB hides it and what shares its octets, and asserts the order of keys when it merges.
      const authors: number[] = []
      for (let at = octets.indexOf(KEY_HEAD); at >= 0; at = octets.indexOf(KEY_HEAD, at + 1)) authors.push(at + KEY_HEAD.length)
      const found = authors.slice(4).find((at) => isThere(octets[at + 32]!))!
      octets.fill(0, found, found + 32)
      await writeFile(file, octets)
      const { missing, findings } = await recovers()
      expect(missing).to.be.greaterThan(0)
      expect(findings.length).to.be.greaterThan(0)
      await merge()
      expect(await readdir(folder)).to.deep.equal(['entries'])
    })
  }

  it('goes on with the copy of its sound records where it was killed between moving the old files away and the copy in', async () => {
    await rename(join(folder, 'entries'), join(folder, 'entries.renewed'))
    const { missing, findings } = await recovers()
    expect({ missing, findings }).to.deep.equal({ missing: 0, findings: [] })
  })

  it('names one record whose octets are not those that were written, and what follows it', async () => {
    const db = new Level<Uint8Array, Uint8Array>(join(folder, 'entries'), { keyEncoding: 'view', valueEncoding: 'view' })
    const [key, value] = (await db.iterator().all())[45]!
    const changed = Uint8Array.from(value)
    changed[200] = changed[200]! ^ 1
    await db.put(key, changed)
    await db.close()
    const { missing, findings } = await recovers()
    expect(missing).to.equal(2 * (ENTRIES + 1) - 45)
    expect(findings).to.have.length(1)
    expect(findings[0]!.what).to.match(/^entry 14 of the global log of 12D3/)
  })

  it('begins anew where nothing can be read, keeps the old files aside and says so', async () => {
    const location = join(folder, 'entries')
    for (const name of await readdir(location)) if (name !== 'LOCK') await truncate(join(location, name), 0)
    await writeFile(join(location, 'CURRENT'), 'nothing\n')
    const { missing, findings } = await recovers()
    expect(missing).to.equal(all.length)
    expect(findings.length).to.be.greaterThan(0)
  })
})
