import { expect } from 'chai'
import { judge } from '../../scripts/bench/datapath/acceptance.js'
import { summarise } from '../../scripts/bench/datapath/statistics.js'

const COUNTS = { direct: 0, one: 1, two: 2 }
const figures = (values: Record<string, number>): ReturnType<typeof summarise> => summarise([values])

/** One run in which srwan takes a fifth of the peer's CPU and is four times as fast. */
const CHAINS = {
  direct: {
    veth: figures({ tcpCpuSecondsPerGigabit: 0.1 }),
    'wireguard-go': figures({ tcpCpuSecondsPerGigabit: 1, tcpGigabitsPerSecond: 1 }),
    srwan: figures({ tcpCpuSecondsPerGigabit: 0.2, tcpGigabitsPerSecond: 4 })
  },
  one: {
    'wireguard-go': figures({ tcpCpuSecondsPerGigabit: 2, tcpGigabitsPerSecond: 1 }),
    srwan: figures({ tcpCpuSecondsPerGigabit: 0.5, tcpGigabitsPerSecond: 4, tcpTransitCpuSecondsPerGigabit: 0.1 })
  },
  two: { veth: figures({ tcpCpuSecondsPerGigabit: 0.12 }), srwan: figures({ tcpCpuSecondsPerGigabit: 0.6 }) }
}

const verdicts = (chains: object): string[] =>
  (judge(chains as typeof CHAINS, COUNTS) as { row: number; verdict: string; value?: number }[]).map(({ row, verdict, value }) =>
    `${row} ${verdict} ${value?.toFixed(2) ?? ''}`.trim()
  )

describe('the acceptance table of the datapath’s benchmark', () => {
  it('computes each ratio from the medians and holds it against its bound', () => {
    expect(verdicts(CHAINS).filter((line) => !line.includes('not measured'))).to.deep.equal([
      '1 met 0.20',
      '2 missed 0.25',
      '3 met 4.00',
      '3 missed 4.00',
      '6 met 10.00',
      '6 met 1.20'
    ])
  })

  it('says of a missing peer that nothing was measured, and never that a bound was met', () => {
    const { direct, ...rest } = CHAINS
    expect(verdicts({ ...rest, direct: { veth: direct.veth, srwan: direct.srwan } }).slice(0, 1)).to.deep.equal(['1 not measured'])
  })

  it('does not divide by a cost of plain veth that the noise has made negative', () => {
    const two = { ...CHAINS.two, veth: figures({ tcpCpuSecondsPerGigabit: 0.09 }) }
    expect(verdicts({ ...CHAINS, two }).filter((line) => line.startsWith('6'))[0]).to.equal('6 not measured')
  })

  it('summarises repetitions by median, least and most', () => {
    expect(summarise([{ a: 3 }, { a: 1 }, { a: 10 }, { a: 5, b: 2 }])).to.deep.equal({ a: { median: 4, min: 1, max: 10, count: 4 }, b: { median: 2, min: 2, max: 2, count: 1 } })
  })
})
