import { expect } from 'chai'
import { judge } from '../../scripts/bench/ditex/acceptance.js'
import { summarise } from '../../scripts/bench/datapath/statistics.js'

const figures = (values: Record<string, number>): ReturnType<typeof summarise> => summarise([values])

const RESULT = {
  entries: 1_000_000,
  systems: {
    srwan: figures({ verifyACpuSecond: 1000, getMs: 1, syncAllOctets: 100 }),
    orbitdb: figures({ verifyACpuSecond: 200, getMs: 4, getIndexedMs: 0.5, syncAllOctets: 700 })
  },
  alone: figures({ verifyACpuSecond: 9000, appendACpuSecond: 1999, restartSeconds: 14, restartPeakMebibytes: 960 }),
  questions: { 'one key': figures({ p99Ms: 2 }), 'one author': figures({ p99Ms: 21 }) },
  wireQuestions: { 'one key': figures({ p99Ms: 20 }) }
}

const verdicts = (result: Partial<typeof RESULT>): string[] =>
  (judge({ ...RESULT, ...result }) as { figure: string; verdict: string; value?: number }[])
    .filter(({ verdict }) => verdict !== 'not measured')
    .map(({ figure, verdict, value }) => `${figure}: ${value?.toFixed(2) ?? ''} ${verdict}`)

describe('the acceptance table of the exchange’s benchmark', () => {
  it('holds srwan’s own figures against their bounds, the slowest manner of asking, and what both do as times ahead', () => {
    expect(verdicts({})).to.deep.equal([
      'verified, entries a second a core: 9000.00 met',
      'appended durably, entries a second a core: 1999.00 missed',
      'restart with a million entries, s: 14.00 met',
      '… the most memory of it, GB: 1.01 missed',
      'question to a million entries, p99 of the slowest manner, ms: 21.00 missed',
      '… over libp2p with proofs: 20.00 met',
      'times ahead of OrbitDB: verified, entries a CPU second: 5.00 met',
      'times ahead of OrbitDB: one key, ms; OrbitDB: keyvalue: 4.00 missed',
      'times ahead of OrbitDB: one key, ms; OrbitDB: keyvalue-indexed: 0.50 missed',
      'times ahead of OrbitDB: sync of all, octets on the wire: 7.00 met'
    ])
  })

  it('says of the bounds for a million entries that nothing was measured where the store was smaller', () => {
    expect(verdicts({ entries: 999_999 }).filter((line) => /million|memory|libp2p/.test(line))).to.deep.equal([])
  })

  it('says of a peer that is missing that nothing was measured, and never that a bound was met', () => {
    const { srwan } = RESULT.systems
    expect(verdicts({ systems: { srwan } as typeof RESULT.systems }).filter((line) => line.includes('OrbitDB'))).to.deep.equal([])
  })
})
