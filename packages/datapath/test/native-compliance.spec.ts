import { ipPrefix, ms, sid } from '@srwan/interface'
import type { Datapath, TunInit, UnderlayEndpoint } from '@srwan/interface'
import { datapathCompliance } from '@srwan/testing'
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
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

/** Data can be sent where this process may make a TUN; the suite skips its data tests, visibly, where it may not. */
function mayOpenDevices(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

/**
 * Device of the first two datapaths. The whole overlay is on-link at the first, so that programs here send through it. The second has an address from elsewhere:
 * were its overlay address local to this machine, the kernel would deliver by itself; it drops what the datapath delivers, which has then been counted.
 */
function tunOf(index: number): TunInit {
  return { name: `swc${process.pid % 100_000}-${index}`, addresses: [ipPrefix(index === 0 ? 'fd53:5257::1/32' : 'fd00:5257::2/128')] }
}

datapathCompliance('native', async ({ count, delay, probeInterval }) => {
  const sids = Array.from({ length: count }, (_, index) => sid((0x100 + index).toString(16).padStart(16, '0')))
  const devices = mayOpenDevices()
  const datapaths: Datapath[] = sids.map((self, index) =>
    createNativeDatapath({
      networkId: 'test',
      sid: self,
      listen: { address: LOOPBACK, port: 0 },
      probeInterval: ms(probeInterval),
      ...(devices && index < 2 ? { tun: tunOf(index) } : {})
    })
  )
  for (const datapath of datapaths) await datapath.start()
  const ways = new Map<string, DelayedWay>()
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      if (from !== to) ways.set(`${from} ${to}`, await DelayedWay.open(() => (datapaths[to] as Datapath).listenEndpoint, delay(from, to)))
    }
  }
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  const program = createSocket('udp6')
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
    ...(devices
      ? {
          sendData: (from: number, to: number, octets: number) => {
            if (from !== 0) throw new Error('only the first datapath has a device that programs send through')
            program.send(new Uint8Array(octets), 9, `fd53:5257::${to + 1}`)
          }
        }
      : {}),
    close: async () => {
      program.close()
      for (const datapath of datapaths) await datapath.stop()
      for (const each of ways.values()) each.close()
      loop.disable()
    }
  }
})
