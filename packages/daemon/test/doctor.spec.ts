import { expect } from 'chai'
import { createSocket } from 'node:dgram'
import { rm } from 'node:fs/promises'
import { doctorCheck } from '@srwan/api'
import type { DoctorCheck } from '@srwan/api'
import type { DatapathFeatures } from '@srwan/interface'
import { diagnose } from '../src/doctor/index.ts'
import { loadSettings } from '../src/index.ts'
import { newHome } from './new-home.ts'
import type { TestHome } from './new-home.ts'
import { standInNode } from './stand-in-node.ts'

describe('the doctor', function () {
  this.timeout(20_000)
  let home: TestHome
  afterEach(async () => {
    await rm(home.home, { recursive: true })
  })

  it('gives every check that did not pass a remedy', async () => {
    home = await newHome()
    const checks = await diagnose({ home: home.home, environment: {}, daemonRuns: false, signal: new AbortController().signal })
    for (const check of checks) {
      doctorCheck.parse(check)
      if (check.outcome !== 'pass') expect(check.remedy, check.name).to.be.a('string').with.length.above(5)
    }
    expect(checks.find(({ name }) => name === 'home')).to.include({ outcome: 'pass' })
  })

  it('finds a port that is in use', async () => {
    const socket = createSocket('udp4')
    const port = await new Promise<number>((resolve) => {
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port))
    })
    try {
      home = await newHome(`listen: { address: 127.0.0.1, udpPort: ${port}, tcpPort: 0 }\n`)
      const { config } = await loadSettings({ home: home.home, environment: {} })
      const checks = await diagnose({ home: home.home, environment: {}, daemonRuns: false, config, signal: new AbortController().signal })
      expect(checks.find(({ name }) => name === 'udp-port')).to.deep.include({ outcome: 'fail', found: `127.0.0.1 port ${port} cannot be used (EADDRINUSE)` })
      expect(checks.find(({ name }) => name === 'tcp-port')).to.include({ outcome: 'pass' })
    } finally {
      socket.close()
    }
  })

  it('says so where no bootstrap member answers', async () => {
    home = await newHome()
    const network = { bootstrap: ['/ip4/127.0.0.1/tcp/1/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'] } as never
    const checks = await diagnose({ home: home.home, environment: {}, daemonRuns: false, network, signal: new AbortController().signal })
    expect(checks.find(({ name }) => name === 'bootstrap')).to.deep.include({ outcome: 'fail', found: 'none of 1 answers (ECONNREFUSED)' })
  })

  const diagnosed = async (features: Partial<DatapathFeatures>, paths: readonly { name: string; mtu: number | undefined }[] = []): Promise<Map<string, DoctorCheck>> => {
    home = await newHome()
    const running = { features: { ...standInNode().datapathFeatures, ...features }, paths }
    const checks = await diagnose({ home: home.home, environment: {}, daemonRuns: true, running, signal: new AbortController().signal })
    return new Map(checks.map((check) => [check.name, check]))
  }

  it('shows what a running datapath uses', async () => {
    const checks = await diagnosed({}, [
      { name: 'syd', mtu: 1400 },
      { name: 'chi', mtu: 1280 }
    ])
    expect(checks.get('threads')).to.include({ outcome: 'pass', found: '2 threads, aes-256-gcm' })
    expect(checks.get('offloads')).to.include({ outcome: 'pass', found: 'device: checksums, TSO, USO; UDP segmentation on, UDP receive offload on' })
    expect(checks.get('socket-buffers')).to.include({ outcome: 'pass' })
    expect(checks.get('path-mtu')).to.include({ outcome: 'pass', found: 'chi 1280, syd 1400' })
  })

  it('names the setting that limits the socket buffers, and what it costs', async () => {
    const receive = (await diagnosed({ receiveBufferOctets: 212_992 })).get('socket-buffers')
    expect(receive).to.include({ outcome: 'warn', found: '208 KiB to receive, 4096 KiB to send of 4096 KiB asked for: bursts overflow them' })
    expect(receive?.remedy)
      .to.match(/^`sysctl -w net\.core\.rmem_max=4194304`/)
      .and.include('up to 4096 KiB of kernel memory')
    await rm(home.home, { recursive: true })
    const both = (await diagnosed({ receiveBufferOctets: 1, sendBufferOctets: 1 })).get('socket-buffers')
    expect(both?.remedy).to.include('net.core.rmem_max=4194304 net.core.wmem_max=4194304')
  })

  it('warns of offloads and steering that are missing', async () => {
    const checks = await diagnosed({ tunOffload: 'none', udpSegmentation: false, steering: false })
    expect(checks.get('offloads')).to.include({ outcome: 'warn' })
    expect(checks.get('offloads')?.found).to.match(/^device without offload; UDP segmentation off, UDP receive offload on/)
    expect(checks.get('threads')).to.include({ outcome: 'warn' })
    await rm(home.home, { recursive: true })
    const transit = await diagnosed({ tunOffload: 'off', threads: 1, steering: false })
    expect([transit.get('offloads')?.outcome, transit.get('threads')?.outcome]).to.deep.equal(['pass', 'pass'])
  })

  it('warns of a path below 1280 octets, and is silent about what is not known', async () => {
    const small = await diagnosed({}, [
      { name: 'syd', mtu: 1200 },
      { name: 'chi', mtu: undefined }
    ])
    expect(small.get('path-mtu')).to.include({ outcome: 'warn', found: 'syd 1200: below 1280 a path cannot be chosen' })
    await rm(home.home, { recursive: true })
    expect((await diagnosed({}, [{ name: 'chi', mtu: undefined }])).get('path-mtu')).to.include({ outcome: 'skip' })
  })
})
