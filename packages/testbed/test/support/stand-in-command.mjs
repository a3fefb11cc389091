// The testnet commands as a program of their own, with the stand-in daemon: what the supervisor's tests run in other processes.
import { fileURLToPath } from 'node:url'
import { registerTestnetCommands } from '@srwan/testbed'
import { describeFailure, exitCodeOf } from '@srwan/api/light'
import { Command } from 'commander'

const program = new Command('srwan').option('--json').exitOverride()
registerTestnetCommands(program, { entry: [process.execPath, fileURLToPath(new URL('stand-in-daemon.mjs', import.meta.url))], exit: (code) => { process.exitCode = code } })
try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`)
  process.exitCode = error.code?.startsWith('commander.') ? 2 : exitCodeOf(error)
}
