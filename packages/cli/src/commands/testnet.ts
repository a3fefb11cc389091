import type { Command } from 'commander'
import { registerTestnetCommands } from '@srwan/testbed'
import type { Surroundings } from '../context.ts'
import type { Outcome } from '../outcome.ts'

/** Hangs `srwan testnet …` into the command tree. */
export async function mountTestnet(program: Command, surroundings: Surroundings, outcome: Outcome): Promise<void> {
  registerTestnetCommands(program, {
    environment: surroundings.environment,
    print: (text) => {
      surroundings.stdout.write(`${text}\n`)
    },
    report: (text) => {
      surroundings.stderr.write(`${text}\n`)
    },
    exit: (code) => {
      outcome.exitCode = code
    }
  })
}
