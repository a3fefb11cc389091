import type { AccountingDocument } from '@srwan/api'
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathBecomes, reach } from './round-trips.ts'
import { eventually, srwan, Testnet, type TestnetNode } from './testnet-run.ts'
import { threeCities } from './three-cities.ts'

/** Like the detour, with a link that loses and one that doubles packets; the direct way is bad enough that data goes over lon. */
const SCENARIO = threeCities(
  'ledgers',
  `
  default: { delay: 60ms, jitter: 0ms, loss: 0%, rate: 1gbit }
  pairs:
    - { from: fra, to: lon, delay: 10ms, duplicate: 1% }
    - { from: lon, to: fra, delay: 10ms }
    - { from: lon, to: chi, delay: 20ms, loss: 1% }
    - { from: chi, to: lon, delay: 20ms, duplicate: 1% }
`
)

type Session = AccountingDocument['sessions'][number]

/** Beside each other, before and again after the restart of the transit: with their answers 2.4 MB each way. */
const SERIES = 4
const PACKETS = 500
const PACKET_OCTETS = 1_200
/** After the last packet: an echo, its repetitions, probes that end. */
const QUIET_MS = 20_000
/** One checkpoint interval and the writing, on a busy machine. */
const CHECKPOINT_MS = 15_000

describe('the ledgers of all nodes', function () {
  this.timeout(240_000)
  let testnet: Testnet
  let fra: TestnetNode
  let lon: TestnetNode
  let chi: TestnetNode

  before(async () => {
    testnet = await Testnet.start(SCENARIO)
    const nodes = await testnet.nodes()
    ;[fra, lon, chi] = ['fra', 'lon', 'chi'].map((name) => nodes.find((node) => node.name === name)) as [TestnetNode, TestnetNode, TestnetNode]
    await reach(testnet, 'fra', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
  })
  after(async () => {
    await testnet?.down()
  })

  const accounting = async (node: TestnetNode): Promise<AccountingDocument> => testnet.get<AccountingDocument>(node, '/v1/accounting')
  const ours = ({ sessions }: AccountingDocument, id: number): readonly Session[] =>
    sessions.filter(({ session, ingress, egress }) => session === id && ingress === fra.sid && egress === chi.sid)
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

  /** Echo requests: nothing in them waits for a greeting that the lossy link may take, as the start of a stream of iperf3 does. */
  async function traffic(): Promise<void> {
    const series = Array.from({ length: SERIES }, () => testnet.exec('fra', 'ping', '-q', '-c', `${PACKETS}`, '-i', '0.002', '-s', `${PACKET_OCTETS}`, chi.overlayAddress))
    for (const { code, stdout, stderr } of await Promise.all(series)) expect(code, stdout + stderr).to.equal(0)
  }

  it('agree to the octet at the ends and never grow along the path, with loss, copies and a restart of the transit', async () => {
    await traffic()
    const before = await accounting(lon)
    await testnet.change('lon', '--stop')
    await testnet.change('lon', '--start')
    await pathBecomes(testnet, fra, chi, [lon])
    await traffic()
    await eventually(async () => {
      const [ingress, transit, egress] = (await Promise.all([fra, lon, chi].map(accounting))) as [AccountingDocument, AccountingDocument, AccountingDocument]
      const paid = ingress.sessions.filter(({ role, egress: end }) => role === 'ingress' && end === chi.sid)
      expect(paid).to.not.deep.equal([])
      for (const own of paid) {
        const forward = own.paths.filter(({ direction }) => direction === 'forward')
        const reverse = own.paths.filter(({ direction }) => direction === 'reverse')
        const [far] = ours(egress, own.session)
        expect(sum(forward.map(({ sentOctets }) => sentOctets)), 'lists and session').to.equal(own.forwardOctets)
        expect(sum(forward.map(({ confirmedOctets }) => confirmedOctets)), 'echoed and accepted').to.equal(far?.forwardOctets)
        expect(sum(reverse.map(({ receivedOctets }) => receivedOctets)), 'lists and session back').to.equal(own.reverseOctets)
        const hops = ours(transit, own.session)
        const over = (paths: Session['paths'], key: 'sentOctets' | 'confirmedOctets'): number =>
          sum(paths.filter(({ segments }) => segments.includes(lon.sid)).map((path) => path[key]))
        const carried = sum(hops.map(({ forwardOctets }) => forwardOctets))
        expect(carried, 'arrived at the transit').to.be.at.most(over(forward, 'sentOctets'))
        expect(over(forward, 'confirmedOctets'), 'arrived at the egress').to.be.at.most(carried)
      }
      const carried = transit.carried.find(({ member }) => member === fra.sid)?.forwardOctets ?? 0
      expect(carried).to.be.above((before.carried.find(({ member }) => member === fra.sid)?.forwardOctets ?? 0) + 1_000_000)
      const lost = ingress.hops.find(({ hop, egress: end }) => hop === lon.sid && end === chi.sid)
      expect(lost?.lossRatio).to.be.within(0.002, 0.05)
    }, QUIET_MS)
  })

  it('are what people see', async () => {
    const { code, stdout } = await srwan('--home', fra.home, 'accounting')
    expect(code).to.equal(0)
    expect(stdout).to.match(/lon +chi +[\d.]+ MB +[\d.]+ MB +\d\.\d\d%/)
    const status = await testnet.get<{ readonly carried: readonly { readonly name: string; readonly forwardOctets: number }[] }>(lon, '/v1/status')
    expect(status.carried[0]?.name).to.equal('fra')
  })

  it('go on after the node was killed', async () => {
    const of = async (): Promise<number> => (await accounting(lon)).totals.transit.forwardOctets
    const before = await of()
    await eventually(async () => {
      expect(await transitOctetsOnDisk(lon), 'in the checkpoint').to.be.at.least(before)
    }, CHECKPOINT_MS)
    await testnet.change('lon', '--kill')
    await testnet.change('lon', '--start')
    const after = await eventually(of, 20_000)
    expect(after).to.be.within(before, before + 1_000_000)
  })
})

interface Counted {
  readonly role: string
  readonly forwardOctets: number
}

/** The second line of a checkpoint is its content. */
async function transitOctetsOnDisk({ home }: TestnetNode): Promise<number> {
  const [, body = ''] = (await readFile(join(home, 'state', 'ledger'), 'utf8')).split('\n')
  const { sessions, folded } = JSON.parse(body) as { sessions: Counted[]; folded: Counted[] }
  return [...sessions, ...folded].filter(({ role }) => role === 'transit').reduce((total, { forwardOctets }) => total + forwardOctets, 0)
}
