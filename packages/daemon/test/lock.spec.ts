import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holderOf, lockHome } from '../src/index.ts'

describe('the lock of a home', () => {
  let directory: string
  let file: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-lock-'))
    file = join(directory, 'daemon.lock')
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  it('is held once and free again after its release', async () => {
    const lock = await lockHome(file)
    const second = await lockHome(file).catch((error: unknown) => error)
    expect(second).to.include({ code: 'ERR_ALREADY_RUNNING' })
    expect((await holderOf(file))?.pid).to.equal(process.pid)
    lock.release()
    lock.release()
    expect(await readdir(directory)).to.deep.equal([])
    ;(await lockHome(file)).release()
  })

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => {
      child.once('exit', resolve)
    })
    await writeFile(file, JSON.stringify({ pid: child.pid, startTicks: '1' }))
    expect(await holderOf(file)).to.equal(undefined)
    ;(await lockHome(file)).release()
  })

  it('is taken over where the pid now belongs to another process', async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startTicks: '1' }))
    ;(await lockHome(file)).release()
  })

  it('is taken over where the file is damaged', async () => {
    await writeFile(file, '{"pid":')
    ;(await lockHome(file)).release()
  })

  it('goes to exactly one of many that start at once over a stale lock', async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startTicks: '1' }))
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, async () => lockHome(file)))
    const held = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(held).to.have.length(1)
  })
})
