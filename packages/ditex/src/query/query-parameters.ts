import { InvalidInputError } from '@srwan/interface'
import { checkQuery } from './check-query.ts'
import { parseCondition } from './condition.ts'
import { parsePlace } from './place.ts'
import type { DitexQuery } from './query.ts'

const NUMBERS: readonly string[] = ['asn', 'sinceEpoch', 'untilEpoch', 'sinceMs', 'untilMs', 'at', 'group', 'limit']
const TRUTHS: readonly string[] = ['history', 'arrived']

/**
 * A question out of text parameters, as a URL or a command line has them: names of {@link DitexQuery}, `where` repeated, `bestFrom`, `bestTo` and `by`.
 *
 * @throws InvalidInputError naming the parameter
 */
export function queryOfParameters(parameters: Readonly<Record<string, string | readonly string[] | undefined>>): DitexQuery {
  const query: Record<string, unknown> = {}
  const { where, bestFrom, bestTo, by, ...rest } = parameters
  for (const [name, value] of Object.entries(rest)) {
    if (value === undefined) continue
    if (typeof value !== 'string') throw bad(name, 'is given more than once')
    query[name] = NUMBERS.includes(name) ? numberOf(name, value) : TRUTHS.includes(name) ? truthOf(name, value) : value
  }
  if (where !== undefined) query['where'] = (typeof where === 'string' ? [where] : where).map((one) => parseCondition(one, 'where'))
  const best = bestOfParameters({ bestFrom, bestTo, by })
  return checkQuery(best === undefined ? query : { ...query, bestOf: best })
}

function bestOfParameters({ bestFrom, bestTo, by }: Readonly<Record<'bestFrom' | 'bestTo' | 'by', string | readonly string[] | undefined>>): object | undefined {
  if (bestFrom === undefined && bestTo === undefined) {
    if (by !== undefined) throw bad('by', 'ranks between bestFrom and bestTo, which are missing')
    return undefined
  }
  if (typeof bestFrom !== 'string' || typeof bestTo !== 'string') throw bad('bestTo', 'the best between two places needs both, bestFrom and bestTo, once')
  return { from: parsePlace(bestFrom, 'bestFrom'), to: parsePlace(bestTo, 'bestTo'), ...(by === undefined ? {} : { by }) }
}

function numberOf(name: string, text: string): number {
  if (!/^\d{1,16}$/.test(text)) throw bad(name, 'expected a whole number')
  return Number(text)
}

function truthOf(name: string, text: string): boolean {
  if (text !== 'true' && text !== 'false') throw bad(name, 'expected true or false')
  return text === 'true'
}

const bad = (field: string, message: string): InvalidInputError => new InvalidInputError({ source: 'query', field }, message)
