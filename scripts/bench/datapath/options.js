import { StopError } from '../../workshop/stages.js'

/** Options of the command line that concern the larger benchmarks, for `parseArgs`; each takes those that it knows. */
export const DATAPATH_OPTIONS = {
  short: { type: 'boolean', default: false },
  repetitions: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
  entries: { type: 'string' },
  chains: { type: 'string' },
  'udp-chains': { type: 'string' },
  'no-history': { type: 'boolean', default: false }
}

function positive(name, text) {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new StopError(`--${name} is a whole number from 1, not ${text}`, 2)
  return value
}

/** What was given on the command line, as the benchmark wants it. */
export function datapathOptions(values) {
  return {
    short: values.short,
    keep: !values['no-history'],
    repetitions: positive('repetitions', values.repetitions),
    seconds: positive('seconds', values.seconds),
    entries: positive('entries', values.entries),
    udpRate: positive('rate', values.rate),
    chains: values.chains?.split(','),
    udpChains: values['udp-chains']?.split(',')
  }
}
