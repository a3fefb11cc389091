import { expect } from 'chai'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ms } from '@srwan/interface'
import {
  accountingDocument,
  configDocument,
  createClient,
  ditexDocument,
  ditexEntry,
  doctorDocument,
  matrixDocument,
  membersDocument,
  pathDocument,
  pingDocument,
  statusDocument,
  traceDocument
} from '@srwan/api'
import { runDaemon } from '@srwan/daemon'
import { standInNode } from '@srwan/daemon/test/stand-in-node'
import type { StandIn } from '@srwan/daemon/test/stand-in-node'
import { inProcess, srwan } from './command-line.ts'
import type { Finished } from './command-line.ts'

/** A home that `srwan network create` has made; the caller removes it. */
async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'srwan-cli-'))
  const made = await inProcess(['network', 'create', 'acme', '--home', home, '--name', 'fra', '--address', '192.0.2.1'])
  expect(made.code, made.stderr).to.equal(0)
  await writeFile(join(home, 'config.yaml'), 'logLevel: error\n')
  return home
}

describe('srwan with a running daemon', function () {
  this.timeout(60_000)
  let home: string
  let node: StandIn
  let running: Promise<number>
  const ask = async (...args: string[]): Promise<Finished> => inProcess([...args, '--home', home])

  beforeEach(async () => {
    home = await newHome()
    node = standInNode()
    await new Promise<void>((resolve, reject) => {
      running = runDaemon({ home: home, environment: {}, pretty: false, createNode: async () => node, onStarted: () => resolve() })
      running.catch(reject)
    })
  })
  afterEach(async () => {
    await createClient({ socket: join(home, 'api.sock') }).stop()
    await running
    await rm(home, { recursive: true })
  })

  const documents: [string[], { parse: (value: unknown) => unknown }][] = [
    [['status'], statusDocument],
    [['matrix'], matrixDocument],
    [['path', 'syd'], pathDocument],
    [['ping', 'syd', '-c', '2', '-i', '20ms'], pingDocument],
    [['trace', 'syd', '-c', '2', '-i', '20ms'], traceDocument],
    [['accounting'], accountingDocument],
    [['ditex', 'query', '--kind', 'listing'], ditexDocument],
    [['ditex', 'get', 'bafyreieubj5mpaiywazp4gd2f3tcvmhwp7jwe3hjv3g5ivhr4xoc6mnwqe'], ditexDocument],
    [['ditex', 'follow'], ditexEntry],
    [['network', 'members'], membersDocument],
    [['config', 'show'], configDocument],
    [['doctor'], doctorDocument]
  ]
  for (const [args, schema] of documents) {
    it(`${args[0]} --json prints one document of its schema and nothing else`, async () => {
      const { stdout } = await ask(...args, '--json')
      schema.parse(JSON.parse(stdout))
    })
  }

  it('asks the exchange in the words of the flags', async () => {
    const flags = ['--where', 'price < 3', '--where', 'note ~ a', '--asn', 'AS64500', '--since', 'epoch:7', '--until', '2026-01-01T00:00:00Z', '--limit', '5', '--history']
    const { code, stdout, stderr } = await ask('ditex', 'query', ...flags)
    expect(code, stderr).to.equal(0)
    expect(node.heldExchange.asked).to.deep.equal([
      {
        peers: 1,
        query: {
          asn: 64_500,
          sinceEpoch: 7,
          untilMs: 1_767_225_600_000,
          limit: 5,
          history: true,
          where: [
            { field: ['price'], operator: '<', value: 3 },
            { field: ['note'], operator: '~', value: 'a' }
          ]
        }
      }
    ])
    expect(stdout).to.match(/1 entry at epoch 490001[\s\S]*listing +=fra,"chi" +1{16}/)
    expect(stdout).to.not.include('\u001b[2J')
    expect(stdout).to.include('completeness NOT CHECKED: one peer was asked')
  })

  it('says how old an answer is, and refuses what is older than it may be', async () => {
    const old = await ask('ditex', 'query')
    expect([old.code, old.stderr]).to.satisfy(([code, said]: [number, string]) => code === 0 && said.includes('STALE: '), old.stderr)
    expect(old.stdout).to.match(/STALE: \d+ days old; no anchor says when/)
    const refused = await ask('ditex', 'query', '--max-age', '4h')
    expect([refused.code, refused.stderr.includes('which is not within 4 h')]).to.deep.equal([1, true])
    expect((await ask('ditex', 'query', '--max-age', 'soon')).code).to.equal(2)
  })

  it('ranks between two places, prints CSV that no spreadsheet runs, and says what a peer leaves out', async () => {
    await ask('ditex', 'query', '--best-from', 'city:Frankfurt', '--best-to', 'US', '--by', 'price')
    expect(node.heldExchange.asked).to.deep.equal([{ peers: 1, query: { bestOf: { from: { city: 'Frankfurt' }, to: { country: 'US' }, by: 'price' } } }])
    const { stdout } = await ask('ditex', 'query', '--csv')
    expect(stdout.split('\n')[1]).to.match(/^listing,"'=fra,""chi""",12D3/)
    node.heldExchange.missing = 2
    const compared = await ask('ditex', 'query', '--peers', '3')
    expect(compared.code).to.equal(1)
    expect(compared.stdout).to.match(/compared between peers:[\s\S]*2 MISSING/)
  })

  it('refuses a bad question by its flag, before it is asked', async () => {
    for (const [flags, named] of [
      [['--limit', '0'], '--limit'],
      [['--where', 'price'], '--where'],
      [['--since', 'yesterday'], '--since'],
      [['--key', 'a', '--key-prefix', 'b'], '--key-prefix'],
      [['--best-from', 'DE'], '--best-to'],
      [['--peer', '1.2.3.4:5'], '--peer'],
      [['--peers', '99'], '--peers']
    ] as const) {
      const { code, stderr } = await ask('ditex', 'query', ...flags)
      expect(code, flags.join(' ')).to.equal(2)
      expect(stderr).to.include(`srwan: ${named}: `)
    }
    expect(node.heldExchange.asked).to.deep.equal([])
  })

  it('takes the global options before and after the command', async () => {
    for (const args of [
      ['--home', home, '--json', 'status'],
      ['status', '--home', home, '--json']
    ]) {
      const { code, stdout } = await inProcess(args)
      expect(code).to.equal(0)
      expect(JSON.parse(stdout)).to.include({ name: 'fra' })
    }
  })

  it('status says all in at most 15 lines, verdict first, remedies included', async () => {
    node.findings = ['group-too-large', 'roster-conflict', 'x', 'y', 'z'].map((code) => ({ code, severity: 'warning', title: `finding ${code}`, remedy: `cure ${code}` }))
    const { code, stdout } = await ask('status')
    const lines = stdout.trimEnd().split('\n')
    expect(code).to.equal(0)
    expect(lines.length).to.be.at.most(15)
    expect(lines[0]).to.match(/^● fra is degraded · network acme · up 12 s$/)
    expect(stdout).to.include('1 of 2 destinations better').and.include('data 5.0 MB · probe 1.0 kB').and.include('cure group-too-large').and.include('and 3 more')
  })

  it('status exits 4 where the node is unhealthy', async () => {
    node.findings = [{ code: 'datapath-failure', severity: 'error', title: 'stopped', remedy: 'restart' }]
    expect((await ask('status')).code).to.equal(4)
  })

  it('names that peers chose cannot move the cursor', async () => {
    node.findings = [{ code: 'x', severity: 'warning', title: '\u001b[2Jevil\u202e', remedy: 'y' }]
    // eslint-disable-next-line no-control-regex
    expect((await ask('status')).stdout).to.not.match(/[\u001b\u202e]/)
  })

  it('matrix shows names, delays, what is stale, and says what the figures are', async () => {
    const { stdout } = await ask('matrix')
    expect(stdout).to.match(/^One-way delay in ms, clock offsets estimated and removed/)
    expect(stdout).to.match(/\n {5,}fra +chi +syd\n/)
    expect(stdout).to.match(/\nfra +· +45\.0\* +190\.0\*\n/)
    expect(stdout).to.match(/\nsyd +190\.0~ +90\.0\* +·\n/)
    expect((await ask('matrix', '--raw')).stdout).to.match(/clock offsets included[\s\S]*\nfra +· +60045\.0\*? +-119810\.0/)
    expect((await ask('matrix', '--show', 'loss')).stdout).to.match(/\nfra +· +1\.0 +1\.0\n/)
  })

  it('matrix is coloured on a terminal only, and not under NO_COLOR or --json', async () => {
    const args = ['matrix', '--home', home]
    expect((await inProcess(args, { tty: true })).stdout).to.include('\u001b[38;5;')
    for (const plain of [await inProcess(args, { tty: true, env: { NO_COLOR: '1' } }), await inProcess(args), await inProcess([...args, '--json'], { tty: true })])
      expect(plain.stdout).to.not.include('\u001b[')
  })

  it('matrix numbers the columns where names do not fit', async () => {
    const { stdout } = await inProcess(['matrix', '--home', home], { columns: 30 })
    expect(stdout).to.match(/ 1 +2 +3\n/)
    expect(stdout).to.match(/\n +2 chi /)
  })

  it('path says why in one sentence and lists candidates with --explain', async () => {
    const short = (await ask('path', 'syd')).stdout
    expect(short).to.include('chi → syd').and.include('round trip 325.0 ms instead of 380.0 ms: −55.0 ms').and.include('through chi it is 55.0 ms faster than the default path')
    const long = (await ask('path', 'syd', '--explain')).stdout
    expect(long)
      .to.match(/● chi → syd +−55\.0 ms +in use/)
      .and.match(/ {2}syd +±0\.0 ms +takes over when the path in use breaks \(default path\)/)
  })

  it('ping prints like ping and fails where nothing comes back', async () => {
    const { code, stdout } = await ask('ping', 'syd', '-c', '2', '-i', '20ms')
    expect(code).to.equal(0)
    expect(stdout).to.match(/^PING syd \(fd53:5257::3\) there over chi → syd, back over fra\nreply from syd: seq=0 time=90\.00 ms\n/)
    expect(stdout).to.match(/\n2 probes sent, 2 answered, 0% lost\nround trip min\/avg\/max = 90\.00\/90\.00\/90\.00 ms\n$/)
    node.probePaths = async () => ({ samples: [[undefined]] })
    const lost = await ask('ping', 'syd', '-c', '1')
    expect(lost.code).to.equal(1)
    expect(lost.stdout).to.include('no reply: seq=0').and.include('100% lost')
  })

  it('accounting shows what relays carried for this node, what was lost, and what it carried for others', async () => {
    const { code, stdout } = await ask('accounting')
    expect(code).to.equal(0)
    expect(stdout).to.match(/chi +syd +1\.0 kB +990 B +1\.00% +400 B/)
    expect(stdout).to.match(/syd +5\.0 MB +0 B/)
  })

  it('trace shows what each hop adds, and fails only where the destination is silent', async () => {
    const { code, stdout } = await ask('trace', 'syd', '-c', '2', '-i', '10ms')
    expect(code).to.equal(0)
    expect(stdout)
      .to.match(/^TRACE syd \(fd53:5257::3\) for latency, 2 probes to each hop\n {2}there {2}chi → syd\n {2}back {3}fra\n/)
      .and.match(/\n {2}1 +chi +2{16} +90\.0 ms +90\.5 ms +0% +\+90\.5 ms +45\.0 \/ 45\.0 ms\n {2}2 +syd +3{16} .* ±0\.0 ms/)
      .and.match(/\nwhole path: round trip min\/median\/max = 90\.00\/90\.50\/91\.00 ms, 0% lost\n$/)
    const answer = node.probePaths
    const chi = node.resolve('chi').sid
    node.probePaths = async (request) => (request.endpoint === chi ? { samples: [[undefined]] } : answer(request))
    const silent = await ask('trace', 'syd', '--count', '1', '--path', 'chi,syd')
    expect(silent.code).to.equal(0)
    expect(silent.stdout)
      .to.include('over the path given')
      .and.match(/ chi +2{16} +lost +lost +100% +\? /)
    node.probePaths = async () => ({ samples: [[undefined]] })
    const lost = await ask('trace', 'syd', '-c', '1')
    expect(lost.code).to.equal(1)
    expect(lost.stdout).to.match(/whole path: nothing came back\n$/)
  })

  it('status counts failovers and tells the last with its cause', async () => {
    node.pathSwitches = [{ endpoint: node.resolve('syd').sid, color: 1, at: ms(node.clock.now() - 12_000), count: 2, cause: 'both' }]
    expect((await ask('status')).stdout).to.match(/better than the default path · \d+ failovers, the last 12 s ago to syd \(both ways were dead\)\n/)
  })

  it('status names who is left out of paths, with the first reason', async () => {
    expect((await ask('status')).stdout).to.match(/\nleft out +fra quarantined: answers probes and drops data \(black-hole\): seen by 4 routers\n/)
  })

  it('wait returns when what it waits for holds, and 4 where it does not', async () => {
    expect((await ask('wait', '--for', 'ready', '--timeout', '5s')).code).to.equal(0)
    expect((await ask('wait', '--for', 'syd', '--timeout', '5s')).code).to.equal(0)
    const late = await ask('wait', '--for', 'matrix', '--timeout', '300ms')
    expect(late.code).to.equal(4)
    expect(late.stderr).to.include('not matrix after 300ms: 1 cells are missing')
    expect((await ask('wait', '--for', 'nobody', '--timeout', '10ms')).code).to.equal(4)
  })

  it('revoke hands the revocation to the daemon', async () => {
    const { code, stderr } = await ask('network', 'revoke', 'chi')
    expect(code, stderr).to.equal(0)
    expect(node.seen.revocations).to.have.length(1)
  })

  it('up refuses a home that runs already', async () => {
    const { code, stderr } = await inProcess(['up', '--home', home])
    expect(code).to.equal(5)
    expect(stderr).to.match(/a daemon already runs with this home[\s\S]*ERR_ALREADY_RUNNING, exit 5/)
  })

  const refusals: [string[], number, RegExp][] = [
    [['path', 'nobody'], 2, /no member is called nobody[\s\S]*ERR_UNKNOWN_DESTINATION, exit 2/],
    [['path', 'fra'], 2, /is this node itself/],
    [['ping', 'syd', '-c', 'many'], 2, /--count: expected a whole number/],
    [['trace', 'nobody'], 2, /no member is called nobody[\s\S]*ERR_UNKNOWN_DESTINATION, exit 2/],
    [['trace', 'syd', '--path', 'nobody'], 2, /no member is called nobody/],
    [['trace', 'syd', '--path', 'fra,syd'], 2, /--path: holds this node itself/],
    [['trace', 'syd', '-c', '101'], 2, /--count: expected a whole number from 1 to 100/],
    [['ping', 'syd', '-i', '5'], 2, /--interval: expected a duration with its unit.*found "5"/],
    [['wait', '--timeout', 'soon'], 2, /--timeout: expected a duration/],
    [['matrix', '--show', 'pink'], 2, /Allowed choices are delay, loss, age/],
    [['path'], 2, /missing required argument/],
    [['statsu'], 2, /Did you mean status\?/],
    [['status', '--colour'], 2, /unknown option '--colour'/],
    [['--log-level', 'loud', 'status'], 2, /Allowed choices/]
  ]
  for (const [args, code, message] of refusals) {
    it(`refuses \`${args.join(' ')}\` with exit code ${code}`, async () => {
      const outcome = await ask(...args)
      expect(outcome, outcome.stderr).to.include({ code, stdout: '' })
      expect(outcome.stderr).to.match(message)
    })
  }
})

