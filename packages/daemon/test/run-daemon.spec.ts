import { expect } from 'chai'
import { chmod, cp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import {
  createClient,
  matrixDocument,
  membersDocument,
  openApiDocument,
  pathDocument,
  pingDocument,
  statusDocument,
  configDocument,
  doctorDocument,
  traceDocument,
  accountingDocument,
  ditexAnchorsDocument,
  ditexDocument,
  ditexEntry
} from '@srwan/api'
import type { Client } from '@srwan/api'
import { parseRevocationsFile } from '@srwan/config'
import { ms } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import { holderOf, runDaemon } from '../src/index.ts'
import { standInNode, STAND_IN_DELAYS as TRUE_DELAYS, STAND_IN_SIDS as SIDS } from './stand-in-node.ts'
import type { StandIn } from './stand-in-node.ts'
import { newHome } from './new-home.ts'
import type { TestHome } from './new-home.ts'

describe('the daemon around a node', function () {
  this.timeout(10_000)
  let home: TestHome
  let node: StandIn
  let client: Client
  let running: Promise<number> | undefined

  const start = async (config = 'logLevel: error\n', more: object = {}): Promise<void> => {
    home = await newHome(config)
    node = standInNode()
    client = createClient({ socket: join(home.home, 'api.sock') })
    await new Promise<void>((resolve, reject) => {
      running = runDaemon({ home: home.home, environment: {}, pretty: false, createNode: async () => node, onStarted: () => resolve(), ...more })
      running.catch(reject)
    })
  }

  afterEach(async () => {
    if (running !== undefined) {
      await client.stop().catch(() => {})
      await running.catch(() => {})
      running = undefined
    }
    if (home !== undefined) await rm(home.home, { recursive: true, force: true })
  })

  it('serves every document as its schema says', async () => {
    await start()
    expect(statusDocument.parse(await client.status())).to.deep.include({
      name: 'fra',
      network: 'acme',
      paths: { total: 2, improved: 1 },
      group: { id: 'acme/1', size: 3 },
      verdict: 'healthy',
      sessions: { ingress: 1, transit: 0, egress: 0 }
    })
    expect(membersDocument.parse(await client.members()).members.map(({ name, self }) => [name, self])).to.deep.equal([
      ['fra', true],
      ['chi', false],
      ['syd', false]
    ])
    expect(configDocument.parse(await client.config()).settings.find(({ setting }) => setting === 'logLevel')).to.deep.equal({
      setting: 'logLevel',
      value: 'error',
      origin: { layer: 'file', source: `${home.home}/config.yaml:1` }
    })
    expect(doctorDocument.parse(await client.doctor()).checks.map(({ name }) => name)).to.include.members(['addon', 'tun-device', 'udp-port', 'clock-source', 'disk'])
  })

  it('shows the matrix raw and with fitted offsets removed', async () => {
    await start()
    const matrix = matrixDocument.parse(await client.matrix())
    expect(matrix.routers.map(({ sid }) => sid)).to.deep.equal(SIDS)
    expect(matrix.oneWayDelayMs[0]?.[1]).to.equal(60_045)
    expect(matrix.oneWayDelayMs[2]?.[0]).to.equal(null)
    expect(matrix.estimatedOneWayDelayMs[2]?.[0], 'stale: the last known').to.be.closeTo(TRUE_DELAYS[2][0], 0.01)
    expect(matrix.ageMs[2]?.[0]).to.be.above(50_000)
    expect(matrix.estimatedOneWayDelayMs[0]?.[2]).to.be.closeTo(TRUE_DELAYS[0][2], 0.01)
    expect(matrix.estimatedOneWayDelayMs[1]?.[0]).to.be.closeTo(TRUE_DELAYS[1][0], 0.01)
    expect(matrix.ageMs[0]?.[1]).to.be.within(2000, 4000)
    expect(matrix.pulseIntervalMs).to.equal(2000)
  })

  it('explains a path', async () => {
    await start()
    const path = pathDocument.parse(await client.path('syd'))
    expect(path.active.segments).to.deep.equal([SIDS[1], SIDS[2]])
    expect(path.active.oneWayDelayMs).to.equal(45 + 90 - 120_000)
    expect(path.default).to.deep.equal({ segments: [SIDS[2]], oneWayDelayMs: 190 - 120_000 })
    expect(path).to.deep.include({ roundTripMs: { active: 325, default: 380 }, improvementMs: 55 })
    expect(path.names[SIDS[1] as string]).to.equal('chi')
    expect(Date.parse(path.active.since)).to.be.closeTo(Date.now() - 5000, 500)
    expect(path.candidates.find(({ reason }) => reason === 'active')?.cost).to.equal(-55)
  })

  it('pings over the active pair of paths and tells lost from slow', async () => {
    await start()
    const ping = pingDocument.parse(await client.ping('syd', { count: 4, intervalMs: 20 }))
    expect(ping.probes.map(({ roundTripMs }) => roundTripMs)).to.deep.equal([90, 91, 92, null])
    expect(ping).to.deep.include({ roundTripMs: { min: 90, avg: 91, max: 92 }, lossRatio: 0.25 })
    expect(node.seen.probes[0]).to.deep.include({ endpoint: SIDS[2], color: 1, count: 4, duration: 80, paths: [{ forward: [SIDS[1], SIDS[2]], reverse: [SIDS[0]] }] })
  })

  it('says what was carried, for whom, and over which hops', async () => {
    await start()
    const accounting = accountingDocument.parse(await client.accounting())
    expect(accounting.hops).to.deep.equal([{ hop: SIDS[1], egress: SIDS[2], sentOctets: 1000, confirmedOctets: 990, receivedOctets: 400, lossRatio: 0.01 }])
    expect(accounting.carried).to.deep.equal([{ member: SIDS[2], forwardOctets: 5_000_000, reverseOctets: 0 }])
    expect(accounting.names[SIDS[1] as string]).to.equal('chi')
    expect((await client.status()).carried).to.deep.equal([{ member: SIDS[2], name: 'syd', forwardOctets: 5_000_000, reverseOctets: 0 }])
  })

  it('traces each hop of the path in use', async () => {
    await start()
    const trace = traceDocument.parse(await client.trace('syd', { count: 4, intervalMs: 20 }))
    expect(trace.hops.map(({ sid }) => sid)).to.deep.equal([SIDS[1], SIDS[2]])
    expect(trace).to.deep.include({ roundTripMs: { min: 90, median: 91, max: 92 }, lossRatio: 0.25, count: 4, color: 'latency' })
    expect((await client.trace('syd', { path: 'syd' })).hops).to.have.length(1)
  })

  it('tells when and why each policy failed over', async () => {
    await start()
    expect(statusDocument.parse(await client.status()).failovers.policies).to.deep.equal([])
    node.pathSwitches = [{ endpoint: SIDS[2] as Sid, color: 1, at: ms(node.clock.now() - 12_000), count: 2, cause: 'both' }]
    const { failovers } = statusDocument.parse(await client.status())
    expect(failovers.total).to.equal(node.counters().pathSwitches)
    expect(failovers.policies[0]).to.deep.include({ destination: SIDS[2], name: 'syd', color: 'latency', count: 2, cause: 'both ways were dead' })
    expect(failovers.policies[0]?.lastAgoSeconds).to.be.within(12, 14)
  })

  it('says who is left out of paths, since when and why', async () => {
    await start()
    expect(statusDocument.parse(await client.status()).quarantine).to.deep.equal([
      {
        sid: SIDS[0],
        name: 'fra',
        state: 'quarantined',
        isAvoided: true,
        since: '2027-01-15T08:00:00.000Z',
        until: '2027-01-15T08:01:00.000Z',
        reasons: ['answers probes and drops data (black-hole): seen by 4 routers']
      }
    ])
  })

  it('asks the running datapath for the doctor', async () => {
    await start()
    const { checks } = doctorDocument.parse(await client.doctor())
    expect(checks.find(({ name }) => name === 'threads')).to.include({ outcome: 'pass', found: '2 threads, aes-256-gcm' })
  })

  it('answers each bad request with code, message and remedy', async () => {
    await start()
    const codeOf = async (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => 'none',
        (error: { code: string; status: number }) => `${error.code} ${error.status}`
      )
    expect(await codeOf(client.path('nobody'))).to.equal('ERR_UNKNOWN_DESTINATION 404')
    expect(await codeOf(client.path('fra'))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.path('syd', { color: 'pink' }))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.ping('syd', { count: 1e6 }))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.trace('nobody'))).to.equal('ERR_UNKNOWN_DESTINATION 404')
    expect(await codeOf(client.trace('syd', { path: 'nobody,syd' }))).to.equal('ERR_UNKNOWN_DESTINATION 404')
    expect(await codeOf(client.trace('syd', { path: 'fra,syd' }))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.trace('syd', { count: 101 }))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.trace('syd', { path: 'x'.repeat(1025) }))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.path('x'.repeat(300)))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.adjustClock({ stepMs: 1 }))).to.equal('ERR_NOT_AUTHORISED 403')
    expect(await codeOf(client.revoke(new Uint8Array(0)))).to.equal('ERR_INVALID_INPUT 400')
    expect(await codeOf(client.revoke(new Uint8Array(200_000)))).to.match(/ 4\d\d$/)
  })

  it('drops a decision that nobody waits for any more', async () => {
    await start()
    node.hang = true
    const controller = new AbortController()
    const asked = client.path('syd', { fresh: true }, controller.signal).catch((error: Error) => error.name)
    await new Promise((resolve) => {
      setTimeout(resolve, 50)
    })
    controller.abort()
    expect(await asked).to.equal('AbortError')
    for (let tries = 0; !node.seen.aborted && tries < 100; tries++)
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
    expect(node.seen.aborted).to.equal(true)
  })

  it('hands revocations to the node and keeps them once', async () => {
    await start()
    for (const _ of [1, 2]) await client.revoke(new Uint8Array([1, 2, 3]))
    expect(node.seen.revocations).to.have.length(2)
    expect(parseRevocationsFile(await readFile(join(home.home, 'revocations.json'), 'utf8'), 'x')).to.deep.equal([new Uint8Array([1, 2, 3])])
  })

  it('steps an emulated clock', async () => {
    await start('logLevel: error\ntestbed: { clock: { offset: 1s } }\n')
    await client.adjustClock({ stepMs: -1500.5, driftPpm: 20 })
    expect(node.seen.clock).to.deep.equal([{ stepNanoseconds: -1_500_500_000n, driftPpm: 20 }])
  })

  it('answers supervisors and Prometheus', async () => {
    await start()
    node.findings = [{ code: 'group-too-large', severity: 'error', title: 'too many', remedy: 'revoke' }]
    expect((await client.probe('startedz')).ok).to.equal(true)
    expect((await client.probe('readyz')).ok).to.equal(true)
    expect((await client.probe('healthyz')).ok).to.equal(false)
    expect((await client.status()).verdict).to.equal('unhealthy')
    const metrics = await client.metrics()
    expect(metrics).to.include('# TYPE srwan_sent_bytes_total counter\nsrwan_sent_bytes_total{purpose="probe"} 1000\n')
    expect(metrics).to.include('srwan_dropped_packets_total{reason="Replay"} ')
    expect(metrics).to.include('srwan_health{code="group-too-large",severity="error"} 1')
    for (const secret of [...SIDS, node.self.peerId]) expect(metrics).to.not.include(secret)
    for (const line of metrics.trim().split('\n')) expect(line).to.match(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/)
  })

  it('serves the routes of its OpenAPI document and no others', async () => {
    await start()
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> }
    const raw = async (path: string): Promise<number> => fetchSocket(join(home.home, 'api.sock'), path)
    for (const [path, operations] of Object.entries(paths)) {
      if ('get' in operations) expect(await raw(path.replace('{destination}', 'syd').replace('{cid}', 'bafy')), path).to.equal(200)
    }
    expect(await raw('/v1/nothing')).to.equal(404)
  })

  it('answers questions to the exchange in a document and in parameters, and streams what is accepted', async () => {
    await start()
    const where = [{ field: ['price'], operator: '<' as const, value: 3 }]
    ditexDocument.parse(await client.ditexQuery({ kind: 'listing', where }, 3))
    const seen = []
    for await (const entry of client.ditexFollow({ where: ['price < 3', 'note ~ a'], asn: '5' }, new AbortController().signal)) seen.push(ditexEntry.parse(entry).kind)
    expect(seen).to.deep.equal(['listing'])
    expect(node.heldExchange.asked).to.deep.equal([
      { query: { kind: 'listing', where }, peers: 3 },
      { query: { asn: 5, where: [...where, { field: ['note'], operator: '~', value: 'a' }] } }
    ])
    ditexDocument.parse(await client.ditexEntry('bafy'))
    ditexAnchorsDocument.parse(await client.ditexAnchors())
    const code = async (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => (error as { code: unknown }).code)
    expect(await code(client.ditexQuery({ limit: 5000 }))).to.equal('ERR_INVALID_INPUT')
    expect(await code(client.ditexQuery({}, 99))).to.equal('ERR_INVALID_INPUT')
    expect(await fetchSocket(join(home.home, 'api.sock'), '/v1/ditex/query?colour=red')).to.equal(400)
  })

  it('keeps socket and home to the owner, and leaves nothing behind', async () => {
    await start()
    expect(((await stat(join(home.home, 'api.sock'))).mode & 0o777).toString(8)).to.equal('600')
    expect((await holderOf(join(home.home, 'daemon.lock')))?.pid).to.equal(process.pid)
    await client.stop()
    expect(await running).to.equal(0)
    running = undefined
    expect(node.seen.stops).to.equal(1)
    expect((await readdir(home.home)).sort()).to.deep.equal(['certificate.json', 'config.yaml', 'network.yaml', 'node.key'])
  })

  it('runs once per home', async () => {
    await start()
    const error = await runDaemon({ home: home.home, environment: {}, createNode: async () => standInNode() }).catch((reason: unknown) => reason)
    expect(error).to.include({ code: 'ERR_ALREADY_RUNNING' })
    expect((await client.probe('startedz')).ok, 'the first one goes on').to.equal(true)
  })

  it('wants the token on the loopback port', async () => {
    const port = await freePort()
    await start(`logLevel: error\napi: { port: ${port} }\n`)
    const token = (await readFile(join(home.home, 'api.token'), 'utf8')).trim()
    const ask = async (authorization?: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/v1/status`, authorization === undefined ? {} : { headers: { authorization } })).status
    expect([await ask(), await ask('Bearer wrong'), await ask(`Bearer ${token}`)]).to.deep.equal([401, 401, 200])
    expect(((await stat(join(home.home, 'api.token'))).mode & 0o777).toString(8)).to.equal('600')
  })

  describe('refuses to start', () => {
    const refused = async (prepare: (home: TestHome) => Promise<unknown>, config = ''): Promise<Error & { code?: string }> => {
      home = await newHome(config)
      await prepare(home)
      const before = (await readdir(home.home)).sort()
      const failing = standInNode()
      const outcome = await runDaemon({ home: home.home, environment: {}, pretty: false, createNode: async () => failing }).catch((error: unknown) => error)
      expect(failing.seen.starts).to.equal(0)
      expect((await readdir(home.home)).sort(), 'nothing half-created').to.deep.equal(before)
      return outcome as Error
    }

    it('without a network, naming the commands', async () => {
      const error = await refused(({ home: directory }) => rm(join(directory, 'network.yaml')))
      expect(error).to.include({ code: 'ERR_NO_NETWORK' })
      expect((error as { remedy?: string }).remedy).to.match(/network create.*network join/)
    })
    it('with a bad network file, naming the line', async () => {
      expect((await refused(({ home: directory }) => writeFile(join(directory, 'network.yaml'), 'id: acme\nkind: secret\n'))).message).to.match(
        /network\.yaml:2 \(kind\): expected private or open; found "secret"/
      )
    })
    it('with a bad config, naming the line', async () => {
      expect((await refused(async () => {}, 'name: a\nlisten:\n  tcpPort: x\n')).message).to.match(/config\.yaml:3 \(listen\.tcpPort\)/)
    })
    it('with a damaged key file', async () => {
      expect((await refused(({ home: directory }) => writeFile(join(directory, 'node.key'), '{}'))).message).to.match(/node\.key: not a usable/)
    })
    it('with a key that others may read', async () => {
      expect((await refused(({ home: directory }) => chmod(join(directory, 'node.key'), 0o644))).message).to.match(/may be read by others/)
    })
    it('with the certificate of another node', async () => {
      const other = await newHome()
      const certificate = await readFile(join(other.home, 'certificate.json'))
      const network = await readFile(join(other.home, 'network.yaml'))
      await rm(other.home, { recursive: true })
      const error = await refused(async ({ home: directory }) => {
        await writeFile(join(directory, 'certificate.json'), certificate)
        await writeFile(join(directory, 'network.yaml'), network)
      })
      expect(error.message).to.include('was issued to')
    })
    it('where the loopback port is taken', async () => {
      const server = createServer()
      const port = await new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
      })
      try {
        const error = await refused(({ home: directory }) => writeFile(join(directory, 'api.token'), 'x'.repeat(40), { mode: 0o600 }), `api: { port: ${port} }\n`)
        expect(error).to.include({ code: 'ERR_PORT_IN_USE' })
      } finally {
        server.close()
      }
    })
    it('where the path of the socket is too long', async () => {
      const error = await refused(async ({ home: directory }) => {
        const deep = join(directory, 'x'.repeat(100))
        await cp(directory, `${directory}.copy`, { recursive: true })
        await rename(`${directory}.copy`, deep)
        home = { ...home, home: deep }
      })
      expect(error.message).to.include('longer than 107 octets')
      home = { ...home, home: dirname(home.home) }
    })
  })

  it('stops what it started where the node cannot start, and says what to do', async () => {
    home = await newHome('logLevel: error\n')
    node = standInNode()
    node.failStart = Object.assign(new Error('listen EADDRINUSE: 0.0.0.0:4801'), { code: 'EADDRINUSE', address: '0.0.0.0', port: 4801 })
    const error = await runDaemon({ home: home.home, environment: {}, pretty: false, createNode: async () => node }).catch((reason: unknown) => reason)
    expect(error).to.include({ code: 'ERR_PORT_IN_USE', message: 'another program already uses the port (0.0.0.0:4801)' })
    expect(node.seen.stops).to.equal(1)
    expect(await readdir(home.home)).to.not.include.members(['api.sock', 'daemon.lock'])
  })
})

async function fetchSocket(socketPath: string, path: string): Promise<number> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
