/** Exit codes of every `srwan` process. 78 is EX_CONFIG of sysexits(3): a supervisor need not restart. */
export const EXIT = { ok: 0, failure: 1, usage: 2, unreachable: 3, unhealthy: 4, refused: 5, badConfig: 78, interrupted: 130 } as const
export type ExitCode = typeof EXIT[keyof typeof EXIT]

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  ERR_USAGE: EXIT.usage,
  ERR_UNKNOWN_DESTINATION: EXIT.usage,
  ERR_UNKNOWN_NODE: EXIT.usage,
  ERR_DAEMON_UNREACHABLE: EXIT.unreachable,
  ERR_UNHEALTHY: EXIT.unhealthy,
  ERR_TIMEOUT: EXIT.unhealthy,
  ERR_NOT_AUTHORISED: EXIT.refused,
  ERR_LIMIT_EXCEEDED: EXIT.refused,
  ERR_ALREADY_RUNNING: EXIT.refused,
  ERR_ALREADY_EXISTS: EXIT.refused,
  ERR_NO_NETWORK: EXIT.badConfig,
  ERR_INVALID_INPUT: EXIT.badConfig,
  ERR_INTERRUPTED: EXIT.interrupted
}

/**
 * The exit code of an error.
 *
 * @param error - anything thrown; those of this project carry a `code`
 * @returns a bad flag or argument is usage (2), a bad file bad configuration (78), everything unknown failure (1)
 */
export function exitCodeOf (error: unknown): ExitCode {
  if (typeof error !== 'object' || error === null) return EXIT.failure
  const { code, name, source } = error as { code?: unknown, name?: unknown, source?: unknown }
  if (name === 'AbortError') return EXIT.interrupted
  if (code === 'ERR_INVALID_INPUT' && typeof source === 'string' && isArgument(source)) return EXIT.usage
  return typeof code === 'string' ? BY_CODE[code] ?? EXIT.failure : EXIT.failure
}

/** Sources of bad input that stand on the command line: `--flag`, or an argument's upper-case name. */
const isArgument = (source: string): boolean => source.startsWith('--') || /^[A-Z][A-Z-]*$/.test(source)

/**
 * An error as people read it: what happened, then what to do, code and exit code.
 *
 * @param program - first word of the first line
 */
export function describeFailure (error: unknown, program = 'srwan'): string {
  const { code, message, remedy } = error as { code?: unknown, message?: unknown, remedy?: unknown }
  const said = typeof message === 'string' && message !== '' ? message : String(error)
  const label = `[${typeof code === 'string' ? `${code}, ` : ''}exit ${exitCodeOf(error)}]`
  return `${program}: ${said}\n     ${typeof remedy === 'string' ? `${remedy}   ` : ''}${label}`
}
