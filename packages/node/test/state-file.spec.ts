import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeAtomically } from '../src/state-file.ts'

describe('a file of the node itself', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srwan-state-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is written one time after the other: none fails, and the last one stays', async () => {
    const file = join(folder, 'state', 'roster.json')
    await Promise.all(Array.from({ length: 20 }, (_, index) => writeAtomically(file, `${index}`.repeat(1000 * (20 - index)))))
    expect(await readFile(file, 'utf8')).to.equal('19'.repeat(1000))
    expect(await readdir(join(folder, 'state'))).to.deep.equal(['roster.json'])
  })

  it('is written again after a write that failed', async () => {
    const file = join(folder, 'state')
    await writeAtomically(join(file, 'a'), 'x')
    const failed = writeAtomically(file, 'a directory is there')
    const after = writeAtomically(join(file, 'a'), 'y')
    await failed.then(
      () => expect.fail('wrote over a directory'),
      (error: NodeJS.ErrnoException) => expect(error.code).to.equal('EISDIR')
    )
    await after
    expect(await readFile(join(file, 'a'), 'utf8')).to.equal('y')
  })
})
