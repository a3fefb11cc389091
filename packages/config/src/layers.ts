import { isMap, parseDocument, stringify } from 'yaml'
import type { InvalidInputError } from '@srwan/interface'
import { nodeConfigSchema } from './node-config.ts'
import type { NodeConfig } from './node-config.ts'
import type { Environment } from './node-paths.ts'
import { settingsOf } from './settings.ts'
import type { Setting } from './settings.ts'
import { suggest } from './suggestion.ts'
import { check, fieldName, orThrow } from './validation.ts'
import { parseYaml } from './yaml-source.ts'
import type { YamlSource } from './yaml-source.ts'

/** Which layer a value came from. */
export type Origin = { readonly layer: 'flag' | 'environment' | 'file' | 'default'; readonly source: string }

/** Dotted setting → value as it would be written in the file. */
export type Flags = Readonly<Record<string, unknown>>

/** The sources of settings, highest precedence first. */
export interface ConfigLayers {
  /** Highest precedence; e.g. `{ logLevel: 'debug' }`. */
  readonly flags?: Flags
  readonly environment: Environment
  /** Text of `config.yaml` and its name; absent where there is none. */
  readonly file?: { readonly text: string; readonly source: string }
}

/** A configuration and where each setting came from. */
export interface ResolvedConfig {
  readonly config: NodeConfig
  /** One entry per setting that has a value, in the order of the schema. */
  readonly origins: readonly { readonly setting: string; readonly value: unknown; readonly origin: Origin }[]
}

/** Variables that are no settings of the configuration file. */
export const OTHER_VARIABLES: readonly string[] = ['SRWAN_HOME', 'SRWAN_DATAPATH_ADDON', 'SRWAN_TESTBED_EMULATOR', 'SRWAN_RUNTIME_DIR']

/**
 * Merges the layers: flag > environment > file > default.
 *
 * @throws InvalidInputError naming file, flag or variable, line and field, what was found and what would do
 */
export function resolveConfig(layers: ConfigLayers): ResolvedConfig {
  return orThrow(checkConfig(layers))
}

/** Like `resolveConfig`, but returns every problem. */
export function checkConfig(layers: ConfigLayers): { readonly data: ResolvedConfig } | { readonly problems: readonly InvalidInputError[] } {
  let layered: Merged
  try {
    layered = merge(layers)
  } catch (error) {
    if ((error as InvalidInputError).code !== 'ERR_INVALID_INPUT') throw error
    return { problems: [error as InvalidInputError] }
  }
  const { settings, origins, merged, file } = layered
  const outcome = check(nodeConfigSchema, blame(merged, origins, file))
  if ('problems' in outcome) return outcome
  const config = outcome.data
  const listed = settings.map(({ path }) => ({ setting: fieldName(path), value: valueOf(config, path), origin: origins.get(fieldName(path)) ?? DEFAULT }))
  return { data: { config, origins: listed.filter(({ value }) => value !== undefined && !isObject(value)) } }
}

/** @returns a word about each `SRWAN_*` variable that names no setting */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = [...settingsOf(nodeConfigSchema).map(({ variable }) => variable), ...OTHER_VARIABLES]
  return Object.keys(environment)
    .filter((name) => name.startsWith('SRWAN_') && !known.includes(name))
    .map((name) => {
      const meant = suggest(name, known)
      return `${name} is set but is no setting${meant === undefined ? '' : `; did you mean ${meant}?`}`
    })
}

/** @returns the YAML text of a configuration; comments of `previous`, where given, are kept */
export function writeConfig(values: object, previous?: string): string {
  if (previous === undefined) return stringify(values)
  const document = parseDocument(previous)
  if (!isMap(document.contents)) return stringify(values)
  for (const [key, value] of Object.entries(values)) document.set(key, value)
  return document.toString()
}

const DEFAULT: Origin = { layer: 'default', source: 'default' }

interface Merged {
  readonly settings: readonly Setting[]
  readonly origins: Map<string, Origin>
  readonly merged: unknown
  readonly file: YamlSource | undefined
}

function merge(layers: ConfigLayers): Merged {
  const settings = settingsOf(nodeConfigSchema)
  const file = layers.file === undefined ? undefined : parseYaml(layers.file.text, layers.file.source)
  const origins = new Map<string, Origin>()
  const merged: unknown = structuredClone(file?.value ?? {})
  if (file !== undefined) {
    for (const { path } of settings.filter((setting) => valueOf(merged, setting.path) !== undefined))
      origins.set(fieldName(path), { layer: 'file', source: `${file.source}:${file.lineOf(path) ?? 1}` })
  }
  for (const { path, value, origin } of [...fromEnvironment(layers.environment, settings), ...fromFlags(layers.flags ?? {})]) {
    if (place(merged, path, value)) origins.set(fieldName(path), origin)
  }
  return { settings, origins, merged, file }
}

interface Override {
  readonly path: readonly string[]
  readonly value: unknown
  readonly origin: Origin
}

function fromEnvironment(environment: Environment, settings: readonly Setting[]): Override[] {
  return settings.flatMap(({ path, variable }) => {
    const text = environment[variable] ?? ''
    return text === '' ? [] : [{ path, value: parseYaml(text, variable).value, origin: { layer: 'environment', source: variable } }]
  })
}

function fromFlags(flags: Flags): Override[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [{ path: name.split('.'), value, origin: { layer: 'flag', source: flagName(name) } }]))
}

const flagName = (name: string): string =>
  `--${name
    .replace(/\./g, '-')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()}`

/** @returns false where the target is no mapping, which its validation will say */
function place(target: unknown, path: readonly string[], value: unknown): boolean {
  let at = target
  for (const key of path.slice(0, -1)) {
    if (!isObject(at)) return false
    if (!isObject(at[key])) at[key] = {}
    at = at[key]
  }
  if (!isObject(at)) return false
  at[path[path.length - 1] as string] = value
  return true
}

/** Errors name the layer that holds the bad value instead of the file. */
function blame(merged: unknown, origins: ReadonlyMap<string, Origin>, file: YamlSource | undefined): YamlSource {
  return {
    source: file?.source ?? 'configuration',
    value: merged,
    lineOf: (path) => file?.lineOf(path),
    lineOfKey: (path, key) => file?.lineOfKey(path, key),
    sourceOf: (path) => {
      const origin = origins.get(fieldName(path)) ?? origins.get(fieldName(path.filter((part) => typeof part === 'string')))
      return origin === undefined || origin.layer === 'file' ? undefined : origin.source
    }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function valueOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value)
}
