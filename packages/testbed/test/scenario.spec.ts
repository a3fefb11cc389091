import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { loadScenario, packageFile, parseScenario } from '../src/index.ts'

const FILE = packageFile('scenarios/three-cities.yaml')
const GOOD = readFileSync(FILE, 'utf8')

async function refusal(text: string): Promise<{ message: string; line?: number; field: string; code: string }> {
  try {
    await parseScenario(text, FILE)
  } catch (error) {
    return error as { message: string; line?: number; field: string; code: string }
  }
  throw new Error('the scenario was accepted')
}

/** Line of the first occurrence, 1-based. */
const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length

describe('a scenario', () => {
  it('of the product reads: nodes, clocks, links, prefixes', async () => {
    const scenario = await loadScenario(FILE)
    expect(scenario.nodes.map(({ name }) => name)).to.deep.equal(['fra', 'iad', 'scl'])
    expect(scenario.nodes[0]?.clock).to.deep.equal({ offset: 240_000, drift: 20 })
    expect(scenario.nodes[2]?.prefixes).to.deep.equal(['10.56.0.0/16'])
    expect(scenario.link('fra', 'iad')).to.include({ delay: 45, rate: 1e9, loss: 0, up: true })
    expect(scenario.network).to.deep.equal({ pulseInterval: 2000 })
    expect(() => scenario.link('fra', 'nowhere')).to.throw(RangeError)
  })

  it('fills in the defaults', async () => {
    const scenario = await parseScenario('name: two\nnodes: [{ name: a }, { name: b }]\n', FILE)
    expect(scenario.link('a', 'b')).to.deep.equal({ delay: 50, jitter: 0, loss: 0, reorder: 0, duplicate: 0, rate: 1e9, mtu: 1500, up: true })
    expect(scenario.nodes[0]?.roles).to.deep.equal(['ingress', 'transit', 'egress'])
  })

  it('sets the pairs it names, in the direction it names', async () => {
    const scenario = await parseScenario(
      GOOD.replace('- { from: fra, to: iad, delay: 45ms }', '- { from: fra, to: iad, loss: 1%, reorder: 0.1%, duplicate: 2%, mtu: 1400, rate: 10mbit, jitter: 3ms }'),
      FILE
    )
    expect(scenario.link('fra', 'iad')).to.deep.equal({ delay: 50, jitter: 3, loss: 0.01, reorder: 0.001, duplicate: 0.02, rate: 1e7, mtu: 1400, up: true })
    expect(scenario.link('iad', 'fra')).to.include({ delay: 45, loss: 0, mtu: 1500 })
  })

  it('reads every kind of fault, in the order of their times', async () => {
    const { faults } = await parseScenario(
      `${GOOD}faults:
  - { at: 40s, node: fra, action: kill }
  - { at: 20s, from: fra, to: scl, loss: 100%, for: 30s }
  - { at: 50s, node: fra, action: "clock-step: 1s" }
  - { at: 60s, node: scl, action: { clock-step: -2s } }
  - { at: 70s, from: iad, to: fra, up: false, oneWay: true }
`,
      FILE
    )
    expect(faults).to.deep.equal([
      { at: 20_000, from: 'fra', to: 'scl', oneWay: false, change: { loss: 1 }, duration: 30_000 },
      { at: 40_000, node: 'fra', action: { kind: 'kill' } },
      { at: 50_000, node: 'fra', action: { kind: 'clock-step', step: 1000 } },
      { at: 60_000, node: 'scl', action: { kind: 'clock-step', step: -2000 } },
      { at: 70_000, from: 'iad', to: 'fra', oneWay: true, change: { up: false } }
    ])
  })

  const faulty = (fault: string): string => `${GOOD}faults:\n  - ${fault}\n`
  /** What is changed, the part whose line must be named, the field, and words of the message. */
  const REFUSALS: Record<string, { text: string; at: string; field: string; words: RegExp }> = {
    'an unknown key, with a suggestion': { text: GOOD.replace('rate: 1gbit', 'rat: 1gbit'), at: 'rat:', field: 'links.default.rat', words: /did you mean rate/ },
    'an unknown key at the top': { text: `${GOOD}fault: []\n`, at: 'fault: []', field: 'fault', words: /did you mean faults/ },
    'a duration without a unit': { text: GOOD.replace('delay: 60ms', 'delay: 60'), at: 'delay: 60 ', field: 'links.pairs[2].delay', words: /250ms.*found 60/ },
    'a negative delay': { text: GOOD.replace('delay: 60ms', 'delay: -60ms'), at: 'delay: -60', field: 'links.pairs[2].delay', words: /found "-60ms"/ },
    'a delay beyond a minute': { text: GOOD.replace('delay: 60ms', 'delay: 2m'), at: 'delay: 2m', field: 'links.pairs[2].delay', words: /at most 1m/ },
    'a rate without a unit': { text: GOOD.replace('1gbit', '1000'), at: 'rate: 1000', field: 'links.default.rate', words: /100mbit/ },
    'a rate of nothing': { text: GOOD.replace('1gbit', '0mbit'), at: 'rate: 0', field: 'links.default.rate', words: /above 0/ },
    'a loss above 100 %': { text: GOOD.replace('rate: 1gbit', 'loss: 101%'), at: 'loss:', field: 'links.default.loss', words: /from 0% to 100%/ },
    'an MTU below 68': { text: GOOD.replace('rate: 1gbit', 'mtu: 60'), at: 'mtu:', field: 'links.default.mtu', words: /68 to 1500/ },
    "an MTU above the device's": { text: GOOD.replace('rate: 1gbit', 'mtu: 9000'), at: 'mtu:', field: 'links.default.mtu', words: /68 to 1500/ },
    'a pair with nobody, with a suggestion': {
      text: GOOD.replace('to: scl, delay: 190', 'to: sclx, delay: 190'),
      at: 'sclx',
      field: 'links.pairs[4].to',
      words: /did you mean scl/
    },
    'a pair with itself': { text: GOOD.replace('to: scl, delay: 190', 'to: fra, delay: 190'), at: 'to: fra, delay: 190', field: 'links.pairs[4].to', words: /another node/ },
    'two nodes of one name': { text: GOOD.replace('name: iad', 'name: FRA'), at: 'FRA', field: 'nodes[1].name', words: /another node has this one/ },
    'a single node': { text: 'name: one\nnodes: [{ name: a }]\n', at: 'nodes:', field: 'nodes', words: /2 to 100/ },
    'a name that is none': { text: GOOD.replace('name: iad', 'name: "a b"'), at: 'a b', field: 'nodes[1].name', words: /letters, digits/ },
    "a name too long for a socket's path": { text: GOOD.replace('name: iad', `name: ${'a'.repeat(40)}`), at: 'aaaa', field: 'nodes[1].name', words: /at most 32/ },
    'a kind of NAT': { text: GOOD.replace('name: iad,', 'name: iad, nat: symmetric,'), at: 'nat:', field: 'nodes[1].nat', words: /not supported yet/ },
    'a kind of NAT that there is not': { text: GOOD.replace('name: iad,', 'name: iad, nat: conic,'), at: 'nat:', field: 'nodes[1].nat', words: /full-cone/ },
    'a latitude beyond the pole': { text: GOOD.replace('lat: 39.04', 'lat: 139'), at: 'lat: 139', field: 'nodes[1].geo.lat', words: /-90 to 90/ },
    'a role that there is not': { text: GOOD.replace('name: iad,', 'name: iad, roles: [boss],'), at: 'boss', field: 'nodes[1].roles[0]', words: /ingress, transit and egress/ },
    'a prefix with host bits': { text: GOOD.replace('10.56.0.0/16', '10.56.1.0/16'), at: '10.56.1.0', field: 'nodes[2].prefixes[0]', words: /host bits/ },
    'a prefix that no site may have': { text: GOOD.replace('10.56.0.0/16', '0.0.0.0/0'), at: '0.0.0.0/0', field: 'nodes[2].prefixes[0]', words: /default route/ },
    'a drift without a unit': { text: GOOD.replace('drift: 20ppm', 'drift: 20'), at: 'drift: 20', field: 'nodes[0].clock.drift', words: /50ppm/ },
    money: { text: GOOD.replace('pulseInterval: 2s', 'money: dev'), at: 'money', field: 'network.money', words: /not supported yet/ },
    'a pulse interval too short': { text: GOOD.replace('pulseInterval: 2s', 'pulseInterval: 1ms'), at: 'pulseInterval', field: 'network.pulseInterval', words: /at least 500ms/ },
    'a seed that is no whole number': { text: GOOD.replace('seed: 7', 'seed: 1.5'), at: 'seed: 1.5', field: 'seed', words: /whole number/ },
    'no YAML': { text: 'name: x\nnodes: [', at: 'nodes', field: '', words: /not valid YAML/ },
    'a key twice': { text: `${GOOD}seed: 8\n`, at: 'seed: 8', field: '', words: /not valid YAML/ },
    'a matrix that is not there': {
      text: GOOD.replace('links:', 'links:\n  matrix: { file: none.csv, unit: ms, kind: rtt }'),
      at: 'none.csv',
      field: 'links.matrix.file',
      words: /no such file/
    },
    'a matrix of another size': {
      text: GOOD.replace('links:', 'links:\n  matrix: { file: cloud12_rtt_ms.csv, unit: ms, kind: rtt }'),
      at: 'cloud12_rtt',
      field: 'links.matrix.file',
      words: /each of the 3 nodes.*found 12/
    },
    'a matrix that is no CSV': {
      text: GOOD.replace('links:', 'links:\n  matrix: { file: rtt.xls, unit: ms, kind: rtt }'),
      at: 'rtt.xls',
      field: 'links.matrix.file',
      words: /\*\.csv/
    },
    'a matrix without its unit': {
      text: GOOD.replace('links:', 'links:\n  matrix: { file: cloud12_rtt_ms.csv, kind: rtt }'),
      at: 'matrix',
      field: 'links.matrix.unit',
      words: /us or ms/
    },
    'asymmetry on one-way delays': {
      text: GOOD.replace('links:', 'links:\n  matrix: { file: cloud12_rtt_ms.csv, unit: ms, kind: owd, asymmetry: 0.1 }'),
      at: 'matrix',
      field: 'links.matrix.asymmetry',
      words: /direction already/
    },
    'a fault of nothing': { text: faulty('{ at: 1s }'), at: 'at: 1s', field: 'faults[0]', words: /either from and to/ },
    'a fault of both kinds': { text: faulty('{ at: 1s, from: fra, to: iad, node: scl, action: kill }'), at: 'at: 1s', field: 'faults[0]', words: /either from and to/ },
    'a fault that changes nothing': { text: faulty('{ at: 1s, from: fra, to: iad }'), at: 'at: 1s', field: 'faults[0]', words: /what changes/ },
    'a fault without its time': { text: faulty('{ node: fra, action: kill }'), at: 'action: kill', field: 'faults[0].at', words: /duration/ },
    'a fault of a node that there is not': { text: faulty('{ at: 1s, node: nowhere, action: kill }'), at: 'nowhere', field: 'faults[0].node', words: /fra, iad, scl/ },
    'an action that there is not': { text: faulty('{ at: 1s, node: fra, action: explode }'), at: 'explode', field: 'faults[0].action', words: /kill, stop, start/ },
    'a kill that changes a link': { text: faulty('{ at: 1s, node: fra, action: kill, loss: 1% }'), at: 'loss: 1%', field: 'faults[0].loss', words: /of a link/ },
    'a kill that ends by itself': { text: faulty('{ at: 1s, node: fra, action: kill, for: 3s }'), at: 'for: 3s', field: 'faults[0].for', words: /second fault/ }
  }
  for (const [what, { text, at, field, words }] of Object.entries(REFUSALS)) {
    it(`is refused for ${what}: line, field, what would do`, async () => {
      const error = await refusal(text)
      expect(error.code, error.message).to.equal('ERR_INVALID_INPUT')
      expect(error.message).to.match(words)
      expect(error.field, error.message).to.equal(field)
      expect(error.line, error.message).to.equal(lineOf(text, at))
      expect(error.message).to.include(`${FILE}:${error.line}`)
    })
  }

  it('is refused where its file is missing', async () => {
    await loadScenario('/nowhere/at/all.yaml').then(
      () => {
        throw new Error('accepted')
      },
      (error: { code: string; message: string }) => {
        expect(error.code).to.equal('ERR_INVALID_INPUT')
        expect(error.message).to.match(/all\.yaml.*no such scenario/)
      }
    )
  })
})
