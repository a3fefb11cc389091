import type { MatrixDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { padEnd, padStart, safe, secondsText, width } from '../text/quantities.ts'

/** Upper bounds in ms and the colours (xterm 256) of cells below them. */
const SCALE: readonly (readonly [number, number])[] = [
  [10, 48],
  [30, 84],
  [60, 154],
  [100, 190],
  [150, 220],
  [250, 208],
  [Infinity, 203]
]
/** A cell is shown as old from this many pulse intervals on; after 3 it is not used any more. */
const OLD_INTERVALS = 1.5
/** Loss that a person should see. */
const SHOWN_LOSS = 0.01
const MAX_NAME = 12
const DEFAULT_COLUMNS = 120

type What = 'delay' | 'loss' | 'age'

/** `srwan matrix`: one row per sender, one column per receiver. */
export async function matrix(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const document = await context.client.matrix(context.signal)
  if (context.json(document)) return
  const what = options['show'] as What
  const raw = options['raw'] === true
  for (const line of [...heading(document, what, raw, context), '', ...table(document, what, raw, context), '', ...legend(document, what, raw, context)]) context.print(line)
}

function heading(document: MatrixDocument, what: What, raw: boolean, { colors }: Context): string[] {
  const title = {
    delay: raw
      ? "One-way delay in ms as measured: receiver's clock minus sender's, clock offsets included"
      : 'One-way delay in ms, clock offsets estimated and removed (--raw: as measured)',
    loss: 'One-way loss in %',
    age: 'Age of the last measurement in s'
  }[what]
  const ages = document.ageMs.flat().filter((age): age is number => age !== null)
  const oldest = ages.length === 0 ? 'nothing measured yet' : `oldest ${secondsText(Math.max(...ages) / 1000)} ago`
  return [
    colors.bold(title),
    colors.dim(`row sends → column receives · ${document.routers.length} routers · measured every ${secondsText(document.pulseIntervalMs / 1000)} · ${oldest}`)
  ]
}

function table(document: MatrixDocument, what: What, raw: boolean, context: Context): string[] {
  const names = document.routers.map(({ name, sid }) => safe(name ?? sid).slice(0, MAX_NAME))
  const text = cellText(document, what, raw)
  const cells = document.routers.map((_, i) => document.routers.map((__, j) => text(i, j)))
  const widest = Math.max(5, ...cells.flat().map((cell) => width(cell)))
  const label = Math.max(...names.map((name) => width(name)), 0) + 4
  const byName = label + names.length * (Math.max(widest, ...names.map((name) => width(name))) + 2) <= (context.stdout.columns ?? DEFAULT_COLUMNS)
  const heads = names.map((name, index) => (byName ? name : String(index + 1)))
  const columns = Math.max(widest, ...heads.map((head) => width(head)))
  const { colors } = context
  const header = `${' '.repeat(label)}${heads.map((head) => padStart(colors.dim(head), columns + 2)).join('')}`
  return [
    header,
    ...cells.map((row, i) => {
      const own = document.routers[i]?.sid === document.self
      const name = `${byName ? '' : padStart(`${i + 1} `, 4)}${own ? colors.bold(names[i] ?? '') : names[i]}`
      return padEnd(name, label) + row.map((cell, j) => padStart(paintCell(document, cell, [i, j], context), columns + 2)).join('')
    })
  ]
}

/** @returns what stands in row i, column j */
function cellText(document: MatrixDocument, what: What, raw: boolean): (i: number, j: number) => string {
  const grid = { delay: raw ? document.oneWayDelayMs : document.estimatedOneWayDelayMs, loss: document.loss, age: document.ageMs }[what]
  const write = {
    loss: (value: number) => (value * 100).toFixed(1),
    age: (value: number) => (value / 1000).toFixed(1),
    delay: (value: number, i: number, j: number) =>
      `${value.toFixed(1)}${(document.loss[i]?.[j] ?? 0) >= SHOWN_LOSS ? '*' : ''}${document.oneWayDelayMs[i]?.[j] === null ? '~' : ''}`
  }[what]
  return (i, j) => {
    const value = grid[i]?.[j] ?? null
    if (i === j) return '·'
    return value === null ? '?' : write(value, i, j)
  }
}

function paintCell(document: MatrixDocument, text: string, [i, j]: readonly [number, number], { colors }: Context): string {
  if (!colors.isColorSupported) return text
  const value = document.estimatedOneWayDelayMs[i]?.[j] ?? null
  const age = document.ageMs[i]?.[j] ?? null
  if (i === j || value === null) return colors.dim(text)
  const [, code] = SCALE.find(([bound]) => value < bound) ?? [0, 203]
  const painted = `\u001b[38;5;${code}m${text}\u001b[39m`
  return age !== null && age > OLD_INTERVALS * document.pulseIntervalMs ? colors.dim(painted) : painted
}

function legend(document: MatrixDocument, what: What, raw: boolean, { colors }: Context): string[] {
  const lossy = document.loss.flat().some((loss) => (loss ?? 0) >= SHOWN_LOSS)
  const stale = document.estimatedOneWayDelayMs.some((row, i) => row.some((cell, j) => cell !== null && document.oneWayDelayMs[i]?.[j] === null))
  const parts = [
    '? unknown',
    ...(stale ? ['~ stale, not used'] : []),
    ...(what === 'delay' && lossy ? ['* loses 1 % or more'] : []),
    ...(colors.isColorSupported ? ['dim: older than usual'] : [])
  ]
  const scale =
    colors.isColorSupported && what === 'delay' && !raw
      ? [
          `${SCALE.slice(0, -1)
            .map(([bound, code]) => `\u001b[38;5;${code}m<${bound}\u001b[39m`)
            .join(' ')} \u001b[38;5;203m≥250 ms\u001b[39m`
        ]
      : []
  const word =
    what !== 'delay'
      ? []
      : [
          raw
            ? 'Offsets cancel in sums along paths between the same two ends; single cells do not compare.'
            : "Sums of both directions are exact; how they split assumes that a router's asymmetries average out."
        ]
  return [colors.dim(parts.join(' · ')), ...scale, ...word.map((line) => colors.dim(line))]
}
