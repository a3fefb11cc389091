import { expect } from 'chai'
import { checkConfig, resolveConfig, unknownVariables, writeConfig } from '../src/index.ts'

const file = (text: string): { text: string; source: string } => ({ text, source: 'config.yaml' })

describe('precedence of the configuration', () => {
  it('fills in every default', () => {
    const { config, origins } = resolveConfig({ environment: {} })
    expect(config).to.deep.include({
      network: 'network.yaml',
      listen: { address: '0.0.0.0', tcpPort: 4801, udpPort: 4801 },
      roles: ['ingress', 'transit', 'egress'],
      tun: { name: 'srwan0', mtu: 1280 },
      datapath: { threads: 'auto' },
      logLevel: 'info'
    })
    expect(config.testbed).to.equal(undefined)
    expect(origins.every(({ origin }) => origin.layer === 'default')).to.equal(true)
  })

  it('lets the flag win over the environment, that over the file, that over the default', () => {
    const text = 'logLevel: error\nlisten:\n  tcpPort: 1\n  udpPort: 2\nname: from-file\n'
    const { config, origins } = resolveConfig({ flags: { logLevel: 'debug' }, environment: { SRWAN_LOG_LEVEL: 'warn', SRWAN_LISTEN_UDP_PORT: '3' }, file: file(text) })
    expect(config.logLevel).to.equal('debug')
    expect(config.listen).to.deep.equal({ address: '0.0.0.0', tcpPort: 1, udpPort: 3 })
    const origin = Object.fromEntries(origins.map((entry) => [entry.setting, entry.origin]))
    expect(origin['logLevel']).to.deep.equal({ layer: 'flag', source: '--log-level' })
    expect(origin['listen.udpPort']).to.deep.equal({ layer: 'environment', source: 'SRWAN_LISTEN_UDP_PORT' })
    expect(origin['listen.tcpPort']).to.deep.equal({ layer: 'file', source: 'config.yaml:3' })
    expect(origin['listen.address']?.layer).to.equal('default')
  })

  it('applies the units of an emulated clock', () => {
    const { config } = resolveConfig({ environment: {}, file: file('testbed: { clock: { offset: -3600s, drift: 50ppm } }') })
    expect(config.testbed?.clock).to.deep.equal({ offset: -3_600_000, drift: 50 })
  })

  it('takes `tun: none`', () => {
    expect(resolveConfig({ environment: {}, file: file('tun: none') }).config.tun).to.equal('none')
  })

  const refusals: [string, string, Partial<{ line: number; field: string; text: string }>][] = [
    ['an unknown key', 'name: a\nlissten:\n  tcpPort: 1\n', { line: 2, field: 'lissten', text: 'did you mean listen?' }],
    ['an unknown nested key', 'listen:\n  address: 0.0.0.0\n  tcpprt: 1\n', { line: 3, field: 'listen.tcpprt', text: 'did you mean tcpPort?' }],
    ['an unknown key of a choice', 'tun:\n  name: x\n  mtuu: 1300\n', { line: 3, field: 'tun.mtuu', text: 'did you mean mtu?' }],
    ['a port out of range', 'listen:\n  tcpPort: 70000\n', { line: 2, field: 'listen.tcpPort', text: 'from 0 to 65535; found 70000' }],
    ['a drift without unit', 'testbed:\n  clock:\n    drift: 50\n', { line: 3, field: 'testbed.clock.drift', text: '50ppm' }],
    ['a prefix with host bits', 'prefixes:\n  - 10.0.0.0/8\n  - 10.7.0.1/16\n', { line: 3, field: 'prefixes[1]', text: 'host bits zero; found "10.7.0.1/16"' }],
    ['no threads', 'datapath: { threads: 0 }', { line: 1, field: 'datapath.threads', text: 'auto, or a whole number from 1 to 8' }],
    ['a word for threads', 'datapath: { threads: many }', { line: 1, field: 'datapath.threads', text: 'auto, or a whole number from 1 to 8' }],
    ['a small MTU', 'tun: { mtu: 500 }', { line: 1, field: 'tun.mtu', text: '1280' }],
    ['a bad role', 'roles: [boss]', { line: 1, field: 'roles[0]', text: 'ingress' }],
    ['a latitude', 'geo: { lat: 91 }', { line: 1, field: 'geo.lat', text: '-90 to 90; found 91' }],
    ['a key given twice', 'name: a\nname: b\n', { line: 2, text: 'unique' }],
    ['no YAML', 'name: [', { line: 1, text: 'not valid YAML' }],
    ['a list', '- a\n', { line: 1, text: 'expected object' }]
  ]
  for (const [name, text, want] of refusals) {
    it(`refuses ${name} with line, field and what would do`, () => {
      const outcome = checkConfig({ environment: {}, file: file(text) })
      const problems = 'problems' in outcome ? outcome.problems : []
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include({ name: 'InvalidInputError', code: 'ERR_INVALID_INPUT', source: 'config.yaml', line: want.line })
      if (want.field !== undefined) expect(problems[0]?.field).to.equal(want.field)
      expect(problems[0]?.message).to.include(want.text)
    })
  }

  it('lists every problem in the order of the lines', () => {
    const outcome = checkConfig({ environment: {}, file: file('logLevel: loud\nname: "-"\nasn: 0\n') })
    expect('problems' in outcome && outcome.problems.map(({ line }) => line)).to.deep.equal([1, 2, 3])
  })

  it('names the variable or the flag that holds the bad value', () => {
    expect(() => resolveConfig({ environment: { SRWAN_LOG_LEVEL: 'loud' }, file: file('logLevel: info') })).to.throw(
      /^SRWAN_LOG_LEVEL \(logLevel\): expected error, warn, info or debug; found "loud"/
    )
    expect(() => resolveConfig({ environment: {}, flags: { 'listen.tcpPort': -1 } })).to.throw(/^--listen-tcp-port /)
  })

  it('points out variables that name no setting', () => {
    expect(unknownVariables({ SRWAN_LOGLEVEL: 'debug', SRWAN_HOME: '/x', SRWAN_NAME: 'a', PATH: '/bin' })).to.deep.equal([
      'SRWAN_LOGLEVEL is set but is no setting; did you mean SRWAN_LOG_LEVEL?'
    ])
  })

  it('keeps comments when it changes a file', () => {
    expect(writeConfig({ name: 'b' }, '# mine\nname: a # here\n')).to.equal('# mine\nname: b # here\n')
  })
})
