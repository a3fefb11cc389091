import { CommanderError } from 'commander'
import { describeFailure, EXIT, exitCodeOf } from '@srwan/api/light'
import type { Surroundings } from './context.ts'
import { createProgram } from './program.ts'

/**
 * Runs one command line.
 *
 * @param argv - without node and script
 * @returns the exit code: 0 ok, 1 failure, 2 usage, 3 daemon unreachable, 4 unhealthy, 5 refused, 78 bad configuration, 130 interrupted
 */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const outcome = { exitCode: EXIT.ok as number }
  try {
    const program = await createProgram(surroundings, outcome, argv)
    await program.parseAsync([...argv], { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    surroundings.stderr.write(`${describeFailure(error)}\n`)
    return exitCodeOf(error)
  }
}
