/** Exit codes of every `srwan` process. 78 is EX_CONFIG of sysexits(3): a supervisor need not restart. */
export const EXIT = { ok: 0, failure: 1, usage: 2, unreachable: 3, unhealthy: 4, refused: 5, badConfig: 78, interrupted: 130 } as const
/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  ERR_USAGE: EXIT.usage,
  ERR_UNKNOWN_DESTINATION: EXIT.usage,
  ERR_UNKNOWN_NODE: EXIT.usage,
  ERR_NOT_FOUND: EXIT.failure,
  ERR_DAEMON_UNREACHABLE: EXIT.unreachable,
  ERR_PEER_UNREACHABLE: EXIT.unreachable,
  ERR_UNHEALTHY: EXIT.unhealthy,
  ERR_TIMEOUT: EXIT.unhealthy,
  ERR_NOT_AUTHORISED: EXIT.refused,
  ERR_LIMIT_EXCEEDED: EXIT.refused,
  ERR_ALREADY_RUNNING: EXIT.refused,
  ERR_ALREADY_EXISTS: EXIT.refused,
  ERR_NO_NETWORK: EXIT.badConfig,
  ERR_INTERRUPTED: EXIT.interrupted
}

/**
 * The exit code of an error.
 *
 * @param error - anything thrown; those of this project carry a `code`
 * @returns a bad flag or argument is usage (2), a bad file or variable bad configuration (78), everything unknown failure (1); an error may carry
 * the `exitCode` of a process that it reports
 */
export function exitCodeOf(error: unknown): ExitCode {
  if (typeof error !== 'object' || error === null) return EXIT.failure
  const { code, name, source, exitCode } = error as { code?: unknown; name?: unknown; source?: unknown; exitCode?: unknown }
  if (typeof exitCode === 'number' && exitCode !== 0) return exitCode as ExitCode
  if (name === 'AbortError') return EXIT.interrupted
  if (code === 'ERR_INVALID_INPUT') return typeof source === 'string' && isWritten(source) ? EXIT.badConfig : EXIT.usage
  return typeof code === 'string' ? (BY_CODE[code] ?? EXIT.failure) : EXIT.failure
}

/** Sources of bad input that lie in files or the environment; all others stand on the command line. */
const isWritten = (source: string): boolean =>
  !source.startsWith('--') && (/[./]|^SRWAN_/.test(source) || ['network file', 'certificate', 'config', 'configuration', 'scenario'].includes(source))

/**
 * An error as people read it: what happened, then what to do, code and exit code.
 *
 * @param program - first word of the first line
 */
export function describeFailure(error: unknown, program = 'srwan'): string {
  const { code, message, remedy } = error as { code?: unknown; message?: unknown; remedy?: unknown }
  const said = typeof message === 'string' && message !== '' ? message : String(error)
  const label = `[${typeof code === 'string' ? `${code}, ` : ''}exit ${exitCodeOf(error)}]`
  return `${program}: ${said}\n     ${typeof remedy === 'string' ? `${remedy}   ` : ''}${label}`
}
