import { systemClock } from '@srwan/clock'
import { parseDuration } from '@srwan/config'
import { InvalidInputError } from '@srwan/interface'
import type { DitexQuery } from '@srwan/daemon/ask-exchange'

type Parameters = Record<string, string | readonly string[]>

const PLAIN = ['kind', 'key', 'keyPrefix', 'author', 'country', 'city', 'asn', 'bestFrom', 'bestTo', 'group', 'limit', 'cursor'] as const

/** The flags of `ditex query` and `ditex follow` as parameters of a question. @throws InvalidInputError naming the flag */
export function queryParameters(options: Readonly<Record<string, unknown>>): Parameters {
  const parameters: Parameters = {}
  for (const name of PLAIN) if (options[name] !== undefined) parameters[name] = String(options[name]).replace(name === 'asn' ? /^AS/i : /$^/, '')
  if (Array.isArray(options['where'])) parameters['where'] = options['where'].map(String)
  if (options['history'] === true) parameters['history'] = 'true'
  if (options['by'] !== undefined) parameters['by'] = String(options['by'])
  for (const name of ['since', 'until'] as const) if (options[name] !== undefined) Object.assign(parameters, timeParameter(name, String(options[name])))
  return parameters
}

/** Errors of the question in the words of the command line. @throws what `make` throws, with the flag as its source */
export function inFlags(make: () => DitexQuery): DitexQuery {
  try {
    return make()
  } catch (error) {
    const { code, field, source, message } = error as { code?: unknown; field?: unknown; source?: unknown; message: string }
    if (code !== 'ERR_INVALID_INPUT' || String(source).startsWith('--')) throw error
    const name = typeof field === 'string' && field !== '' ? (field.split('.')[0] ?? '') : String(source)
    const flag = `--${name.replace(/(Epoch|Ms)$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw new InvalidInputError({ source: flag }, message.slice(message.indexOf(': ') + 2))
  }
}

/** An epoch (`epoch:412`), a date, or a time ago (`2h`). */
function timeParameter(name: 'since' | 'until', text: string): Parameters {
  const epoch = /^epoch:(\d{1,10})$/.exec(text)
  if (epoch !== null) return { [`${name}Epoch`]: epoch[1] ?? '' }
  const ago = parseDuration(text)
  const at = ago === undefined ? Date.parse(text) : systemClock().wallTime() - ago
  if (Number.isFinite(at) && at >= 0) return { [`${name}Ms`]: String(Math.floor(at)) }
  throw new InvalidInputError({ source: `--${name}` }, `expected a date, a time ago such as 2h, or epoch:NUMBER; found ${JSON.stringify(text)}`)
}
