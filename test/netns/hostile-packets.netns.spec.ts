import type { StatusDocument } from '@srwan/api'
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { detour } from './detour-scenario.ts'
import { pathBecomes, reach } from './round-trips.ts'
import { eventually, runProgram, type Testnet, type TestnetNode } from './testnet-run.ts'

/** Sends each hex line of a file as one UDP datagram, 1 ms apart, then waits a second for answers and prints how many came. */
const SENDER = `
  const [, file, address, port] = process.argv
  const packets = require('node:fs').readFileSync(file, 'utf8').split('\\n').filter(Boolean).map((line) => Buffer.from(line, 'hex'))
  let answers = 0
  const socket = require('node:dgram').createSocket('udp4', () => { answers++ })
  const timer = setInterval(() => {
    const packet = packets.shift()
    if (packet === undefined) { clearInterval(timer); setTimeout(() => { console.log(answers); socket.close() }, 1000) } else socket.send(packet, Number(port), address)
  }, 1)
`

/** What must not move at the victim whatever a stranger sends: delivered, forwarded, billed (octets of accepted segment packets), opened. */
const MUST_STAY = ['tunTxPackets', 'transitPackets', 'transitOctets', 'dataRxOctets', 'sessionsOpened', 'handshakeTxPackets']

describe('packets from a non-member', function () {
  this.timeout(120_000)
  let testnet: Testnet
  let lon: TestnetNode
  let captured: readonly Buffer[]
  let port: string
  let directory: string

  before(async () => {
    testnet = await detour()
    directory = await mkdtemp(join(tmpdir(), 'sw-hostile-'))
    const [fra, chi] = [await testnet.node('fra'), await testnet.node('chi')]
    lon = await testnet.node('lon')
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
    ;({ captured, port } = await captureSegmentPackets(testnet, lon, chi, join(directory, 'capture.pcap')))
    expect(captured.length, 'captured segment packets').to.be.above(50)
    // From here on the namespace of `out` holds no member: only what the tests send.
    await testnet.change('out', '--stop')
  })
  after(async () => {
    await testnet.change('out', '--start')
    await rm(directory, { recursive: true, force: true })
  })

  const KINDS: Record<string, { make: () => Buffer[], counters: readonly string[] }> = {
    random: { make: () => Array.from({ length: 2000 }, (_, index) => randomBytes(1 + (index * 7) % 1400)), counters: ['dropMalformed', 'dropUnknownPeer', 'dropUnknownSession', 'dropUnknownKey'] },
    'random with a plausible header': { make: () => captured.flatMap((packet) => [1, 2, 3, 4, 5, 6, 7].map((kind) => Buffer.concat([Buffer.from([0x20 | kind]), randomBytes(packet.length - 1)]))), counters: ['dropMalformed', 'dropUnknownPeer', 'dropUnknownSession', 'dropUnknownKey'] },
    truncated: { make: () => captured.map((packet, index) => packet.subarray(0, 1 + (index * 13) % (packet.length - 1))), counters: ['dropMalformed', 'dropHopProof', 'dropAuthentication'] },
    replayed: { make: () => [...captured], counters: ['dropReplay'] },
    'bit-flipped': { make: () => captured.map((packet, index) => flipBit(packet, (index * 101) % (packet.length * 8))), counters: ['dropHopProof', 'dropMalformed', 'dropUnknownSession', 'dropNotNextSegment', 'dropReplay', 'dropAuthentication', 'dropKeyEpoch'] }
  }

  for (const [name, { make, counters }] of Object.entries(KINDS)) {
    it(`${name}: nothing forwarded, delivered, answered or billed; a counter says why`, async () => {
      await quiet(testnet, lon)
      const packets = make()
      const before = await countersOf(testnet, lon)
      const file = join(directory, 'packets.hex')
      await writeFile(file, packets.map((packet) => packet.toString('hex')).join('\n'))
      const { stdout, stderr } = await testnet.exec('out', process.execPath, '-e', SENDER, file, lon.underlayAddress, port)
      expect(stdout.trim(), `answers ${stderr}`).to.equal('0')
      const afterwards = await countersOf(testnet, lon)
      for (const counter of MUST_STAY) expect(afterwards[counter], counter).to.equal(before[counter])
      const counted = counters.reduce((total, counter) => total + (afterwards[counter] ?? 0) - (before[counter] ?? 0), 0)
      expect(counted, `${packets.length} packets sent; ${counters.join(', ')}`).to.be.at.least(Math.floor(packets.length * 0.98))
    })
  }
})

function flipBit (packet: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(packet)
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

async function countersOf (testnet: Testnet, node: TestnetNode): Promise<Record<string, number>> {
  return (await testnet.get<StatusDocument>(node, '/v1/status')).counters
}

/** Waits until the transit forwards nothing of its own: liveness probes of an idle path end after 10 s. */
async function quiet (testnet: Testnet, node: TestnetNode): Promise<void> {
  let last = -1
  let since = performance.now()
  await eventually(async () => {
    const { transitPackets = 0 } = await countersOf(testnet, node)
    if (transitPackets !== last) since = performance.now()
    last = transitPackets
    if (performance.now() - since < 3000) throw new Error('the transit still forwards')
  }, 40_000)
}

/** Segment packets as they arrived at the transit, and the port to which they came. */
async function captureSegmentPackets (testnet: Testnet, transit: TestnetNode, to: TestnetNode, file: string): Promise<{ captured: Buffer[], port: string }> {
  const tshark = testnet.spawn(transit.name, 'tshark', '-q', '-i', 'any', '-f', `udp and dst host ${transit.underlayAddress}`, '-w', file)
  await tshark.printed(/Capturing on/)
  await testnet.exec('fra', 'ping', '-c', '100', '-i', '0.02', '-W', '1', to.overlayAddress)
  await tshark.stop('SIGINT')
  const { stdout } = await runProgram('tshark', ['-r', file, '-T', 'fields', '-e', 'udp.dstport', '-e', 'udp.payload'])
  const rows = stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t') as [string, string])
  // Version 1, kind 1: data on its forward way.
  const data = rows.filter(([, payload]) => payload.replaceAll(':', '').startsWith('21'))
  return { captured: data.map(([, payload]) => Buffer.from(payload.replaceAll(':', ''), 'hex')), port: data[0]?.[0] ?? '' }
}
