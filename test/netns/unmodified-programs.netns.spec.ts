import { expect } from 'chai'
import { DETOUR, detour, SITE } from './detour-scenario.ts'
import { median, pathBecomes, pingTimes, reach } from './round-trips.ts'
import type { Testnet, TestnetNode } from './testnet-run.ts'
import { transferTests } from './transfer.ts'

/** How much the overlay may add to a round trip. */
const OVERHEAD_MS = 2
const FILE_MEBIBYTES = 64

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

  for (const destination of ['overlay address', 'site prefix']) {
    const addressOf = (): string => (destination === 'site prefix' ? SITE.address : chi.overlayAddress)

    it(`ping to the ${destination}: the median is the path's own delay and at most ${OVERHEAD_MS} ms`, async () => {
      await reach(testnet, 'fra', addressOf())
      // The legs of the path on the plain underlay at the same time: what the emulator and a busy machine add is not the overlay's.
      const [overlay, first, second] = await Promise.all(
        [
          [fra, addressOf()],
          [fra, lon.underlayAddress],
          [lon, chi.underlayAddress]
        ].map(async ([from, to]) => await hundredPings(testnet, from as TestnetNode, to as string))
      )
      const emulated = median(first ?? []) + median(second ?? [])
      expect(median(overlay ?? []), `legs on the underlay take ${emulated} ms`).to.be.within(2 * DETOUR.overLon - 0.5, Math.max(2 * DETOUR.overLon, emulated) + OVERHEAD_MS)
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
