import { ms, sid } from '@srwan/interface'
import type { Datapath, UnderlayEndpoint } from '@srwan/interface'
import { datapathCompliance } from '@srwan/testing'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { createNativeDatapath } from '../src/native-datapath.ts'

const LOOPBACK = '127.0.0.1'
/** What a timer of this process may be late, ms, while nothing else keeps the machine busy. */
const TIMER_GRAIN = 2
const NANOSECONDS_PER_MS = 1e6

/** The way from one datapath to another: a socket whose datagrams arrive later, or not at all. */
class DelayedWay {
  readonly endpoint: UnderlayEndpoint
  delay: number | undefined
  /** By how much the latest datagram was held longer than it should have been, ms. */
  lateness = 0
  readonly #socket: Socket

  private constructor(socket: Socket, port: number, delay: number) {
    this.#socket = socket
    this.endpoint = { address: LOOPBACK, port }
    this.delay = delay
  }

  static async open(to: () => UnderlayEndpoint, delay: number): Promise<DelayedWay> {
    const socket = createSocket('udp4')
    socket.bind(0, LOOPBACK)
    await once(socket, 'listening')
    const way = new DelayedWay(socket, socket.address().port, delay)
    socket.on('message', (datagram) => {
      if (way.delay === undefined) return
      const due = performance.now() + way.delay
      setTimeout(() => {
        const { address, port } = to()
        if (!way.#open) return
        socket.send(datagram, port, address)
        way.lateness = Math.max(way.lateness, performance.now() - due)
      }, way.delay)
    })
    return way
  }

  #open = true

  close(): void {
    this.#open = false
    this.#socket.close()
  }
}

datapathCompliance('native', async ({ count, delay, probeInterval }) => {
  const sids = Array.from({ length: count }, (_, index) => sid((0x100 + index).toString(16).padStart(16, '0')))
  const datapaths: Datapath[] = sids.map((self) => createNativeDatapath({ networkId: 'test', sid: self, listen: { address: LOOPBACK, port: 0 }, probeInterval: ms(probeInterval) }))
  for (const datapath of datapaths) await datapath.start()
  const ways = new Map<string, DelayedWay>()
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      if (from !== to) ways.set(`${from} ${to}`, await DelayedWay.open(() => (datapaths[to] as Datapath).listenEndpoint, delay(from, to)))
    }
  }
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const way = (from: number, to: number): DelayedWay => ways.get(`${from} ${to}`) as DelayedWay
  return {
    datapaths,
    sids,
    endpoint: (from, to) => (from === to ? (datapaths[to] as Datapath).listenEndpoint : way(from, to).endpoint),
    // The underlay is made of this process's timers: what they were late so far is no fault of the datapath.
    get tolerance() {
      return TIMER_GRAIN + loop.max / NANOSECONDS_PER_MS + Math.max(0, ...[...ways.values()].map(({ lateness }) => lateness))
    },
    setDelay: (from, to, value) => {
      way(from, to).delay = value
    },
    advance: async (duration) => {
      await wait(duration)
    },
    settle: async (promise) => {
      const alive = setInterval(() => {}, 1000)
      try {
        return await promise
      } finally {
        clearInterval(alive)
      }
    },
    close: async () => {
      for (const datapath of datapaths) await datapath.stop()
      for (const each of ways.values()) each.close()
      loop.disable()
    }
  }
})
