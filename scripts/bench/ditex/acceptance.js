import { COMPARISONS, timesAhead } from './comparisons.js'

/** Bounds of the large store hold for this many entries, and say nothing of a smaller one. */
const MILLION = 1_000_000

/** Bounds of what srwan does alone. */
const RULES = [
  { figure: 'verified, entries a second a core', least: 8000, value: ({ alone }) => alone.verifyACpuSecond },
  { figure: 'appended durably, entries a second a core', least: 2000, value: ({ alone }) => alone.appendACpuSecond },
  { figure: 'restart with a million entries, s', most: 15, large: true, value: ({ alone }) => alone.restartSeconds },
  { figure: '… the most memory of it, GB', most: 1, large: true, value: ({ alone }) => scaled(alone.restartPeakMebibytes, 2 ** 20 / 1e9) },
  { figure: 'question to a million entries, p99 of the slowest manner, ms', most: 20, large: true, value: ({ questions }) => slowest(questions) },
  { figure: '… over libp2p with proofs', most: 20, large: true, value: ({ wireQuestions }) => slowest(wireQuestions) }
]

const scaled = (figure, factor) => (figure === undefined ? undefined : { median: figure.median * factor })

/** Of the manners in which was asked the one with the greatest 99th percentile. */
function slowest(questions) {
  const all = Object.values(questions ?? {}).map(({ p99Ms }) => p99Ms.median)
  return all.length === 0 ? undefined : { median: Math.max(...all) }
}

/**
 * What must hold, from medians of one run.
 *
 * @param {object} result
 * @param {number} result.entries - in the large store
 * @param {{ srwan: object, orbitdb?: object }} result.systems - summaries by figure, on the same entries
 * @param {object} result.alone - summaries of srwan on more entries
 * @param {object} [result.questions] - summaries of the questions to the large store, by manner
 * @param {object} [result.wireQuestions]
 * @returns {{ figure: string, bound: string, value?: number, verdict: 'met' | 'missed' | 'not measured' }[]}
 */
export function judge(result) {
  const own = RULES.map(({ figure, least, most, large, value }) => {
    const measured = large === true && result.entries < MILLION ? undefined : value(result)
    return verdictOf(figure, measured?.median ?? Number.NaN, { least, most })
  })
  const against = COMPARISONS.filter(({ least }) => least !== undefined).map((comparison) =>
    verdictOf(`times ahead of OrbitDB: ${comparison.title}`, timesAhead(comparison, result.systems), comparison)
  )
  return [...own, ...against]
}

function verdictOf(figure, value, { least, most }) {
  const bound = most === undefined ? `≥ ${least.toLocaleString('en')}` : `≤ ${most}`
  if (!Number.isFinite(value)) return { figure, bound, verdict: 'not measured' }
  return { figure, bound, value, verdict: (most === undefined || value <= most) && (least === undefined || value >= least) ? 'met' : 'missed' }
}
