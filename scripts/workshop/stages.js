import { performance } from 'node:perf_hooks'

/** Progress goes to stderr: stdout belongs to the data. */
export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** An end that is not a defect of the script: the message is all that the reader needs. */
export class StopError extends Error {
  name = 'StopError'
  constructor(message, exitCode = 1, options = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** What was wanted needs something that this machine has not. */
export class UnsupportedError extends StopError {
  name = 'UnsupportedError'
}

const seconds = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`

/**
 * Runs one named stage and prints how long it took.
 *
 * @param {string} name - what is being done, one to four words
 * @param {() => Promise<any>} work - may return a short note for the line
 */
export async function stage(name, work) {
  const from = performance.now()
  try {
    const note = await work()
    say(`  ${name.padEnd(26)} ${seconds(from).padStart(8)}${typeof note === 'string' && note !== '' ? `  ${note}` : ''}`)
    return note
  } catch (error) {
    say(`  ${name.padEnd(26)} ${seconds(from).padStart(8)}  FAILED`)
    throw error
  }
}

/**
 * Lets several works go on at once and waits for all of them, also where one fails: nothing of theirs goes on behind the script's back.
 *
 * @param {(() => Promise<any>)[]} works
 * @throws what the first that failed threw
 */
export async function together(works) {
  const results = await Promise.allSettled(works.map((work) => work()))
  const failed = results.find(({ status }) => status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Runs a script's main function: prints the error of a failed one and sets the exit code. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    say(error instanceof StopError ? error.message : (error?.stack ?? String(error)))
    process.exitCode = error instanceof StopError ? error.exitCode : 1
  }
}
