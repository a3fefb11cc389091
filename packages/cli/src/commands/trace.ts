import { createClient, EXIT } from '@srwan/api/light'
import type { TraceDocument, TraceHop } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { countOption, durationOption } from '../option-values.ts'
import { columnsOf, differenceText, msText, padStart, safe } from '../text/quantities.ts'

/** The daemon's bound for one request. */
const MAX_COUNT = 100
const MIN_INTERVAL_MS = 10
const MAX_INTERVAL_MS = 10_000
/** Opening sessions to every hop, and asking once more over the direct way back. */
const PATIENCE_MS = 30_000

/** `srwan trace DST`: exit code 1 where nothing came back from the destination; a silent hop on the way is no failure. */
export async function trace(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const count = countOption('--count', options['count'], { minimum: 1, maximum: MAX_COUNT })
  const intervalMs = durationOption('--interval', options['interval'], { minimum: MIN_INTERVAL_MS, maximum: MAX_INTERVAL_MS })
  const client = createClient({ socket: context.paths.socket, timeoutMs: 2 * count * intervalMs + PATIENCE_MS })
  const path = options['path'] === undefined ? {} : { path: String(options['path']) }
  const document = await client.trace(args[0] ?? '', { color: String(options['color']), count, intervalMs, ...path }, context.signal)
  if (!context.json(document)) for (const line of traceLines(document, context)) context.print(line)
  return document.roundTripMs === null ? EXIT.failure : EXIT.ok
}

function traceLines(document: TraceDocument, { colors }: Context): string[] {
  const { destination, path, names, hops, count } = document
  const nameOf = (sid: string): string => safe(names[sid] ?? sid)
  const route = (segments: readonly string[]): string => segments.map(nameOf).join(' → ')
  const header = ['hop', 'router', 'SID', 'min', 'median', 'lost', 'adds', 'matrix there / back', '']
  const rows = hops.map((hop, index) => [`${index + 1}`, nameOf(hop.sid), hop.sid, ...figures(hop), noteOf(hop)])
  return [
    `${colors.bold(`TRACE ${safe(destination.name ?? destination.sid)}`)} (${destination.overlayAddress}) for ${document.color}, ${count} probes to each hop${document.inUse ? '' : ', over the path given'}`,
    `  there  ${route(path.forward)}`,
    `  back   ${route(path.reverse)}`,
    ...columnsOf(alignedFigures([header, ...rows]), '  '),
    wholeText(document)
  ]
}

function figures({ roundTripMs, lossRatio, incrementMs, matrixMs }: TraceHop): string[] {
  const known = (value: number | null): string => (value === null ? '?' : value.toFixed(1))
  const adds = incrementMs === null ? '?' : differenceText(incrementMs)
  return [msText(roundTripMs?.min), msText(roundTripMs?.median), lossText(lossRatio), adds, `${known(matrixMs.there)} / ${known(matrixMs.back)} ms`]
}

const lossText = (ratio: number): string => `${(100 * ratio).toFixed((100 * ratio) % 1 === 0 ? 0 : 1)}%`

/** Answers over another way back are no sum of the segments before. */
const noteOf = ({ forward, reverse }: TraceHop): string => (reverse.length === forward.length ? '' : 'answered directly only')

/** Figures stand under each other at their last digit. */
function alignedFigures(rows: readonly (readonly string[])[]): string[][] {
  const [first, last] = [3, 7]
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) => row.map((cell, column) => (column >= first && column <= last ? padStart(cell, width(column)) : cell)))
}

function wholeText({ roundTripMs, lossRatio }: TraceDocument): string {
  if (roundTripMs === null) return 'whole path: nothing came back'
  const { min, median, max } = roundTripMs
  return `whole path: round trip min/median/max = ${[min, median, max].map((value) => value.toFixed(2)).join('/')} ms, ${lossText(lossRatio)} lost`
}
