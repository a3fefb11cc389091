import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { ComponentLogger, LogFields, Logger } from '@srwan/interface'

/** Unwritten log that is kept while the reader is slow; more is dropped rather than stopping the node. */
const MAX_BUFFERED_OCTETS = 4 * 1024 * 1024

/** Logs of one process. */
export interface ProcessLog {
  readonly logger: ComponentLogger
  /** Writes what is buffered; call before the process ends. */
  readonly flush: () => void
}

export interface ProcessLogInit {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  /** Lines for people instead of JSON. */
  readonly pretty: boolean
  /** @default stderr */
  readonly destination?: DestinationStream
}

/** One stream of lines for every component: JSON, or one readable line each on a terminal. */
export function createProcessLog(init: ProcessLogInit): ProcessLog {
  const stderr = init.destination === undefined ? pino.destination({ fd: 2, sync: true, maxLength: MAX_BUFFERED_OCTETS }) : undefined
  const target = init.destination ?? (stderr as DestinationStream)
  const root = pino(
    { level: init.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    init.pretty
      ? {
          write: (line: string) => {
            target.write(readable(line))
          }
        }
      : target
  )
  const forComponent = (name: string): Logger => {
    const child = root.child({ component: name })
    const at =
      (level: 'error' | 'warn' | 'info' | 'debug') =>
      (message: string, fields: LogFields = {}): void => {
        if (child.isLevelEnabled(level)) child[level](plain(fields), message)
      }
    return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
  }
  return { logger: { forComponent }, flush: () => stderr?.flushSync() }
}

/** Errors keep name, code, message; bigints become text. */
function plain(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, simple(value)]))
}

function simple(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (!(value instanceof Error)) return value
  const { name, message, stack, code, cause } = value as Error & { code?: unknown }
  return { name, code, message, stack, ...(cause === undefined ? {} : { cause: cause instanceof Error ? cause.message : String(cause) }) }
}

/** `14:03:07 info  srwan:roster  member added  name=fra` */
function readable(line: string): string {
  const { level, time, component, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const shown = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(component).padEnd(16)} ${String(msg)}${shown.length === 0 ? '' : `  ${shown.join(' ')}`}\n`
}
