import type { CommandRow, FlagRow, FlagValue } from './command-table.ts'

/** One thing that is offered. */
export interface Offer {
  readonly word: string
  readonly description: string
}

/** One branch: in which state it holds, and what is offered there. */
export interface Branch<T> {
  readonly state: string
  readonly offers: T
}

/**
 * The same decisions for every shell. A shell walks the words before the cursor: `descend` and `valued` say which of them lead to another
 * command and which flags take the next word; the rest says what may stand at the cursor.
 */
export interface Cases {
  /** `path word` that leads on to the command of that path. */
  readonly descend: readonly string[]
  /** `path flag` after which a value follows. */
  readonly valued: readonly string[]
  /** After `path flag`: words. */
  readonly values: readonly Branch<readonly string[]>[]
  /** After `path flag`: a file. */
  readonly files: readonly string[]
  /** In `path`, where a flag is begun. */
  readonly flags: readonly Branch<readonly Offer[]>[]
  /** In `path`: the commands below it. */
  readonly commands: readonly Branch<readonly Offer[]>[]
  /** In `path n`, n words after the command: fixed words. */
  readonly words: readonly Branch<readonly string[]>[]
  /** In `path n`: names that a running network knows. */
  readonly names: readonly Branch<'members' | 'testnet'>[]
}

/** @param table - see {@link commandTable} */
export function completionCases(table: readonly CommandRow[]): Cases {
  const flags = table.flatMap(({ path, flags }) => flags.flatMap((flag) => flag.names.map((name) => ({ state: `${path} ${name}`, value: flag.value }))))
  const operands = table.flatMap(({ path, operands }) => operands.map((offers, i) => ({ state: `${path} ${i}`, offers })))
  return {
    descend: table.flatMap(({ path, commands }) => commands.map(({ name }) => `${path} ${name}`)),
    valued: flags.filter(({ value }) => value !== undefined).map(({ state }) => state),
    values: flags.flatMap(({ state, value }) => (value?.kind === 'words' ? [{ state, offers: value.words }] : [])),
    files: flags.filter(({ value }) => isFile(value)).map(({ state }) => state),
    flags: table.map(({ path, flags }) => ({ state: path, offers: flags.flatMap(flagOffers) })),
    commands: table
      .filter(({ commands }) => commands.length > 0)
      .map(({ path, commands }) => ({ state: path, offers: commands.map(({ name, description }) => ({ word: name, description })) })),
    words: operands.flatMap(({ state, offers }) => (typeof offers === 'object' ? [{ state, offers }] : [])),
    names: operands.flatMap(({ state, offers }) => (typeof offers === 'string' ? [{ state, offers }] : []))
  }
}

const isFile = (value: FlagValue | undefined): boolean => value?.kind === 'file'

function flagOffers({ names, description }: FlagRow): Offer[] {
  return names.map((word) => ({ word, description }))
}

/** A word that every shell takes as it stands, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
