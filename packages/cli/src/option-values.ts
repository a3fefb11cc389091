import { InvalidInputError } from '@srwan/interface'
import type { Milliseconds } from '@srwan/interface'
import { duration } from '@srwan/config'

interface Bounds {
  readonly minimum: number
  readonly maximum: number
}

/** @returns a whole number @throws InvalidInputError naming the flag */
export function countOption(flag: string, value: unknown, { minimum, maximum }: Bounds): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : NaN
  if (number >= minimum && number <= maximum) return number
  throw new InvalidInputError({ source: flag }, `expected a whole number from ${minimum} to ${maximum}; found ${JSON.stringify(value)}`)
}

/** @returns ms @throws InvalidInputError naming the flag */
export function durationOption(flag: string, value: unknown, bounds: Bounds): Milliseconds {
  const result = duration(bounds).safeParse(value)
  if (result.success) return result.data
  throw new InvalidInputError({ source: flag }, `${result.error.issues[0]?.message ?? 'not usable'}; found ${JSON.stringify(value)}`)
}

/** @param name - `--flag`, or the argument in capitals @throws InvalidInputError naming it */
export function textOption<T>(
  name: string,
  value: unknown,
  schema: {
    readonly safeParse: (value: unknown) => {
      readonly success: boolean
      readonly data?: T
      readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined
    }
  }
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data as T
  throw new InvalidInputError({ source: name }, `${result.error?.issues[0]?.message ?? 'not usable'}; found ${JSON.stringify(value)}`)
}

/** Runs what checks names and prefixes again, later; a refusal then names the flag that they came from. */
export function namingTheFlag<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    const { code, field, message, remedy } = error as { code?: unknown; field?: string; message: string; remedy?: string }
    const flag = field?.startsWith('prefixes') === true ? '--prefix' : field === 'name' ? '--name' : undefined
    if (code !== 'ERR_INVALID_INPUT' || flag === undefined) throw error
    throw new InvalidInputError({ source: flag }, message.slice(message.indexOf(': ') + 2), { cause: error, ...(remedy === undefined ? {} : { remedy }) })
  }
}
