import { DATAPATH_COUNTERS, ipPrefix, ms, sid } from '@srwan/interface'
import type { Datapath, DatapathInit } from '@srwan/interface'
import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { loadNativeAddon } from '../src/native-addon.ts'
import { createNativeDatapath } from '../src/native-datapath.ts'

const run = promisify(execFile)
const FIXTURE = new URL('fixtures/native-life.ts', import.meta.url).pathname
const WORKER = new URL('fixtures/native-worker.mjs', import.meta.url).pathname
const CONDITIONS = ['--conditions=source']
const NODE_FLAGS = [...CONDITIONS, '--import=tsx']
const CYCLES = 200
/** What the allocator and V8 may keep of 200 datapaths that are gone: a leak of one datapath each would be ten times this. */
const MAX_GROWTH_OCTETS = 16 * 1024 * 1024

const init = (change: Partial<DatapathInit> = {}): DatapathInit => ({
  networkId: 'test',
  sid: sid('00000000000000aa'),
  listen: { address: '127.0.0.1', port: 0 },
  probeInterval: ms(1000),
  ...change
})

describe('native addon', function () {
  this.timeout(120_000)

  it('counts under exactly the names of the interface', () => {
    expect(loadNativeAddon().counterNames).to.deep.equal([...DATAPATH_COUNTERS])
  })

  it('says which command builds it where it is not there', async () => {
    const program = `import { createNativeDatapath } from ${JSON.stringify(new URL('../src/native-datapath.ts', import.meta.url).href)}
      try { createNativeDatapath({}) } catch (error) { console.log(JSON.stringify({ name: error.name, code: error.code, remedy: error.remedy })) }`
    const { stdout } = await run(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', program], { env: { ...process.env, SRWAN_DATAPATH_ADDON: '/nowhere.node' } })
    expect(JSON.parse(stdout)).to.deep.equal({ name: 'UnavailableResourceError', code: 'ERR_MISSING_PROGRAM', remedy: 'build it with `npm run build`' })
  })

  it('refuses an init that is not usable and names the field', () => {
    const bad: readonly (readonly [Partial<Record<keyof DatapathInit, unknown>>, string])[] = [
      [{ sid: 'xyz' }, 'sid'],
      [{ listen: { address: 'nowhere', port: 1 } }, 'listen.address'],
      [{ listen: { address: '127.0.0.1', port: 70_000 } }, 'listen.port'],
      [{ networkId: '' }, 'networkId'],
      [{ probeInterval: Number.NaN }, 'probeInterval'],
      [{ rekeyInterval: 1 }, 'rekeyInterval'],
      [{ mark: -1 }, 'mark'],
      [{ threads: 0 }, 'threads'],
      [{ threads: 9 }, 'threads'],
      [{ threads: 'many' }, 'threads'],
      [{ cipher: 'rot13' }, 'cipher'],
      [{ tun: { name: 'a/b', addresses: [] } }, 'tun.name'],
      [{ tun: { name: 'a', addresses: ['300.1.1.1/8'] } }, 'tun.addresses.0'],
      [{ tun: { name: 'a', addresses: [], mtu: 100 } }, 'tun.mtu']
    ]
    for (const [change, field] of bad) {
      expect(() => createNativeDatapath(init(change as Partial<DatapathInit>)), field)
        .to.throw()
        .that.includes({ name: 'InvalidInputError', code: 'ERR_INVALID_INPUT', field })
    }
  })

  it('prefers the cipher that it is told to', async () => {
    for (const cipher of ['aes-256-gcm', 'chacha20-poly1305'] as const) {
      const datapath = createNativeDatapath(init({ cipher }))
      await datapath.start()
      expect(datapath.features().cipher).to.equal(cipher)
      await datapath.stop()
    }
  })

  it('takes a number of threads, or auto', () => {
    for (const threads of [1, 8, 'auto'] as const) expect(() => createNativeDatapath(init({ threads }))).not.to.throw()
  })

  it('says when the port is in use, and leaves nothing half-started', async () => {
    const other = createSocket('udp4')
    other.bind(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address()
    const datapath = createNativeDatapath(init({ listen: { address: '127.0.0.1', port } }))
    const error = await datapath.start().catch((reason: unknown) => reason)
    expect(error).to.include({ name: 'UnavailableResourceError', code: 'ERR_PORT_IN_USE' })
    other.close()
    await once(other, 'close')
    await datapath.start()
    expect(datapath.listenEndpoint).to.deep.equal({ address: '127.0.0.1', port })
    await datapath.stop()
  })

  it('starts again after a stop, with the same key', async () => {
    const datapath = createNativeDatapath(init())
    const key = Buffer.from(datapath.publicKey).toString('hex')
    for (let i = 0; i < 3; i++) {
      await datapath.start()
      await datapath.start()
      await datapath.stop()
      await datapath.stop()
    }
    expect(Buffer.from(datapath.publicKey).toString('hex')).to.equal(key)
  })

  it('does not keep a process alive that has nothing else to do', async () => {
    const { stdout } = await run(process.execPath, [...NODE_FLAGS, FIXTURE, 'idle'], { timeout: 30_000 })
    expect(stdout).to.equal('started\n')
  })

  for (const end of ['exit', 'throw']) {
    it(`survives process ${end} while it runs`, async () => {
      const child = spawn(process.execPath, [...NODE_FLAGS, FIXTURE, end], { stdio: ['ignore', 'pipe', 'ignore'] })
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect({ code, signal }).to.deep.equal({ code: end === 'exit' ? 7 : 1, signal: null })
    })
  }

  it('ends with the worker thread that it runs in, stopped or terminated', async () => {
    for (const mode of ['worker-exit', 'worker-run']) {
      const worker = new Worker(WORKER, { argv: [mode], execArgv: CONDITIONS })
      const [port] = (await once(worker, 'message')) as [number]
      if (mode === 'worker-run') await worker.terminate()
      else await once(worker, 'exit')
      // The socket went with the thread: its port is free again.
      const datapath = createNativeDatapath(init({ listen: { address: '127.0.0.1', port } }))
      await datapath.start()
      await datapath.stop()
    }
  })

  it('runs in several worker threads at once', async () => {
    const workers = Array.from({ length: 3 }, () => new Worker(WORKER, { argv: ['worker-run'], execArgv: CONDITIONS }))
    const ports = (await Promise.all(workers.map((worker) => once(worker, 'message')))).map(([port]) => port as number)
    expect(new Set(ports).size).to.equal(3)
    await Promise.all(workers.map((worker) => worker.terminate()))
  })

  it('leaks nothing: resident memory stays flat over 200 lives', async () => {
    const { stdout } = await run(process.execPath, ['--expose-gc', ...NODE_FLAGS, FIXTURE, 'cycles', String(CYCLES)], { timeout: 100_000 })
    const [before, after, threads] = stdout.trim().split(' ').map(Number) as [number, number, number]
    expect(after - before, `from ${before} to ${after}`).to.be.at.most(MAX_GROWTH_OCTETS)
    expect(threads, 'threads left').to.equal(0)
  })

  it('bounds the events that JavaScript does not take', async () => {
    const a = createNativeDatapath(init())
    const b = createNativeDatapath(init({ sid: sid('00000000000000bb') }))
    await a.start()
    await b.start()
    const introduce = (self: Datapath, own: string, other: Datapath, name: string): void => {
      self.reconfigure({
        localPrefixes: [ipPrefix(own)],
        peers: [{ sid: sid(name), publicKey: other.publicKey, endpoint: other.listenEndpoint, prefixes: [], relays: [] }],
        policies: [],
        transit: false
      })
    }
    introduce(a, 'fd53:5257::1/128', b, '00000000000000bb')
    introduce(b, 'fd53:5257::2/128', a, '00000000000000aa')
    let received = 0
    const all = new Promise<void>((resolve) => {
      b.on('datagram', () => {
        received++
        if (received === 200) resolve()
      })
    })
    let accepted = 0
    for (let i = 0; i < 1000; i++) accepted += a.sendDatagram(sid('00000000000000bb'), new Uint8Array(1000)) ? 1 : 0
    expect(accepted).to.be.within(200, 260)
    const alive = setInterval(() => {}, 1000)
    await all
    clearInterval(alive)
    await a.stop()
    await b.stop()
  })

  it('hands over no key: nothing in the object or its events is one', () => {
    const datapath = createNativeDatapath(init())
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(Object.create(loadNativeAddon().NativeDatapath.prototype as object) as object))
    expect(names.filter((name) => /key|secret|private/i.test(name))).to.deep.equal(['publicKey'])
    expect(datapath.publicKey).to.have.length(32)
  })
})
