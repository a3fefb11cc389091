import type { CandidateEntry, PathDocument } from '@srwan/api/light'
import type { Context } from '../context.ts'
import { columnsOf, differenceText, msText, safe, secondsText } from '../text/quantities.ts'

/** `srwan path DST [--explain]` */
export async function path(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<undefined> {
  const { client, signal, colors } = context
  const document = await client.path(args[0] ?? '', { color: String(options['color']), ...(options['fresh'] === true ? { fresh: true } : {}) }, signal)
  if (context.json(document)) return
  const route = (segments: readonly string[]): string => segments.map((sid) => safe(document.names[sid] ?? sid)).join(' → ')
  context.print(`${colors.bold(safe(document.destination.name ?? document.destination.sid))} ${colors.dim(`(${document.destination.overlayAddress}) for ${document.color}`)}`)
  context.print(`  there  ${route(document.active.segments)}${isDirect(document.active.segments)}`)
  context.print(`  back   ${route(document.reverse.active.segments)}${isDirect(document.reverse.active.segments)}`)
  context.print(`  ${gainText(document, colors)}`)
  context.print(`  ${safe(document.explanation)}`)
  if (options['explain'] !== true) return
  for (const line of explanation(document, route, context)) context.print(line)
}

const isDirect = (segments: readonly string[]): string => (segments.length === 1 ? ' (the default path)' : '')

function gainText(document: PathDocument, colors: Context['colors']): string {
  const { active, default: direct } = document.roundTripMs
  if (active === null) return colors.yellow('round trip unknown: the probes of the last decision were lost')
  if (document.improvementMs === null) return `round trip ${msText(active)}; the default path ${colors.yellow('does not answer')}`
  if (document.active.segments.length === 1 && document.reverse.active.segments.length === 1) return `round trip ${msText(active)}`
  return `round trip ${colors.green(msText(active))} instead of ${msText(direct)}: ${differenceText(-document.improvementMs)}`
}

function explanation(document: PathDocument, route: (segments: readonly string[]) => string, { colors }: Context): string[] {
  const block = (title: string, candidates: readonly CandidateEntry[], standby: readonly string[] | undefined): string[] => [
    '',
    colors.bold(title),
    ...columnsOf(
      candidates.map(({ segments, cost, reason }) => [
        `${reason === 'active' ? colors.green('●') : ' '} ${route(segments)}`,
        differenceText(cost),
        `${reasonText(reason)}${segments.length === 1 ? ' (default path)' : ''}${standby !== undefined && reason !== 'standby' && same(standby, segments) ? ' (standby)' : ''}`
      ]),
      '  '
    )
  ]
  return [
    ...block('Candidates there, one-way delay against the default path', document.candidates, document.standby?.segments),
    ...block('Candidates back', document.reverse.candidates, document.reverse.standby?.segments),
    '',
    colors.dim(`decided ${secondsText(document.decidedAgoMs / 1000)} ago from sealed end-to-end probes; in use since ${document.active.since}`)
  ]
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join()

const REASONS: Readonly<Record<string, string>> = {
  active: 'in use',
  standby: 'takes over when the path in use breaks',
  default: 'always a candidate',
  'not-better': 'no better than the path in use',
  'below-threshold': 'better, but by less than a switch is worth',
  waiting: 'better; waits for a second round',
  'held-down': 'held down after a change of mind',
  unreachable: 'its probes were lost',
  estimate: 'by the matrix only, not probed'
}

const reasonText = (reason: string): string => REASONS[reason] ?? reason
