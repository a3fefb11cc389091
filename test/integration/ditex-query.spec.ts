import '../../packages/node/src/polyfill.ts'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { systemClock, systemRandom } from '@srwan/clock'
import { MemoryEntryStore, createReplica, queryCodec, querySource, withoutProofs } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation } from '@srwan/membership'
import { createExchange } from '@srwan/node'
import { silentLogger } from '@srwan/testing'
import { writtenLog } from '../../packages/node/test/ditex/written-log.ts'
import type { AuthorRoster } from '@srwan/interface'
import type { Replica } from '@srwan/ditex'
import type { Libp2p } from 'libp2p'

const NETWORK = 'far-away'
const EPOCH_LENGTH = ms(3_600_000)
const SRWAN = fileURLToPath(new URL('../../packages/cli/bin/srwan.js', import.meta.url))
const everyone: AuthorRoster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: () => new Uint8Array(32) }
const clock = systemClock()
const organisation = createOrganisation()

/** A peer with a replica and nothing else; it takes everybody for a stranger. */
async function peer(
  entries: readonly Uint8Array[]
): Promise<{ readonly address: string; readonly offer: Replica['offer']; readonly answered: () => number; readonly stop: () => Promise<void> }> {
  const identity = createIdentity()
  const libp2p: Libp2p = await createLibp2p({
    privateKey: identity.privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()]
  })
  const logger = silentLogger()
  const replica = createReplica({ clock, random: systemRandom(), logger, roster: everyone, store: new MemoryEntryStore() }, { network: NETWORK, epochLength: EPOCH_LENGTH })
  await replica.start()
  await replica.offer(entries)
  const exchange = createExchange(
    {
      source: querySource(replica, EPOCH_LENGTH),
      accepted: replica,
      codec: queryCodec,
      proofs: withoutProofs,
      anchors: () => [],
      libp2p,
      connect: () => Promise.reject(new Error('nobody else is here')),
      admissions: { isAdmitted: () => false },
      clock,
      random: systemRandom(),
      logger
    },
    { network: NETWORK, self: identity.peerId, readers: 'anyone' }
  )
  await exchange.start()
  return {
    address: libp2p.getMultiaddrs()[0]?.toString() ?? '',
    offer: async (more) => replica.offer(more),
    answered: () => exchange.counts().answered,
    stop: async () => {
      await exchange.stop()
      await libp2p.stop()
      await replica.stop()
    }
  }
}

