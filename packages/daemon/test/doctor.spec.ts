import { expect } from 'chai'
import { createSocket } from 'node:dgram'
import { rm } from 'node:fs/promises'
import { doctorCheck } from '@srwan/api'
import { diagnose } from '../src/doctor/index.ts'
import { loadSettings } from '../src/index.ts'
import { newHome } from './new-home.ts'
import type { TestHome } from './new-home.ts'

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
})
