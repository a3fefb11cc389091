import type { Argument, Command, Option } from 'commander'

/** Names that only a running network knows: members of a node's network, nodes of a testnet. */
export type NameKind = 'members' | 'testnet'

/** What may follow a flag: one of some words, a file, or anything. */
export type FlagValue = { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'file' } | { readonly kind: 'any' }

/** One flag as it is offered; `value` where it takes one. */
export interface FlagRow {
  readonly names: readonly string[]
  readonly description: string
  readonly value?: FlagValue
}

/** One command with everything that may follow it. */
export interface CommandRow {
  /** The words that lead to it, such as `srwan network create`. */
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly description: string }[]
  readonly flags: readonly FlagRow[]
  /** What each of its arguments may be, in order. */
  readonly operands: readonly (NameKind | readonly string[] | undefined)[]
}

/** Placeholders of values that are files or directories. */
const FILE_PLACEHOLDER = /<(file|directory|dir|name-or-file)>/

/** The table from which completion is made: the very commands and flags that `--help` lists, those of the program first. */
export function commandTable(program: Command): readonly CommandRow[] {
  const rows = (command: Command, path: string): CommandRow[] => {
    const help = command.createHelp()
    const commands = help.visibleCommands(command).filter((sub) => sub.name() !== 'help')
    const row = {
      path,
      commands: commands.map((sub) => ({ name: sub.name(), description: sub.description() })),
      flags: help.visibleOptions(command).map((option) => flagRow(option)),
      operands: command.registeredArguments.map((argument) => operand(argument, path))
    }
    return [row, ...commands.flatMap((sub) => rows(sub, `${path} ${sub.name()}`))]
  }
  return rows(program, program.name())
}

function flagRow(option: Option): FlagRow {
  const { short, long, description, flags, argChoices, required, optional } = option
  const names = [long, short].filter((name) => name !== undefined)
  if (!required && !optional) return { names, description }
  if (argChoices !== undefined) return { names, description, value: { kind: 'words', words: argChoices } }
  return { names, description, value: { kind: FILE_PLACEHOLDER.test(flags) ? 'file' : 'any' } }
}

function operand(argument: Argument, path: string): CommandRow['operands'][number] {
  if (argument.argChoices !== undefined) return argument.argChoices
  if (path.startsWith('srwan testnet ')) return ['node', 'name', 'from', 'to'].includes(argument.name()) ? 'testnet' : undefined
  return ['destination', 'name-or-peer-id'].includes(argument.name()) ? 'members' : undefined
}
