import { InvalidInputError, UnavailableResourceError } from '@srwan/interface'

/** The addon's errors carry plain properties: they become the classes that the rest of the product knows. */
export function fromNative(error: unknown, source: string): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return error
  if (error.code === 'ERR_INVALID_INPUT') {
    const field = 'field' in error && typeof error.field === 'string' ? error.field : ''
    return new InvalidInputError({ source, field }, error.message, { cause: error })
  }
  if (!isResourceCode(error.code)) return error
  const remedy = 'remedy' in error && typeof error.remedy === 'string' ? { remedy: error.remedy } : {}
  return new UnavailableResourceError(error.code, error.message, { cause: error, ...remedy })
}

/** Calls into the addon and translates what it throws. */
export function translated<T>(source: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNative(error, source)
  }
}

function isResourceCode(code: string): code is UnavailableResourceError['code'] {
  return ['ERR_PORT_IN_USE', 'ERR_NO_PRIVILEGE', 'ERR_NO_DEVICE', 'ERR_ALREADY_RUNNING'].includes(code)
}
