import { expect } from 'chai'
import { DETOUR, detour, DETOUR_SCENARIO } from './detour-scenario.ts'
import { median, pathBecomes, pingTimes, reach } from './round-trips.ts'
import { eventually, pause, Testnet, type TestnetNode } from './testnet-run.ts'

/** Pulse interval of the detour scenario; what must be mended within three intervals is given the time of the checks on top. */
const PULSE_MS = 2000
const THREE_INTERVALS_MS = 3 * PULSE_MS
/** A link that died must not be noticed by the users for longer than this. */
const SWITCH_MS = 5000

describe('faults', function () {
  this.timeout(180_000)

  describe('a node is killed and started again', () => {
    let testnet: Testnet
    before(async () => {
      testnet = await Testnet.start(DETOUR_SCENARIO)
    })
    after(async () => {
      await testnet?.down()
    })

    // `fra` comes first in the scenario: the others joined through it.
    for (const victim of ['lon', 'fra', 'chi', 'out']) {
      it(`${victim}: the rest still reach each other within three intervals, and it comes back as itself`, async () => {
        const nodes = await testnet.nodes()
        const rest = nodes.filter((node) => node.name !== victim)
        const [a, b] = rest as [TestnetNode, TestnetNode, TestnetNode]
        await reach(testnet, a.name, b.overlayAddress)
        const before = nodes.find((node) => node.name === victim)
        await testnet.change(victim, '--kill')
        await reach(testnet, a.name, b.overlayAddress, THREE_INTERVALS_MS)
        await reach(testnet, b.name, a.overlayAddress, THREE_INTERVALS_MS)
        await testnet.change(victim, '--start')
        await reach(testnet, a.name, before?.overlayAddress ?? '', THREE_INTERVALS_MS + 2000)
        const { sid, peerId } = await testnet.node(victim)
        expect({ sid, peerId }).to.deep.equal({ sid: before?.sid, peerId: before?.peerId })
      })
    }

    it('the transit of a path in use: its traffic goes on over another', async () => {
      const [fra, lon, chi] = (await Promise.all(['fra', 'lon', 'chi'].map(async (name) => await testnet.node(name)))) as [TestnetNode, TestnetNode, TestnetNode]
      await reach(testnet, 'fra', chi.overlayAddress)
      await pathBecomes(testnet, fra, chi, [lon])
      const ping = testnet.spawn('fra', 'ping', '-i', '0.1', '-W', '1', '-O', chi.overlayAddress)
      await ping.printed(/time=/)
      await testnet.change('lon', '--kill')
      await pause(THREE_INTERVALS_MS)
      const answered = pingTimes(ping.stdout).length
      await eventually(async () => pingTimes(ping.stdout).length > answered + 10 || Promise.reject(new Error('no answers after the transit died')), 3000)
      await ping.stop('SIGINT')
      await testnet.change('lon', '--start')
      await pathBecomes(testnet, fra, chi, [lon])
    })
  })

  it('a path in use loses everything: other path within 5 s, back after recovery, no flapping', async () => {
    const testnet = await detour()
    const [fra, lon, chi] = (await Promise.all(['fra', 'lon', 'chi'].map(async (name) => await testnet.node(name)))) as [TestnetNode, TestnetNode, TestnetNode]
    // each end chooses for what it sends: a round trip is at its lower level once both are back
    const usesLonBothWays = async (): Promise<unknown> => await Promise.all([pathBecomes(testnet, fra, chi, [lon]), pathBecomes(testnet, chi, fra, [lon])])
    await reach(testnet, 'fra', chi.overlayAddress)
    await usesLonBothWays()
    const ping = testnet.spawn('fra', 'ping', '-i', '0.1', '-W', '1', '-D', chi.overlayAddress)
    await ping.printed(/time=/)
    await pause(3000)
    await testnet.link('lon', 'chi', '--loss', '100%')
    const cut = Date.now() / 1000
    await pause(10_000)
    await testnet.link('lon', 'chi', '--loss', '0%')
    const gap = longestGap(ping.stdout, cut - 0.2)
    expect(gap * 1000, 'longest time without an answer').to.be.below(SWITCH_MS)
    await usesLonBothWays()
    await pause(5000)
    await ping.stop('SIGINT')
    expect(changesOfPath(ping.stdout), 'changes between the two levels of round trips').to.be.within(2, 3)
  })
})

/** Seconds between two answers, the longest after `from`. */
function longestGap(output: string, from: number): number {
  const instants = [...output.matchAll(/^\[([\d.]+)\].*time=/gm)].map((match) => Number(match[1])).filter((instant) => instant >= from)
  if (instants.length < 10) throw new Error(`too few answers after the cut\n${output}`)
  return Math.max(...instants.map((instant, index) => instant - (instants[index - 1] ?? from)))
}

/** How often the round trip changed from the level of one path to that of the other, seen over windows of five answers. */
function changesOfPath(output: string): number {
  const times = pingTimes(output)
  const levels: boolean[] = []
  for (let index = 0; index + 5 <= times.length; index += 5) levels.push(median(times.slice(index, index + 5)) > DETOUR.direct + DETOUR.overLon)
  return levels.filter((level, index) => index > 0 && level !== levels[index - 1]).length
}
