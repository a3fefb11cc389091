import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createIdentity, createOrganisation, loadIdentity, loadOrganisation, saveIdentity, saveOrganisation } from '@srwan/membership'

describe('a key file', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-key-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const failureOf = (action: Promise<unknown>): Promise<{ code?: string; message?: string; remedy?: string } | undefined> =>
    action.then(
      () => undefined,
      (error: unknown) => error as { code?: string }
    )

  it('keeps the identity, for its owner only', async () => {
    const file = join(directory, 'identity.key')
    const identity = createIdentity()
    await saveIdentity(file, identity)
    expect((await stat(file)).mode & 0o777).to.equal(0o600)
    const loaded = await loadIdentity(file)
    expect(loaded.peerId).to.equal(identity.peerId)
    expect(Buffer.from(await loaded.sign(Buffer.from('x')))).to.deep.equal(Buffer.from(await identity.sign(Buffer.from('x'))))
  })

  it('is refused where others may read it, with the command that mends it', async () => {
    const file = join(directory, 'identity.key')
    await saveIdentity(file, createIdentity())
    for (const mode of [0o640, 0o604, 0o644, 0o660]) {
      await chmod(file, mode)
      const failure = await failureOf(loadIdentity(file))
      expect(failure).to.include({ code: 'ERR_INVALID_INPUT' })
      expect(failure?.remedy).to.include(`chmod 600 ${file}`)
    }
  })

  it('is never overwritten', async () => {
    const file = join(directory, 'identity.key')
    const identity = createIdentity()
    await saveIdentity(file, identity)
    expect(await failureOf(saveIdentity(file, createIdentity()))).to.have.property('code', 'ERR_INVALID_INPUT')
    expect((await loadIdentity(file)).peerId).to.equal(identity.peerId)
  })

  it('is refused where it is missing, damaged or of another kind, naming the file', async () => {
    const file = join(directory, 'identity.key')
    expect((await failureOf(loadIdentity(file)))?.message).to.include(file)
    for (const content of [
      '',
      '{',
      'null',
      '[]',
      '{"type":"srwan-identity","version":1}',
      '{"type":"srwan-identity","version":2,"seed":"AA"}',
      `{"type":"srwan-identity","version":1,"seed":"${'A'.repeat(42)}"}`,
      'x'.repeat(5000)
    ]) {
      await writeFile(file, content, { mode: 0o600 })
      const failure = await failureOf(loadIdentity(file))
      expect(failure, content.slice(0, 60)).to.include({ code: 'ERR_INVALID_INPUT' })
      expect(failure?.message).to.include(file)
      expect(failure?.remedy).to.not.equal(undefined)
    }
    await rm(file)
    await saveOrganisation(file, createOrganisation())
    expect(await failureOf(loadIdentity(file))).to.have.property('code', 'ERR_INVALID_INPUT')
    expect((await loadOrganisation(file)).text).to.match(/^ed25519:/)
  })

  it('leaves nothing where it cannot be written', async () => {
    expect(await failureOf(saveIdentity(join(directory, 'missing', 'identity.key'), createIdentity()))).to.have.property('code', 'ERR_INVALID_INPUT')
  })
})