describe('srwan without a daemon', function () {
  this.timeout(60_000)
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-cli-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('says so with exit code 3 and what to do, data stream empty', async () => {
    for (const args of [['status'], ['status', '--json'], ['matrix'], ['path', 'x'], ['ping', 'x'], ['trace', 'x'], ['down'], ['wait', '--timeout', '0s']]) {
      const outcome = await (args.length === 1 && args[0] === 'status' ? srwan : inProcess)([...args, '--home', directory])
      expect(outcome, args.join(' ')).to.include({ code: 3, stdout: '' })
      expect(outcome.stderr).to.equal(
        `srwan: cannot reach the daemon at ${directory}/api.sock (ENOENT)\n     it is not running. Start it with \`srwan up\`, or check \`systemctl status srwan\`.   [ERR_DAEMON_UNREACHABLE, exit 3]\n`
      )
    }
    expect(await readdir(directory)).to.deep.equal([])
  })

  it('up without a network names the commands that make one', async () => {
    for (const args of [['up'], ['up', '--detach']]) {
      const { code, stderr } = await inProcess([...args, '--home', directory])
      expect(code).to.equal(78)
      expect(stderr).to.include('srwan network create NAME').and.include('srwan network join LINE')
    }
    expect(await readdir(directory)).to.deep.equal([])
  })

  it('status loads neither libp2p nor fastify nor a schema', async () => {
    const loaded = await srwan(['status', '--home', directory], { env: { NODE_DEBUG: 'esm' } })
    expect(loaded.stderr).to.include('api/src/client.ts')
    for (const heavy of ['libp2p', 'fastify', '/zod/', '/pino/', 'polkadot']) expect(loaded.stderr).to.not.include(heavy)
  })

  it('doctor checks the machine by itself and exits 4 where something fails', async () => {
    const { code, stdout } = await inProcess(['doctor', '--home', directory])
    expect(code).to.equal(4)
    expect(stdout)
      .to.match(/✖ home +this node belongs to no network yet/)
      .and.match(/fix: Create a network/)
      .and.match(/✔ kernel +Linux/)
  })

  it('config check lists every problem with its line and exits 78', async () => {
    await writeFile(join(directory, 'config.yaml'), 'logLevel: loud\nlisten:\n  tcpprt: 1\n')
    await writeFile(join(directory, 'network.yaml'), 'id: acme\nkind: secret\n')
    const outcome = await inProcess(['config', 'check', '--home', directory], { env: { SRWAN_LOGLEVEL: 'x' } })
    expect(outcome.code).to.equal(78)
    expect(outcome.stdout).to.match(/config\.yaml:1 \(logLevel\).*\n.*config\.yaml:3 \(listen\.tcpprt\): unknown key "tcpprt"; did you mean tcpPort\?\n.*network\.yaml:2 \(kind\)/)
    expect(outcome.stdout).to.include('did you mean SRWAN_LOG_LEVEL?')
    expect(JSON.parse((await inProcess(['config', 'check', '--home', directory, '--json'])).stdout)).to.deep.include({ ok: false })
  })

  it('config show --origin says where each value comes from', async () => {
    await writeFile(join(directory, 'config.yaml'), 'name: a\n')
    const { stdout } = await inProcess(['config', 'show', '--origin', '--home', directory, '--log-level', 'warn'], { env: { SRWAN_ASN: '3320' } })
    expect(stdout)
      .to.match(/\nasn +3320 +SRWAN_ASN\n/)
      .and.match(new RegExp(`name +"a" +${directory}/config.yaml:1\n`))
      .and.match(/logLevel +"warn" +--log-level/)
      .and.match(/tun\.mtu +1280 +default/)
  })

  it('up says what is wrong with a key file, and leaves nothing behind', async () => {
    const home = await newHome()
    await chmod(join(home, 'node.key'), 0o640)
    const before = (await readdir(home)).sort()
    const { code, stderr } = await inProcess(['up', '--home', home])
    expect(code).to.equal(78)
    expect(stderr).to.match(/node\.key: the private key may be read by others \(mode 0640, wanted 0600\)[\s\S]*chmod 600/)
    expect((await readdir(home)).sort()).to.deep.equal(before)
    await rm(home, { recursive: true })
  })

  it('--help goes to stdout with exit code 0 and names the exit codes', async () => {
    const { code, stdout } = await inProcess(['--help'])
    expect(code).to.equal(0)
    expect(stdout).to.include('78 bad configuration').and.include('network').and.include('testnet')
    expect(JSON.parse((await inProcess(['config', 'schema'])).stdout)).to.have.property('properties')
    expect(await readFile(new URL('../bin/srwan.js', import.meta.url), 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/)
  })
})
