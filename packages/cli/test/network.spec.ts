import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { membersDocument } from '@srwan/api'
import { inProcess, srwan } from './command-line.ts'

describe('srwan network', function () {
  this.timeout(60_000)
  let directory: string
  const at = (name: string): string => join(directory, name)
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-cli-'))
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  const create = async (home = at('a')): Promise<void> => {
    const made = await inProcess(['network', 'create', 'acme', '--home', home, '--name', 'fra', '--address', '192.0.2.1', '--port', '4900'])
    expect(made.code, made.stderr).to.equal(0)
  }

  it('create, invite and join make two homes of one network, keys closed to others', async () => {
    await create()
    const invited = await inProcess(['--home', at('a'), 'network', 'invite', '--name', 'chi', '--prefix', '10.7.0.0/16'])
    expect(invited.stdout).to.match(/^srwan-invite:[A-Za-z0-9_-]+\n$/)
    const joined = await srwan(['network', 'join', '-', '--home', at('b'), '--json'], { input: invited.stdout })
    expect(joined.code, joined.stderr).to.equal(0)
    expect(JSON.parse(joined.stdout)).to.include({ schemaVersion: 1, network: 'acme', name: 'chi' })
    expect((await readdir(at('a'))).sort()).to.deep.equal(['certificate.json', 'config.yaml', 'network.yaml', 'node.key', 'organisation.key'])
    expect((await readdir(at('b'))).sort()).to.deep.equal(['certificate.json', 'config.yaml', 'network.yaml', 'node.key'])
    for (const file of ['a/node.key', 'a/organisation.key', 'b/node.key']) expect(((await stat(at(file))).mode & 0o777).toString(8), file).to.equal('600')
    for (const home of ['a', 'b']) expect(((await stat(at(home))).mode & 0o777).toString(8), home).to.equal('700')
    expect(await readFile(at('b/network.yaml'), 'utf8')).to.match(/\/ip4\/192\.0\.2\.1\/tcp\/4900\/p2p\/12D3Koo/)
    const members = membersDocument.parse(JSON.parse((await inProcess(['network', 'members', '--home', at('b'), '--json'])).stdout))
    expect(members.members.map(({ name, prefixes, self }) => ({ name, prefixes, self }))).to.deep.equal([{ name: 'chi', prefixes: ['10.7.0.0/16'], self: true }])
  })

  it('never overwrites a home', async () => {
    await create()
    const before = await readFile(at('a/node.key'), 'utf8')
    const again = await inProcess(['network', 'create', 'other', '--home', at('a'), '--address', '192.0.2.1'])
    expect(again).to.include({ code: 5, stdout: '' })
    expect(again.stderr).to.match(/is there already[\s\S]*\[ERR_ALREADY_EXISTS, exit 5\]/)
    expect(await readFile(at('a/node.key'), 'utf8')).to.equal(before)
  })

  it('keeps a config.yaml that is there', async () => {
    await writeFile(at('keep'), '')
    const { mkdir } = await import('node:fs/promises')
    await mkdir(at('a'))
    await writeFile(at('a/config.yaml'), '# mine\nlogLevel: debug\n')
    await create()
    expect(await readFile(at('a/config.yaml'), 'utf8')).to.equal('# mine\nlogLevel: debug\n')
  })

  const refusals: [string, string[], number, RegExp][] = [
    ['a bad network name', ['network', 'create', 'Acme!'], 2, /NAME: expected a network id.*found "Acme!"/],
    ['a bad address', ['network', 'create', 'acme', '--address', '1.2.3'], 2, /--address: expected an IPv4 or IPv6 address/],
    ['a bad port', ['network', 'create', 'acme', '--address', '192.0.2.1', '--port', '0'], 2, /--port: expected a whole number from 1 to 65535/],
    ['a prefix with host bits', ['network', 'create', 'acme', '--address', '192.0.2.1', '--prefix', '10.0.0.1/8'], 2, /--prefix: /],
    ['a duration without unit', ['network', 'create', 'acme', '--address', '192.0.2.1', '--pulse-interval', '10'], 2, /--pulse-interval: .*unit/],
    ['a line that is no invitation', ['network', 'join', 'hello'], 2, /invitation: it must begin with srwan-invite:/],
    ['a damaged line', ['network', 'join', 'srwan-invite:AAAA'], 2, /damaged or incomplete/],
    ['an invitation without a network', ['network', 'invite', '--name', 'x'], 78, /network create/],
    ['a site prefix in an open network', ['network', 'create', 'acme', '--open', '--address', '192.0.2.1', '--prefix', '10.7.0.0/16'], 2, /--prefix cannot be given with --open/],
    ['a damaged line of an open network', ['network', 'join', 'srwan-open:AAAA'], 2, /damaged or incomplete/]
  ]
  for (const [name, args, code, message] of refusals) {
    it(`refuses ${name} and creates nothing`, async () => {
      const outcome = await inProcess([...args, '--home', at('deep/er')])
      expect(outcome, outcome.stderr).to.include({ code, stdout: '' })
      expect(outcome.stderr).to.match(message)
      expect(await readdir(directory)).to.deep.equal([])
    })
  }

  it('cannot invite without a name', async () => {
    await create()
    const outcome = await inProcess(['network', 'invite', '--home', at('a')])
    expect(outcome).to.include({ code: 2, stdout: '' })
    expect(outcome.stderr).to.match(/--name/)
  })

  describe('open', () => {
    const createOpen = async (): Promise<void> => {
      const made = await inProcess(['network', 'create', 'commons', '--open', '--home', at('a'), '--name', 'fra', '--address', '192.0.2.1', '--port', '4900'])
      expect(made.code, made.stderr).to.equal(0)
    }
    const joinsWith = async (what: string, home: string): Promise<void> => {
      const joined = await inProcess(['network', 'join', what, '--home', at(home), '--json'])
      expect(joined.code, joined.stderr).to.equal(0)
      expect(JSON.parse(joined.stdout)).to.include({ schemaVersion: 1, network: 'commons' })
      expect((await readdir(at(home))).sort()).to.deep.equal(['config.yaml', 'network.yaml', 'node.key'])
      expect(await readFile(at(`${home}/network.yaml`), 'utf8')).to.match(/kind: open[^]*\/ip4\/192\.0\.2\.1\/tcp\/4900\/p2p\/12D3Koo/)
    }

    it('create, invite and join need neither organisation nor certificate; a line or the file lets anyone in', async () => {
      await createOpen()
      expect((await readdir(at('a'))).sort()).to.deep.equal(['config.yaml', 'network.yaml', 'node.key'])
      const invited = await inProcess(['network', 'invite', '--home', at('a')])
      expect(invited.stdout).to.match(/^srwan-open:[A-Za-z0-9_-]+\n$/)
      await joinsWith(invited.stdout, 'b')
      await joinsWith(at('a/network.yaml'), 'c')
      const members = membersDocument.parse(JSON.parse((await inProcess(['network', 'members', '--home', at('b'), '--json'])).stdout))
      expect(members.members.map(({ name, sid, self }) => ({ same: name === sid, self }))).to.deep.equal([{ same: true, self: true }])
      const line = invited.stdout.trim()
      for (const i of [15, 40, line.length - 3]) {
        const changed = line.slice(0, i) + (line[i] === 'A' ? 'B' : 'A') + line.slice(i + 1)
        expect((await inProcess(['network', 'join', changed, '--home', at('d')])).code, `character ${i}`).to.equal(2)
      }
    })

    it('what only an organisation can do is refused, saying so; so is joining a private network by its file', async () => {
      await createOpen()
      const peer = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
      const deeds: [string[], RegExp][] = [
        [['revoke', peer], /no organisation, and nobody can end a membership/],
        [['site', peer, '10.7.0.0/16'], /no organisation, and nobody can let a member serve a site prefix/]
      ]
      for (const [deed, message] of deeds) {
        const outcome = await inProcess(['network', ...deed, '--home', at('a')])
        expect(outcome).to.include({ code: 78, stdout: '' })
        expect(outcome.stderr).to.match(message)
      }
      const named = await inProcess(['network', 'invite', '--name', 'chi', '--home', at('a')])
      expect(named).to.include({ code: 2, stdout: '' })
      await create(at('p'))
      const outcome = await inProcess(['network', 'join', at('p/network.yaml'), '--home', at('q')])
      expect(outcome.code).to.equal(78)
      expect(outcome.stderr).to.match(/this network is private: its file alone lets nobody in/)
    })
  })

  it('cannot invite without the organisation key', async () => {
    await create()
    await rm(at('a/organisation.key'))
    const outcome = await inProcess(['network', 'invite', '--name', 'x', '--home', at('a')])
    expect(outcome.code).to.equal(78)
    expect(outcome.stderr).to.include('organisation.key')
  })

  it('revokes offline, once it is told to where the name was never seen', async () => {
    await create()
    const unknown = await inProcess(['network', 'revoke', 'frra', '--home', at('a')])
    expect(unknown.code).to.equal(2)
    expect(unknown.stderr).to.include('did you mean fra?')
    expect((await inProcess(['network', 'revoke', 'fra', '--home', at('a')])).stderr).to.include('is this node itself')
    expect((await inProcess(['network', 'revoke', 'chi', '--unseen', '--home', at('a')])).code).to.equal(0)
    expect(JSON.parse(await readFile(at('a/revocations.json'), 'utf8')).revocations).to.have.length(1)
  })
})
