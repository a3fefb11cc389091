import { StopError } from '../../workshop/stages.js'

const SECONDS = 600

/** Options of the command line that concern the endurance run, for `parseArgs`. */
export const ENDURANCE_OPTIONS = { seconds: { type: 'string' }, single: { type: 'boolean', default: false } }

/** @returns {{ seconds: number, single: boolean }} what was given on the command line, as the run wants it */
export function enduranceOptions({ seconds, single }) {
  const number = seconds === undefined ? SECONDS : Number(seconds)
  if (!Number.isInteger(number) || number < 10) throw new StopError(`--seconds is a whole number from 10, not ${seconds}`, 2)
  return { seconds: number, single }
}
