import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { parseLatencyMatrix, parseScenario, readLatencyMatrix, trueOneWayDelayMs } from '../src/index.ts'

const PLAIN = '0,10,20\n30,0,40\n50,60,0\n'
const CELLS = [
  [0, 10, 20],
  [30, 0, 40],
  [50, 60, 0]
]

describe('a latency matrix', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-matrix-'))
  })
  after(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  it('reads with and without names, plain and gzipped', async () => {
    expect(parseLatencyMatrix(PLAIN, 'm').cells).to.deep.equal(CELLS)
    expect(parseLatencyMatrix('src,a,b,c\na,0,10,20\nb,30,0,40\nc,50,60,0\n', 'm')).to.deep.equal({ names: ['a', 'b', 'c'], cells: CELLS })
    expect(parseLatencyMatrix('a,b,c\n0,10,20\r\n30,0,40\n50,60,-1\n', 'm')).to.deep.equal({ names: ['a', 'b', 'c'], cells: CELLS })
    const file = join(directory, 'm.csv.gz')
    await writeFile(file, gzipSync(PLAIN))
    expect((await readLatencyMatrix(file)).cells).to.deep.equal(CELLS)
  })

  for (const [what, text, words] of [
    ['nothing', '\n', /holds nothing/],
    ['a short line', '0,1,2\n1,0\n1,2,0\n', /m:2: holds 2 values; expected 3/],
    ['a missing cell', '0,1\n,0\n', /m:2 \(column 1\): expected a number above 0; found ""/],
    ['a negative cell', '0,-1\n1,0\n', /m:1 \(column 2\).*found "-1"/],
    ['a word', '0,1,2\n1,0,x\n1,2,0\n', /m:2 \(column 3\).*found "x"/]
  ] as const) {
    it(`is refused for ${what}, with its line`, () => {
      expect(() => parseLatencyMatrix(text, 'm')).to.throw(words)
    })
  }

  it('is refused where it is no gzip file', async () => {
    const file = join(directory, 'bad.csv.gz')
    await writeFile(file, PLAIN)
    await readLatencyMatrix(file).then(
      () => {
        throw new Error('accepted')
      },
      (error: Error) => {
        expect(error.message).to.match(/no usable gzip/)
      }
    )
  })

  it('never throws anything but InvalidInputError, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.,-\neE x'.split('')) }), (text) => {
        try {
          parseLatencyMatrix(text, 'm')
        } catch (error) {
          expect(error).to.have.property('code', 'ERR_INVALID_INPUT')
        }
      })
    )
  })

  const scenarioWith = async (matrix: string, seed: number): Promise<number[][]> => {
    await writeFile(join(directory, 'm.csv'), PLAIN)
    return trueOneWayDelayMs(
      await parseScenario(`name: m\nseed: ${seed}\nnodes: [{ name: a }, { name: b }, { name: c }]\nlinks: { matrix: ${matrix} }\n`, join(directory, 'm.yaml'))
    )
  }

  it('becomes one-way delays: both directions add up to the mean round trip, the asymmetry stays within its bound and comes from the seed', async () => {
    const rtt = '{ file: m.csv, unit: ms, kind: rtt, asymmetry: 0.2 }'
    const delays = await scenarioWith(rtt, 7)
    const asymmetries: number[] = []
    for (let i = 0; i < 3; i++) {
      for (let j = i + 1; j < 3; j++) {
        const mean = ((CELLS[i]?.[j] ?? 0) + (CELLS[j]?.[i] ?? 0)) / 4
        const [there, back] = [delays[i]?.[j] ?? NaN, delays[j]?.[i] ?? NaN]
        expect(there + back).to.be.closeTo(2 * mean, 1e-9)
        asymmetries.push(there / mean - 1)
      }
    }
    for (const asymmetry of asymmetries) expect(Math.abs(asymmetry)).to.be.within(1e-6, 0.2)
    expect(new Set(asymmetries).size).to.equal(3)
    expect(await scenarioWith(rtt, 7)).to.deep.equal(delays)
    expect(await scenarioWith(rtt, 8)).not.to.deep.equal(delays)
  })

  it('without asymmetry halves the mean; microseconds are a thousandth; one-way delays stay as they are', async () => {
    expect(await scenarioWith('{ file: m.csv, unit: ms, kind: rtt }', 1)).to.deep.equal([
      [0, 10, 17.5],
      [10, 0, 25],
      [17.5, 25, 0]
    ])
    expect((await scenarioWith('{ file: m.csv, unit: us, kind: owd }', 1))[2]?.[1]).to.be.closeTo(0.06, 1e-12)
    expect(await scenarioWith('{ file: m.csv, unit: ms, kind: owd }', 1)).to.deep.equal(CELLS)
  })
})
