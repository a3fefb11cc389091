import { expect } from 'chai'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detour, DETOUR_SCENARIO } from './detour-scenario.ts'
import { pathBecomes, reach } from './round-trips.ts'
import { eventually, Testnet, type RunningProgram, type TestnetNode } from './testnet-run.ts'

/** Occurs in nothing but the transfer of this test. */
const KNOWN = 'srwan-known-plaintext-0123456789-'

/** Sends a known text as UDP, `count` datagrams 5 ms apart. */
const SENDER = `
  const [, address, port, text, count] = process.argv
  const socket = require('node:dgram').createSocket('udp6')
  let left = Number(count)
  const timer = setInterval(() => {
    socket.send(text.repeat(20), Number(port), address)
    if (--left === 0) { clearInterval(timer); setTimeout(() => socket.close(), 500) }
  }, 5)
`
const RECEIVER = `
  const socket = require('node:dgram').createSocket('udp6', (message) => { if (message.includes(process.argv[1])) console.log('received') })
  socket.bind(9999, '::', () => console.log('listening'))
`

describe('secrecy', function () {
  this.timeout(120_000)
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sw-cap-'))
  })
  after(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  const capture = async (testnet: Testnet, node: string, file: string, device = 'any'): Promise<RunningProgram> => {
    const tshark = testnet.spawn(node, 'tshark', '-q', '-i', device, '-w', file)
    await tshark.printed(/Capturing on/)
    await eventually(async () => (await readFile(file)).length > 0 || Promise.reject(new Error('no capture yet')), 10_000)
    return tshark
  }

  it('a transit carries a transfer and sees none of its octets', async () => {
    const testnet = await detour()
    const [fra, lon, chi] = (await Promise.all(['fra', 'lon', 'chi'].map(async (name) => await testnet.node(name)))) as [TestnetNode, TestnetNode, TestnetNode]
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
    const file = join(directory, 'transit.pcap')
    const receiver = testnet.spawn('chi', process.execPath, '-e', RECEIVER, KNOWN)
    await receiver.printed(/listening/)
    const tshark = await capture(testnet, 'lon', file)
    await testnet.exec('fra', process.execPath, '-e', SENDER, chi.overlayAddress, '9999', KNOWN, '400')
    await receiver.printed(/received/)
    await tshark.stop('SIGINT')
    await receiver.stop()
    const seen = await readFile(file)
    expect(seen.length, 'octets captured at the transit: the transfer went through it').to.be.above(400 * KNOWN.length * 20)
    for (const part of partsOf(KNOWN)) expect(seen.includes(part), `"${part}" in the capture`).to.equal(false)
  })

  it('nothing leaves in clear when a session cannot be opened', async () => {
    const testnet = await Testnet.start(DETOUR_SCENARIO)
    try {
      const [fra, chi] = [await testnet.node('fra'), await testnet.node('chi')]
      await testnet.change('chi', '--kill')
      const underlay = await deviceOf(testnet, fra)
      const files = { srwan0: join(directory, 'tun.pcap'), [underlay]: join(directory, 'underlay.pcap') }
      const captures = await Promise.all(Object.entries(files).map(async ([device, file]) => await capture(testnet, 'fra', file, device)))
      const { code } = await testnet.exec('fra', process.execPath, '-e', SENDER, chi.overlayAddress, '9999', KNOWN, '400')
      expect(code).to.equal(0)
      for (const tshark of captures) await tshark.stop('SIGINT')
      expect((await readFile(files.srwan0)).includes(KNOWN), 'the application did send: seen on the TUN').to.equal(true)
      const left = await readFile(files[underlay] ?? '')
      expect(left.length, 'octets captured on the underlay: the handshakes').to.be.above(1000)
      for (const part of partsOf(KNOWN)) expect(left.includes(part), `"${part}" on the underlay`).to.equal(false)
    } finally {
      await testnet.down()
    }
  })
})

/** The device that holds a node's underlay address. */
async function deviceOf(testnet: Testnet, node: TestnetNode): Promise<string> {
  const { stdout } = await testnet.exec(node.name, 'ip', '-o', '-4', 'address')
  const line = stdout.split('\n').find((each) => each.includes(` ${node.underlayAddress}/`))
  if (line === undefined) throw new Error(`no device has ${node.underlayAddress}\n${stdout}`)
  return line.split(/\s+/)[1] ?? ''
}

/** Every stretch of eight characters: short enough that a part in clear would show, long enough never to occur by chance. */
function partsOf(text: string): string[] {
  return Array.from({ length: text.length - 7 }, (_, index) => text.slice(index, index + 8))
}
