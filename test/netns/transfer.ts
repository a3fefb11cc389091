import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detour, SITE } from './detour-scenario.ts'
import { pathBecomes, reach } from './round-trips.ts'
import { runProgram, type Testnet, type TestnetNode } from './testnet-run.ts'

/** Time for one MiB at the least rate that is acceptable, on top of the start. */
const MILLISECONDS_PER_MEBIBYTE = 2000

/** Serves a file of known content on every address, IPv4 and IPv6. */
const WEB_SERVER = `
  const { createReadStream } = require('node:fs')
  require('node:http').createServer((request, response) => createReadStream(process.argv[1]).pipe(response)).listen(8080, '::', () => console.log('listening'))
`

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

/** Tests that fetch a file with curl from a web server behind the detour, over an overlay address and over a site prefix. */
export function transferTests(mebibytes: number): void {
  let testnet: Testnet
  let fra: TestnetNode
  let chi: TestnetNode
  let directory: string

  before(async function () {
    this.timeout(120_000)
    testnet = await detour()
    fra = await testnet.node('fra')
    chi = await testnet.node('chi')
    directory = await mkdtemp(join(tmpdir(), 'sw-web-'))
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [await testnet.node('lon')])
    await runProgram('dd', ['if=/dev/urandom', `of=${join(directory, 'file')}`, 'bs=1M', `count=${mebibytes}`])
  })
  after(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  for (const destination of ['overlay address', 'site prefix'] as const) {
    it(`curl of ${mebibytes} MiB from the ${destination}: the same octets arrive`, async function () {
      const limit = 30_000 + mebibytes * MILLISECONDS_PER_MEBIBYTE
      this.timeout(limit + 30_000)
      const [file, got] = [join(directory, 'file'), join(directory, 'got')]
      const server = testnet.spawn('chi', process.execPath, '-e', WEB_SERVER, file)
      try {
        await server.printed(/listening/)
        const address = destination === 'site prefix' ? SITE.address : `[${chi.overlayAddress}]`
        const { code, stderr } = await testnet.exec('fra', 'curl', '-sS', '--max-time', String(limit / 1000), '-o', got, `http://${address}:8080/`)
        expect(code, stderr).to.equal(0)
        expect(await hashOf(got)).to.equal(await hashOf(file))
      } finally {
        await server.stop()
      }
    })
  }
}
