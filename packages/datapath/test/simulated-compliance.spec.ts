import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { datapathCompliance } from '@srwan/testing'
import { createSimulatedDatapath, createSimulatedNetwork } from '../src/index.ts'

datapathCompliance('simulated', async ({ count, delay, probeInterval }) => {
  const clock = createVirtualClock()
  const sids = Array.from({ length: count }, (_, index) => sid((0x100 + index).toString(16).padStart(16, '0')))
  const changed = new Map<string, number | undefined>()
  const network = createSimulatedNetwork({
    clock,
    random: seededRandom(count),
    delay: (from, to) => {
      const key = `${from} ${to}`
      const value = changed.has(key) ? changed.get(key) : delay(sids.indexOf(from), sids.indexOf(to))
      return value === undefined ? undefined : ms(value)
    }
  })
  const endpoint = (_: number, to: number): { address: string; port: number } => ({ address: `192.0.2.${to + 1}`, port: 4802 })
  const datapaths = sids.map((self, index) => createSimulatedDatapath({ networkId: 'test', sid: self, listen: endpoint(index, index), probeInterval }, network))
  for (const datapath of datapaths) await datapath.start()
  return {
    datapaths,
    sids,
    endpoint,
    tolerance: 0.001,
    setDelay: (from, to, value) => {
      changed.set(`${sids[from]} ${sids[to]}`, value)
    },
    advance: (duration) => clock.advance(duration),
    settle: (promise) => clock.runUntil(promise, 120_000),
    sendData: (from, to, octets) => {
      datapaths[from]?.sendData(sids[to] ?? sid(''), octets)
    },
    close: async () => {
      for (const datapath of datapaths) await datapath.stop()
    }
  }
})
