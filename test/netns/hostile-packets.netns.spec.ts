import type { StatusDocument } from '@srwan/api'
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DETOUR_SCENARIO } from './detour-scenario.ts'
import { pathBecomes, reach } from './round-trips.ts'
import { eventually, pause, runProgram, Testnet, type TestnetNode } from './testnet-run.ts'

/** Sends each hex line of a file as one UDP datagram, 1 ms apart, then waits four round trips for answers and prints how many came. */
const SENDER = `
  const [, file, address, port] = process.argv
  const packets = require('node:fs').readFileSync(file, 'utf8').split('\\n').filter(Boolean).map((line) => Buffer.from(line, 'hex'))
  let answers = 0
  const socket = require('node:dgram').createSocket('udp4', () => { answers++ })
  const timer = setInterval(() => {
    const packet = packets.shift()
    if (packet === undefined) { clearInterval(timer); setTimeout(() => { console.log(answers); socket.close() }, 500) } else socket.send(packet, Number(port), address)
  }, 1)
`

/** What must not move at the victim whatever a stranger sends: delivered, forwarded, billed (octets of accepted segment packets), opened. */
const MUST_STAY = ['tunTxPackets', 'transitPackets', 'transitOctets', 'dataRxOctets', 'sessionsOpened']

/** A node to which a stranger sends, and the segment packets that it received from members before. */
interface Victim {
  readonly node: TestnetNode
  readonly captured: readonly Buffer[]
  readonly port: string
}

const repeat = (count: number, make: (index: number) => Buffer): Buffer[] => Array.from({ length: count }, (_, index) => make(index))
const withHeader = (kind: number, length: number): Buffer => Buffer.concat([Buffer.from([0x20 | kind]), randomBytes(length - 1)])

const KINDS: Record<string, { make: (captured: readonly Buffer[]) => Buffer[]; counters: readonly string[] }> = {
  random: { make: () => repeat(2000, (index) => randomBytes(1 + ((index * 7) % 1400))), counters: ['dropMalformed', 'dropUnknownPeer', 'dropUnknownSession', 'dropUnknownKey'] },
  'random behind a plausible first octet': {
    make: (captured) => captured.flatMap((packet) => [1, 2, 3, 4, 5, 6, 7].map((kind) => withHeader(kind, packet.length))),
    counters: ['dropMalformed', 'dropUnknownPeer', 'dropUnknownSession', 'dropUnknownKey']
  },
  truncated: {
    make: (captured) => captured.map((packet, index) => packet.subarray(0, 1 + ((index * 13) % (packet.length - 1)))),
    counters: ['dropMalformed', 'dropHopProof', 'dropAuthentication']
  },
  replayed: { make: (captured) => [...captured], counters: ['dropReplay'] },
  'bit-flipped': {
    make: (captured) => captured.map((packet, index) => flipBit(packet, (index * 101) % (packet.length * 8))),
    counters: ['dropHopProof', 'dropMalformed', 'dropUnknownSession', 'dropNotNextSegment', 'dropReplay', 'dropAuthentication', 'dropKeyEpoch']
  }
}

describe('packets from a non-member', function () {
  this.timeout(120_000)
  let testnet: Testnet
  let victims: Record<'transit' | 'egress', Victim>
  let directory: string

  before(async () => {
    testnet = await Testnet.start(DETOUR_SCENARIO)
    directory = await mkdtemp(join(tmpdir(), 'sw-hostile-'))
    const [fra, lon, chi] = [await testnet.node('fra'), await testnet.node('lon'), await testnet.node('chi')]
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
    const [transit, egress] = await Promise.all([lon, chi].map(async (node) => await captureSegmentPackets(testnet, node, chi, join(directory, `${node.name}.pcap`))))
    victims = { transit: transit as Victim, egress: egress as Victim }
    for (const [role, { captured }] of Object.entries(victims)) expect(captured.length, `segment packets captured at the ${role}`).to.be.above(50)
    // From here on no member sends data, and the namespace of `out` holds none: every counter that moves was moved by the tests.
    await testnet.change('fra', '--kill')
    await testnet.change('out', '--kill')
    // The egress says a few times more what arrived.
    await eventually(async () => {
      const before = await countersOf(testnet, lon)
      await pause(2000)
      expect(await countersOf(testnet, lon), 'what the transit forwards').to.include({ transitPackets: before['transitPackets'] })
    }, 30_000)
  })
  after(async () => {
    await testnet?.down()
    await rm(directory, { recursive: true, force: true })
  })

  for (const role of ['transit', 'egress'] as const) {
    for (const [name, { make, counters }] of Object.entries(KINDS)) {
      it(`${name}, to the ${role}: nothing forwarded, delivered, answered or billed; a counter says why`, async () => {
        const { node, captured, port } = victims[role]
        const packets = make(captured)
        const file = join(directory, 'packets.hex')
        await writeFile(file, packets.map((packet) => packet.toString('hex')).join('\n'))
        const before = await countersOf(testnet, node)
        const { stdout, stderr } = await testnet.exec('out', process.execPath, '-e', SENDER, file, node.underlayAddress, port)
        expect(stdout.trim(), `answers ${stderr}`).to.equal('0')
        const afterwards = await countersOf(testnet, node)
        for (const counter of MUST_STAY) expect(afterwards[counter], counter).to.equal(before[counter])
        const counted = counters.reduce((total, counter) => total + (afterwards[counter] ?? 0) - (before[counter] ?? 0), 0)
        expect(counted, `${packets.length} packets sent; ${counters.join(', ')}`).to.be.at.least(Math.floor(packets.length * 0.98))
      })
    }
  }
})

function flipBit(packet: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(packet)
  flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return flipped
}

async function countersOf(testnet: Testnet, node: TestnetNode): Promise<Record<string, number>> {
  return (await testnet.get<StatusDocument>(node, '/v1/status')).counters
}

/** Segment packets of a hundred pings as they arrived at a node, and the port to which they came. */
async function captureSegmentPackets(testnet: Testnet, node: TestnetNode, to: TestnetNode, file: string): Promise<Victim> {
  const tshark = testnet.spawn(node.name, 'tshark', '-q', '-i', 'any', '-f', `udp and dst host ${node.underlayAddress}`, '-w', file)
  await tshark.printed(/Capturing on/)
  await testnet.exec('fra', 'ping', '-c', '100', '-i', '0.02', '-W', '1', to.overlayAddress)
  await tshark.stop('SIGINT')
  const { stdout } = await runProgram('tshark', ['-r', file, '-T', 'fields', '-e', 'udp.dstport', '-e', 'udp.payload'])
  const rows = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t') as [string, string])
  // Version 1, kind 1: data on its forward way.
  const data = rows.filter(([, payload]) => payload.replaceAll(':', '').startsWith('21'))
  return { node, captured: data.map(([, payload]) => Buffer.from(payload.replaceAll(':', ''), 'hex')), port: data[0]?.[0] ?? '' }
}
