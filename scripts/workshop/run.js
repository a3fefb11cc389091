import { spawn } from 'node:child_process'
import { ROOT } from './repository.js'
import { StopError } from './stages.js'

/** What a captured program may print before the rest is cut; enough for any compiler's last words. */
const MAX_CAPTURED = 4_000_000

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd] - the checkout's top by default
 * @param {Record<string, string>} [options.env] - added to this process's own
 * @param {'capture' | 'stderr'} [options.output] - keep what it prints, or pass it on to stderr
 * @param {AbortSignal} [options.signal] - ends the program with SIGTERM
 * @param {string} [options.input] - for its stdin, which is otherwise empty
 * @returns {Promise<{ code: number, stdout: string, output: string }>} exit code (128 + 15 where a signal ended it), stdout, stdout and stderr as they came
 */
export function run(command, args, options = {}) {
  const captured = options.output !== 'stderr'
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', captured ? 'pipe' : 2, captured ? 'pipe' : 2],
      signal: options.signal
    })
    let stdout = ''
    let output = ''
    const keep = (chunk) => {
      if (output.length < MAX_CAPTURED) output += chunk
    }
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk
      keep(chunk)
    })
    child.stderr?.setEncoding('utf8').on('data', keep)
    child.stdin?.end(options.input)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 143, stdout, output }))
  })
}

/** As {@link run}, but a program that fails is an error which shows all that it printed. */
export async function mustRun(command, args, options = {}) {
  const result = await run(command, args, options)
  if (result.code !== 0) {
    throw new StopError(`${[command, ...args].join(' ')} ended with ${result.code}\n${result.output.trimEnd()}`)
  }
  return result
}

/** Runs a JavaScript file with this very Node. */
export function runNode(args, options = {}) {
  return run(process.execPath, args, options)
}

/** As {@link runNode}; a failure is an error. */
export function mustRunNode(args, options = {}) {
  return mustRun(process.execPath, args, options)
}
