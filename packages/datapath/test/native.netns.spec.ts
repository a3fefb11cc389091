import { expect } from 'chai'
import { setTimeout as wait } from 'node:timers/promises'
import { MARK, overlay, sidText, underlayPerTest } from './fixtures/netns-underlay.ts'
import type { NetnsNode, NetnsUnderlay } from './fixtures/netns-underlay.ts'

/** One-way path through a kernel, a thread and a kernel again, with all the machine's noise in it. */
const MAX_MEDIAN_PING_MS = 2
const PINGS = 20

function medianPing(output: string): number {
  const times = [...output.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time)).sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? Number.NaN
}

describe('native datapath in network namespaces', function () {
  this.timeout(60_000)
  const makeUnderlay = underlayPerTest()
  let net: NetnsUnderlay

  const underlay = async (count: number): Promise<readonly NetnsNode[]> => {
    net = await makeUnderlay(count)
    return net.nodes
  }

  it('two nodes ping each other through their TUNs, the first packet included', async () => {
    const [a] = (await underlay(2)) as [NetnsNode]
    await net.launchAll()
    const { output } = await a.exec('ping', '-c', String(PINGS), '-i', '0.05', '-W', '2', overlay(1))
    expect(output).to.include(`${PINGS} received`)
    expect(medianPing(output)).to.be.at.most(MAX_MEDIAN_PING_MS)
  })

  it('three nodes: through a transit that has neither TUN nor privilege', async () => {
    const nodes = (await underlay(3)) as [NetnsNode, NetnsNode, NetnsNode]
    const [a, b, c] = nodes
    const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']
    await net.launchAll([{}, {}, { tun: false, wrapper: unprivileged }])
    await a.configure([b, c], [{ endpoint: 1, forward: [[2, 1]], reverse: [[2, 0]] }])
    const { output } = await a.exec('ping', '-c', String(PINGS), '-i', '0.05', '-W', '2', overlay(1))
    expect(output).to.include(`${PINGS} received`)
    expect(medianPing(output)).to.be.at.most(MAX_MEDIAN_PING_MS)
    expect((await c.counters()).transitPackets).to.be.at.least(2 * PINGS)
    const session = (await a.sessions()).find(({ role }) => role === 'ingress')
    expect(session?.active?.forward).to.deep.equal([sidText(2), sidText(1)])
  })

  it('a node that prefers ChaCha20-Poly1305 and one that prefers AES-256-GCM exchange data, sealed with the former', async () => {
    const [a, b, c] = (await underlay(3)) as [NetnsNode, NetnsNode, NetnsNode]
    await net?.launchAll([{ cipher: 'chacha20-poly1305' }, { cipher: 'aes-256-gcm' }, { cipher: 'aes-256-gcm' }])
    for (const [from, to] of [
      [a, 1],
      [b, 0],
      [b, 2]
    ] as const) {
      expect((await from.exec('ping', '-c', '5', '-i', '0.05', '-s', '1000', '-W', '2', overlay(to))).output).to.include('5 received')
    }
    // Each way may have a session of its own.
    const ciphers = async (node: NetnsNode, other: number): Promise<unknown[]> => {
      const open = (await node.sessions()).filter(({ state, ingress, egress }) => state === 'open' && ([ingress, egress] as string[]).includes(sidText(other)))
      return [...new Set(open.map(({ cipher }) => cipher))]
    }
    expect(await ciphers(a, 1)).to.deep.equal(['chacha20-poly1305'])
    expect(await ciphers(b, 0)).to.deep.equal(['chacha20-poly1305'])
    expect(await ciphers(c, 1)).to.deep.equal(['aes-256-gcm'])
  })

  it('carries an IPv4 site prefix over routes in a table of its own, and removes everything at stop', async () => {
    const [a, b] = (await underlay(2)) as [NetnsNode, NetnsNode]
    a.prefixes = ['10.10.0.0/16']
    b.prefixes = ['10.20.0.0/16']
    await net.launchAll([{ addresses: ['10.10.0.1/32'] }, { addresses: ['10.20.0.1/32'] }])
    const { output } = await a.exec('ping', '-c', '5', '-i', '0.05', '-W', '2', '10.20.0.1')
    expect(output).to.include('5 received')
    const routes = await a.exec('ip', 'route', 'show', 'table', '5257')
    expect(routes.output).to.match(/^10\.20\.0\.0\/16 dev srwan0 .*src 10\.10\.0\.1/)
    const rules = await a.exec('ip', 'rule')
    expect(rules.output)
      .to.match(new RegExp(`5257:\\s+not from all fwmark 0x${MARK.toString(16)} lookup 5257`))
      .and.match(/5256:\s+from all iif srwan0 goto 5258/)
    await a.ask({ do: 'stop' })
    for (const [family, program] of [
      ['-4', 'rule'],
      ['-6', 'rule'],
      ['-4', 'link']
    ] as const) {
      expect((await a.exec('ip', family, program)).output, program).to.not.match(/5257|5256|srwan0/)
    }
  })

  it('removes the rules that a killed predecessor left', async () => {
    const [a, b] = (await underlay(2)) as [NetnsNode, NetnsNode]
    b.prefixes = ['10.20.0.0/16']
    await net.launchAll()
    expect((await a.exec('ip', 'rule')).output).to.include('lookup 5257')
    await a.kill('SIGKILL')
    // The process that dies is `ip netns exec` itself, which has become node.
    expect((await a.exec('ip', 'rule')).output).to.include('lookup 5257')
    await a.launch()
    expect((await a.exec('ip', 'rule')).output).to.not.include('lookup 5257')
  })

  it('carries TCP of full size both ways', async () => {
    const [a, b] = (await underlay(2)) as [NetnsNode, NetnsNode]
    await net.launchAll()
    const server = `const h=require('crypto').createHash('sha256');require('net').createServer(s=>{s.on('data',d=>h.update(d));s.on('end',()=>{s.end(h.digest('hex'));process.exitCode=0;this.close?.();setTimeout(()=>process.exit(0),200)})}).listen(7000,'::')`
    const client = `const b=require('crypto').randomBytes(8<<20);const s=require('net').connect(7000,'${overlay(1)}',()=>s.end(b));let r='';s.on('data',d=>r+=d);s.on('end',()=>console.log(r===require('crypto').createHash('sha256').update(b).digest('hex')))`
    const serving = b.exec(process.execPath, '-e', server)
    let result = { code: 1, output: '' }
    for (let i = 0; i < 50 && result.code !== 0; i++) {
      result = await a.exec(process.execPath, '-e', client)
      if (result.code !== 0) await wait(50)
    }
    await serving
    expect(result.output.trim()).to.equal('true')
  })

  it('a revoked peer gets no answer any more', async () => {
    const [a, b] = (await underlay(2)) as [NetnsNode, NetnsNode]
    await net.launchAll()
    expect((await a.exec('ping', '-c', '1', '-W', '2', overlay(1))).code).to.equal(0)
    await b.configure([])
    expect((await a.exec('ping', '-c', '3', '-i', '0.1', '-W', '1', overlay(1))).code).to.not.equal(0)
    expect((await b.counters()).dropUnknownSession).to.be.greaterThan(0)
  })

  it('says what it lacks: privilege, device', async () => {
    const [a] = (await underlay(1)) as [NetnsNode]
    const unprivileged = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all']
    const refused = await a.launch({ wrapper: unprivileged })
    expect(refused).to.include({ code: 'ERR_NO_PRIVILEGE' })
    expect(refused.remedy).to.match(/root|user/)
    await a.kill('SIGKILL')
    const hidden = await a.launch({ wrapper: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh'] })
    expect(hidden).to.include({ code: 'ERR_NO_DEVICE' })
    expect(hidden.remedy).to.include('modprobe tun')
    await a.kill('SIGKILL')
    await a.launch()
    expect((await a.exec('ip', 'link', 'show', 'srwan0')).output).to.include('mtu 1280')
  })
})
