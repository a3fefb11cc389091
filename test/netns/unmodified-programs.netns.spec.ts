import { expect } from 'chai'
import { DETOUR, detour, SITE } from './detour-scenario.ts'
import { median, pathBecomes, pingTimes, reach } from './round-trips.ts'
import type { Testnet, TestnetNode } from './testnet-run.ts'
import { transferTests } from './transfer.ts'

/** How much the overlay may add to a round trip. */
const OVERHEAD_MS = 2
/** A neighbour may take the machine's processors away for a second: the overhead counts as kept if one of these rounds keeps it. */
const ROUNDS = 4
const FILE_MEBIBYTES = 64

interface RoundTrips {
  readonly overlay: number
  /** The legs of the path on the plain underlay at the same time: what the emulator and a busy machine add is not the overlay's. */
  readonly emulated: number
}

async function hundredPings(testnet: Testnet, from: TestnetNode, to: string): Promise<number[]> {
  const { stdout } = await testnet.exec(from.name, 'ping', '-c', '100', '-i', '0.02', '-W', '2', to)
  const times = pingTimes(stdout)
  expect(times.length, stdout).to.be.at.least(99)
  return times
}

describe('unmodified programs over the overlay', function () {
  this.timeout(180_000)
  let testnet: Testnet
  let fra: TestnetNode
  let lon: TestnetNode
  let chi: TestnetNode

  before(async () => {
    testnet = await detour()
    fra = await testnet.node('fra')
    lon = await testnet.node('lon')
    chi = await testnet.node('chi')
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
  })

  async function roundTrips(address: string): Promise<RoundTrips> {
    const [overlay, first, second] = await Promise.all([
      hundredPings(testnet, fra, address),
      hundredPings(testnet, fra, lon.underlayAddress),
      hundredPings(testnet, lon, chi.underlayAddress)
    ])
    return { overlay: median(overlay), emulated: median(first) + median(second) }
  }

  const isWithin = ({ overlay, emulated }: RoundTrips): boolean => overlay <= Math.max(2 * DETOUR.overLon, emulated) + OVERHEAD_MS

  for (const destination of ['overlay address', 'site prefix']) {
    const addressOf = (): string => (destination === 'site prefix' ? SITE.address : chi.overlayAddress)

    it(`ping to the ${destination}: the median is the path's own delay and at most ${OVERHEAD_MS} ms`, async () => {
      await reach(testnet, 'fra', addressOf())
      const rounds: RoundTrips[] = []
      while (rounds.length < ROUNDS && !rounds.some(isWithin)) rounds.push(await roundTrips(addressOf()))
      expect(rounds.some(isWithin), JSON.stringify(rounds)).to.equal(true)
      for (const { overlay } of rounds) expect(overlay, 'no packet is earlier than its path allows').to.be.at.least(2 * DETOUR.overLon - 0.5)
    })
  }

  transferTests(FILE_MEBIBYTES)

  for (const [protocol, flags] of [
    ['TCP', []],
    ['UDP', ['-u', '-b', '10M', '-l', '1100']]
  ] as const) {
    it(`iperf3 over ${protocol}`, async () => {
      const server = testnet.spawn('chi', 'iperf3', '-s', '-1', '--forceflush')
      try {
        await server.printed(/listening/)
        const { code, stdout, stderr } = await testnet.exec('fra', 'iperf3', '-c', chi.overlayAddress, '-t', '3', '-J', ...flags)
        expect(code, stdout + stderr).to.equal(0)
        const { end } = JSON.parse(stdout)
        const received = protocol === 'UDP' ? end.sum : end.sum_received
        expect(received.bits_per_second, 'rate').to.be.above(protocol === 'UDP' ? 9e6 : 5e6)
        if (protocol === 'UDP') expect(end.sum.lost_percent, 'loss').to.be.below(1)
      } finally {
        await server.stop()
      }
    })
  }
})