describe('the exchange asked by a machine that is no member', function () {
  this.timeout(60_000)
  let dir: string
  let network: string
  let peers: Awaited<ReturnType<typeof peer>>[]

  before(async () => {
    const epoch = Math.floor(clock.wallTime() / EPOCH_LENGTH)
    const entries = (await writtenLog(createIdentity(), { network: NETWORK, epoch }, 101)).map(({ encoded }) => encoded)
    peers = [await peer(entries), await peer(entries), await peer(entries.slice(0, 91))]
    dir = await mkdtemp(join(tmpdir(), 'srwan-ditex-'))
    network = join(dir, 'network.yaml')
    await writeFile(network, `id: ${NETWORK}\nkind: private\norganisation: ${organisation.text}\n`)
  })
  after(async () => {
    await Promise.all(peers.map(({ stop }) => stop()))
    await rm(dir, { recursive: true })
  })

  const anotherEpoch = (): number => Math.floor(clock.wallTime() / EPOCH_LENGTH)
  const srwan = async (...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string; cpuSeconds: number }> => {
    const timed = 'TIMEFORMAT="%U %S"; time "$@"'
    const child = spawn('bash', ['-c', timed, 'bash', process.execPath, SRWAN, ...args, '--home', join(dir, 'nothing')], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    const [user = '9', system = '9'] = stderr.trim().split('\n').at(-1)?.split(' ') ?? []
    return { code, stdout, stderr, cpuSeconds: Number(user) + Number(system) }
  }
  const at = (index: number): string => peers[index]?.address ?? ''

  it('gets the same verified answer from each, without a home', async () => {
    const answers = []
    for (const index of [0, 1]) {
      const { code, stdout, stderr, cpuSeconds } = await srwan('ditex', 'query', '--kind', 'listing', '--where', 'price > 50', '--peer', at(index), '--network', network, '--json')
      expect(code, stderr).to.equal(0)
      answers.push({ stdout, cpuSeconds })
    }
    expect(answers[0]?.stdout).to.equal(answers[1]?.stdout)
    expect((JSON.parse(answers[0]?.stdout ?? '') as { entries: unknown[] }).entries).to.have.length(50)
    // On loopback nothing else takes time; CPU time does not depend on what runs beside the test, as wall time does.
    expect(Math.min(...answers.map(({ cpuSeconds }) => cpuSeconds)), 'bundled, from cold').to.be.below(1)
  })

  it('gets one entry by its CID, and is told where there is none', async () => {
    const listed = await srwan('ditex', 'query', '--key', '7', '--peer', at(0), '--network', network, '--json')
    const { cid, key, hash } = (JSON.parse(listed.stdout) as { entries: { cid: string; key: string; hash: string }[] }).entries[0] ?? { cid: '', key: '', hash: '' }
    const got = await srwan('ditex', 'get', cid, '--peer', at(1), '--network', network, '--json')
    expect(got.code, got.stderr).to.equal(0)
    expect((JSON.parse(got.stdout) as { entries: object[] }).entries).to.have.length(1)
    expect((JSON.parse(got.stdout) as { entries: object[] }).entries[0]).to.include({ cid, key, hash })
    // The third peer lacks the last ten.
    const last = await srwan('ditex', 'query', '--key', '95', '--peer', at(0), '--network', network, '--json')
    const missing = await srwan('ditex', 'get', (JSON.parse(last.stdout) as { entries: { cid: string }[] }).entries[0]?.cid ?? '', '--peer', at(2), '--network', network)
    expect({ code: missing.code, stdout: missing.stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(missing.stderr).to.match(/no entry with the CID/)
    expect((await srwan('ditex', 'get', 'bafy', '--peer', at(0))).code).to.equal(2)
  })

  it('sees what one of three peers leaves out', async () => {
    const { code, stdout } = await srwan(
      'ditex',
      'query',
      '--kind',
      'listing',
      '--limit',
      '500',
      ...[2, 0, 1].flatMap((index) => ['--peer', at(index)]),
      '--network',
      network,
      '--json'
    )
    const { completeness, entries } = JSON.parse(stdout) as { completeness: { checked: boolean; peers: { missing: number }[] }; entries: unknown[] }
    expect({ code, checked: completeness.checked, missing: completeness.peers.map(({ missing }) => missing), entries: entries.length }).to.deep.equal({
      code: 1,
      checked: true,
      missing: [10, 0, 0],
      entries: 100
    })
  })

  it('checks a saved answer offline, and finds what was changed in it', async () => {
    const file = join(dir, 'answer.json')
    const { stdout } = await srwan('ditex', 'query', '--limit', '3', '--peer', at(0), '--network', network, '--json')
    await writeFile(file, stdout)
    const good = await srwan('ditex', 'verify', file, '--network', network)
    expect(good.code, good.stderr).to.equal(0)
    expect(good.stdout).to.match(/✔ 3 entries verified[\s\S]*as expected/)
    await writeFile(file, (await readFile(file, 'utf8')).replace('"price": 1\n', '"price": 9\n'))
    const bad = await srwan('ditex', 'verify', file, '--network', network)
    expect(bad.code, bad.stdout).to.equal(1)
    expect(bad.stdout).to.match(/what is shown is not what was signed/)
    await writeFile(file, '{}')
    expect((await srwan('ditex', 'verify', file)).code).to.equal(2)
  })

  it('refuses an answer of another network, and says which peer does not answer', async () => {
    const other = join(dir, 'other.yaml')
    await writeFile(other, `id: other\nkind: private\norganisation: ${organisation.text}\n`)
    const wrong = await srwan('ditex', 'query', '--peer', at(0), '--network', other)
    expect({ code: wrong.code, stdout: wrong.stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(wrong.stderr).to.match(/does not verify/)
    const gone = await srwan('ditex', 'query', '--peer', at(0).replace(/tcp\/\d+/, 'tcp/1'))
    expect(gone.code).to.equal(3)
    expect(gone.stderr).to.match(/ERR_PEER_UNREACHABLE/)
  })

  it('follows what a peer takes, and another one where that is gone', async () => {
    const first = await peer([])
    const second = await peer([])
    const more = (await writtenLog(createIdentity(), { network: NETWORK, epoch: anotherEpoch() }, 4)).map(({ encoded }) => encoded)
    const follower = spawn(process.execPath, [
      SRWAN,
      ...['ditex', 'follow', '--where', 'price > 1', '--peer', first.address, '--peer', second.address, '--network', network, '--json', '--home', join(dir, 'nothing')]
    ])
    let stdout = ''
    let stderr = ''
    follower.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk))
    follower.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk))
    const ended = new Promise<number | null>((resolve) => follower.once('close', resolve))
    const seen = async (keys: readonly string[]): Promise<void> => {
      const lines = (): string[] => stdout.split('\n').slice(0, -1)
      for (let tries = 0; tries < 300 && lines().length < keys.length; tries++) await clock.sleep(ms(100))
      const shown = lines().map((line) => (JSON.parse(line) as { key: string }).key)
      expect(shown, stderr).to.deep.equal(keys)
    }
    // Until its first question has been answered, what arrives is not yet what it follows.
    for (let tries = 0; tries < 100 && first.answered() === 0; tries++) await clock.sleep(ms(100))
    await first.offer(more.slice(0, 3))
    await seen(['2'])
    await first.stop()
    for (let tries = 0; tries < 300 && !stderr.includes('answers from now on'); tries++) await clock.sleep(ms(100))
    await second.offer(more)
    await seen(['2', '2', '3'])
    follower.kill('SIGINT')
    expect(await ended).to.equal(0)
    await second.stop()
  })
})
