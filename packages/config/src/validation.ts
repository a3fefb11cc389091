import type { z } from 'zod'
import { InvalidInputError } from '@srwan/interface'
import { parseYaml } from './yaml-source.ts'
import type { YamlSource } from './yaml-source.ts'
import { suggest } from './suggestion.ts'

type Issue = z.core.$ZodIssue

/** Longest piece of a bad value that a message shows. */
const MAX_SHOWN = 60
/** Most problems that are listed at once. */
const MAX_PROBLEMS = 20

/**
 * Everything that is wrong with a document.
 *
 * @param schema - strict objects: an unknown key is an error with a suggestion
 * @returns the data with its defaults, or at least one problem; in the order of the lines
 */
export function check<S extends z.ZodType>(schema: S, document: YamlSource): { readonly data: z.output<S> } | { readonly problems: readonly InvalidInputError[] } {
  const result = schema.safeParse(document.value ?? {})
  if (result.success) return { data: result.data }
  const problems = result.error.issues.flatMap((issue) => explain(issue, schema, document))
  return { problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, MAX_PROBLEMS) }
}

/**
 * Parses and validates a YAML text.
 *
 * @param text - the YAML itself
 * @param source - where the text is from, for messages
 * @throws InvalidInputError naming the line, the field, what was found and what would do
 */
export function readYaml<S extends z.ZodType>(schema: S, text: string, source: string): z.output<S> {
  return orThrow(check(schema, parseYaml(text, source)))
}

/** @throws the first problem; the number of the others is in its remedy */
export function orThrow<T>(outcome: { readonly data: T } | { readonly problems: readonly InvalidInputError[] }): T {
  if ('data' in outcome) return outcome.data
  throw outcome.problems[0] as InvalidInputError
}

function explain(issue: Issue, schema: z.ZodType, document: YamlSource): InvalidInputError[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue, schema, document))
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((inner) => inner.some((one) => one.path.length > 0 || one.code === 'unrecognized_keys'))
    if (branch !== undefined) return branch.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, schema, document))
  }
  const found = valueAt(document.value, issue.path)
  const message = `${issue.message.replace(/^Invalid input: /, '')}; found ${show(found)}`
  return [new InvalidInputError(place(document, issue.path, document.lineOf(issue.path)), message)]
}

function unknownKey(key: string, issue: Issue, schema: z.ZodType, document: YamlSource): InvalidInputError {
  const known = keysAt(schema, issue.path)
  const meant = suggest(key, known)
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`
  return new InvalidInputError(place(document, [...issue.path, key], document.lineOfKey(issue.path, key)), `unknown key ${show(key)}; ${hint}`)
}

function place(document: YamlSource, path: readonly PropertyKey[], line: number | undefined): { source: string; field: string; line?: number } {
  const other = document.sourceOf?.(path)
  if (other !== undefined) return { source: other, field: fieldName(path) }
  return { source: document.source, field: fieldName(path), ...(line === undefined ? {} : { line }) }
}

/** `nodes[2].geo.lat` */
export const fieldName = (path: readonly PropertyKey[]): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('')

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<PropertyKey, unknown>)[key] : undefined), value)
}

/** The part of a zod schema that says what is inside it. */
interface SchemaParts {
  readonly def: {
    readonly type: string
    readonly innerType?: z.ZodType
    readonly element?: z.ZodType
    readonly in?: z.ZodType
    readonly valueType?: z.ZodType
    readonly options?: readonly z.ZodType[]
    readonly shape?: Readonly<Record<string, z.ZodType>>
  }
}

/** Keys that the schema knows at a path; empty where it is no object. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const { def } = schema as unknown as SchemaParts
  if (def.options !== undefined) return def.options.flatMap((option) => keysAt(option, path))
  const wrapped = def.innerType ?? def.in
  if (wrapped !== undefined) return keysAt(wrapped, path)
  const [first, ...rest] = path
  if (first === undefined) return Object.keys(def.shape ?? {})
  const next = def.element ?? def.valueType ?? def.shape?.[String(first)]
  return next === undefined ? [] : keysAt(next, rest)
}
