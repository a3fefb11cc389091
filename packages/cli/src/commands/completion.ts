import type { Command } from 'commander'
import { EXIT } from '@srwan/api/light'
import { bashCompletion } from '../completion/bash.ts'
import { completionCases } from '../completion/cases.ts'
import { commandTable } from '../completion/command-table.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import type { Context } from '../context.ts'
import { UsageError } from '../errors.ts'
import { knownMembers } from '../network/known-members.ts'

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** `srwan completion SHELL`: the script on stdout. With `--names` what such a script asks for while somebody types. */
export async function completion(context: Context, args: readonly string[], options: Readonly<Record<string, unknown>>, program: () => Promise<Command>): Promise<number> {
  if (typeof options['names'] === 'string') return printNames(context, options)
  const shell = args[0]
  const script = shell === undefined ? undefined : SCRIPTS[shell as keyof typeof SCRIPTS]
  if (script === undefined) throw new UsageError(`completion for which shell? ${Object.keys(SCRIPTS).join(', ')}`)
  context.stdout.write(script(completionCases(commandTable(await program()))))
  return EXIT.ok
}

/** Where nothing runs there are no names: a prompt is no place for error messages. */
async function printNames(context: Context, options: Readonly<Record<string, unknown>>): Promise<number> {
  const names = options['names'] === 'testnet' ? testnetNames(context, options['dir']) : memberNames(context)
  for (const name of await names.catch(() => [])) context.print(name)
  return EXIT.ok
}

async function memberNames(context: Context): Promise<string[]> {
  return (await knownMembers(context)).members.map(({ name }) => name)
}

async function testnetNames(context: Context, dir: unknown): Promise<string[]> {
  const { testnetNodeNames } = await import('@srwan/testbed')
  return [...testnetNodeNames(typeof dir === 'string' ? dir : undefined, context.environment)]
}
