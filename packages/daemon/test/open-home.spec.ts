import { expect } from 'chai'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ms } from '@srwan/interface'
import { diagnose } from '../src/doctor/index.ts'
import { loadHome } from '../src/index.ts'
import { newOpenHome } from './new-home.ts'

const NOW = ms(Date.now())

describe('the home of a node in an open network', function () {
  this.timeout(20_000)
  const homes: string[] = []
  const made = async (more?: string): ReturnType<typeof newOpenHome> => {
    const home = await newOpenHome(more)
    homes.push(home.home)
    return home
  }
  afterEach(async () => {
    for (const home of homes.splice(0)) await rm(home, { recursive: true })
  })

  it('is a key and the network file: nothing vouches for it, and it is called by its SID', async () => {
    const { home, identity } = await made()
    const loaded = await loadHome({ home, environment: {} }, NOW)
    expect(loaded.certificate).to.have.lengthOf(0)
    expect(loaded.membership).to.deep.include({ peerId: identity.peerId, name: identity.sid, prefixes: [] })
    expect(loaded.revocations).to.deep.equal([])
    const checks = await diagnose({ home, environment: {}, daemonRuns: false, signal: new AbortController().signal })
    expect(checks.find(({ name }) => name === 'home')).to.include({ outcome: 'pass', found: `${identity.sid} in the open network commons` })
  })

  it('takes no certificate or revocation that lies about', async () => {
    const { home } = await made()
    for (const file of ['certificate.json', 'revocations.json']) await writeFile(join(home, file), 'of another network')
    expect((await loadHome({ home, environment: {} }, NOW)).certificate).to.have.lengthOf(0)
  })

  const refused: [string, string, RegExp][] = [
    [
      'money',
      `money: { chain: 'wss://x', genesis: '0x${'0'.repeat(64)}', contract: '0x${'0'.repeat(40)}' }\n`,
      /\(?money\)?: this version has no client for a chain: bonds, payments and the beacon/
    ],
    ['an organisation', `organisation: ed25519:${Buffer.alloc(32, 7).toString('base64url')}\n`, /organisation\)?: an open network has no organisation/],
    [
      'site prefixes',
      'sites: [{ prefix: 10.0.0.0/8, router: 12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN, signature: x }]\n',
      /sites\)?: only an organisation lets members serve/
    ]
  ]
  for (const [name, more, message] of refused) {
    it(`is refused with ${name}, naming what is missing`, async () => {
      const { home } = await made(more)
      const failure = await loadHome({ home, environment: {} }, NOW).catch((error: unknown) => error)
      expect(failure).to.have.property('code', 'ERR_INVALID_INPUT')
      expect(failure).to.have.property('message').that.matches(message)
    })
  }
})
