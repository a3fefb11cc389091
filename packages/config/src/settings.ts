import type { z } from 'zod'

/** One setting of a configuration, for help, environment variables and origins. */
export interface Setting {
  readonly path: readonly string[]
  /** Environment variable that overrides it. */
  readonly variable: string
  readonly description: string
}

interface SchemaParts {
  readonly description?: string
  readonly def: {
    readonly type: string
    readonly innerType?: z.ZodType
    readonly in?: z.ZodType
    readonly options?: readonly z.ZodType[]
    readonly shape?: Readonly<Record<string, z.ZodType>>
  }
}

/** @returns the leaves of a schema of nested objects; lists are one setting */
export function settingsOf(schema: z.ZodType, path: readonly string[] = [], description = ''): readonly Setting[] {
  const { def, description: own } = schema as unknown as SchemaParts
  const text = own ?? description
  const inner = def.innerType ?? def.in
  if (inner !== undefined) return settingsOf(inner, path, text)
  if (def.shape !== undefined) return Object.entries(def.shape).flatMap(([key, child]) => settingsOf(child, [...path, key], ''))
  const self = { path, variable: variableOf(path), description: text }
  const objects = (def.options ?? []).filter((option) => (option as unknown as SchemaParts).def.shape !== undefined)
  return objects.length === 0 ? [self] : [self, ...objects.flatMap((option) => settingsOf(option, path, ''))]
}

/** `['listen', 'tcpPort']` → `SRWAN_LISTEN_TCP_PORT` */
export const variableOf = (path: readonly string[]): string => `SRWAN_${path.map((part) => part.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()).join('_')}`
