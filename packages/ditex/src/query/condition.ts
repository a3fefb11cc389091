import { InvalidInputError } from '@srwan/interface'
import type { FieldValue } from '../entry/body-field.ts'

/** How a field is compared. `~` holds where a text contains the value, letters of either case. */
export const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '~'] as const
/** One of {@link OPERATORS}. */
export type Operator = (typeof OPERATORS)[number]

/** One comparison with a field of the body. */
export interface Condition {
  /** Names from the body inwards, such as `['delay', 'p50']`; a number selects from a list. */
  readonly field: readonly string[]
  readonly operator: Operator
  readonly value: string | number | boolean | null
}

/** Most names of one field, and the longest name. */
export const MAX_FIELD_DEPTH = 8
export const MAX_FIELD_NAME = 64
/** Longest text that is compared with. */
export const MAX_CONDITION_VALUE = 256

const EXPRESSION = /^\s*([A-Za-z0-9_.-]+)\s*(!=|<=|>=|=|<|>|~)\s*((?![=<>!~]).*?)\s*$/s

/**
 * Reads `price < 12.5`, `colour = latency`, `delay.p50 <= 40`, `city ~ frank`.
 *
 * @param source - flag or field that holds the text, for the error
 * @throws InvalidInputError
 */
export function parseCondition(text: string, source: string): Condition {
  const match = text.length > 512 ? null : EXPRESSION.exec(text)
  if (match === null) throw unusable(source, `expected FIELD OPERATOR VALUE such as 'price < 12.5'; found ${JSON.stringify(text.slice(0, 80))}`)
  const [, field = '', operator = '=', value = ''] = match
  return checkCondition({ field: field.split('.'), operator, value: valueOf(value) }, source)
}

/**
 * A condition out of something that was received.
 *
 * @throws InvalidInputError
 */
export function checkCondition(value: unknown, source: string): Condition {
  if (typeof value !== 'object' || value === null) throw unusable(source, 'expected field, operator and value')
  const { field, operator, value: wanted, ...rest } = value as Record<string, unknown>
  if (Object.keys(rest).length > 0) throw unusable(source, 'has a field that is not known')
  if (!isField(field)) throw unusable(source, `the field must be 1 to ${MAX_FIELD_DEPTH} names of at most ${MAX_FIELD_NAME} characters`)
  if (!OPERATORS.some((one) => one === operator)) throw unusable(source, `the operator must be one of ${OPERATORS.join(' ')}`)
  if (!isComparable(wanted)) throw unusable(source, `the value must be a number, true, false, null or a text of at most ${MAX_CONDITION_VALUE} characters`)
  if (operator === '~' && typeof wanted !== 'string') throw unusable(source, '~ compares with a text')
  return { field, operator: operator as Operator, value: wanted }
}

const ORDERS: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0
}

/** Does the body fulfil it? A field that is absent fulfils only `!=`; values of different types are unequal and have no order. */
export function fulfils(condition: Condition, body: unknown): boolean {
  return matches(condition, fieldOf(body, condition.field))
}

/** The same for the value of the field; `undefined` where it is absent or no single value. */
export function matches({ operator, value }: Condition, found: FieldValue): boolean {
  if (operator === '=') return found === value
  if (operator === '!=') return found !== value
  if (operator === '~') return typeof found === 'string' && found.toLowerCase().includes(String(value).toLowerCase())
  const areAlike = (typeof found === 'number' && typeof value === 'number') || (typeof found === 'string' && typeof value === 'string')
  return areAlike && ORDERS[operator]?.(found < value ? -1 : found > value ? 1 : 0) === true
}

/** A number that selects from a list. */
const INDEX = /^(0|[1-9]\d{0,3})$/

/** A field of a decoded body, as {@link matches} takes it. */
export function fieldOf(body: unknown, field: readonly string[]): FieldValue {
  let at = body
  for (const name of field) {
    const isThere = Array.isArray(at) ? INDEX.test(name) && Object.hasOwn(at, name) : isMap(at) && Object.hasOwn(at, name)
    if (!isThere) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  // Amounts beyond 2^53 come as bigint; their order is kept, their last digits are not.
  if (typeof at === 'bigint') return Number(at)
  return at === null || typeof at === 'number' || typeof at === 'string' || typeof at === 'boolean' ? at : undefined
}

/** Octets and links have no fields. */
const isMap = (value: unknown): value is object => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const isField = (field: unknown): field is string[] => Array.isArray(field) && field.length >= 1 && field.length <= MAX_FIELD_DEPTH && field.every(isName)

function isComparable(value: unknown): value is Condition['value'] {
  if (typeof value === 'string') return value.length <= MAX_CONDITION_VALUE
  return value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

const isName = (name: unknown): boolean => typeof name === 'string' && name.length > 0 && name.length <= MAX_FIELD_NAME

/** A value in quotes is a text; else numbers, `true`, `false` and `null` are what they look like. */
function valueOf(text: string): Condition['value'] {
  const quoted = /^(["'])(.*)\1$/s.exec(text)
  if (quoted !== null) return quoted[2] ?? ''
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}

const unusable = (source: string, message: string): InvalidInputError => new InvalidInputError({ source }, message)
