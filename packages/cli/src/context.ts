import pc from 'picocolors'
import { createClient } from '@srwan/api/light'
import type { Client } from '@srwan/api/light'
import { nodePaths } from '@srwan/config/light'
import type { Environment, NodePaths } from '@srwan/config/light'

/** A stream that text is written to. */
export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What a command line runs in. */
export interface Surroundings {
  readonly environment: Environment
  /** Data. */
  readonly stdout: Output
  /** Everything else. */
  readonly stderr: Output
}

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly home?: string
  readonly json?: boolean
  readonly logLevel?: string
  readonly network?: string
}

export type Colors = ReturnType<typeof pc.createColors>

/** What a command works with. */
export interface Context extends Surroundings {
  readonly options: GlobalOptions
  readonly paths: NodePaths
  readonly colors: Colors
  /** The daemon of this home; opens nothing until it is asked. */
  readonly client: Client
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /** Gives SIGINT and SIGTERM up to handlers of the command's own. */
  readonly releaseSignals: () => void
  /** One line of data. */
  readonly print: (line?: string) => void
  /** One line about what happens, for people. */
  readonly note: (line: string) => void
  /** A whole document: with `--json` as JSON and true, else false. */
  readonly json: (document: object) => boolean
}

export function createContext(surroundings: Surroundings, options: GlobalOptions, interrupt: Pick<Context, 'signal' | 'releaseSignals'>): Context {
  const { environment, stdout, stderr } = surroundings
  const paths = nodePaths({ home: options.home, environment })
  const coloured = stdout.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb' && options.json !== true
  return {
    ...surroundings,
    options,
    paths,
    colors: pc.createColors(coloured),
    client: createClient({ socket: paths.socket }),
    ...interrupt,
    print: (line = '') => {
      stdout.write(`${line}\n`)
    },
    note: (line) => {
      stderr.write(`${line}\n`)
    },
    json: (document) => {
      if (options.json !== true) return false
      stdout.write(`${JSON.stringify(document, null, 2)}\n`)
      return true
    }
  }
}
