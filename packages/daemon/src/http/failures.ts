import { SCHEMA_VERSION } from '@srwan/api'
import type { ErrorDocument } from '@srwan/api'

const STATUS: Readonly<Record<string, number>> = {
  ERR_INVALID_INPUT: 400,
  ERR_MALFORMED_MESSAGE: 400,
  ERR_NOT_AUTHENTICATED: 401,
  ERR_NOT_AUTHORISED: 403,
  ERR_UNKNOWN_DESTINATION: 404,
  ERR_NOT_FOUND: 404,
  ERR_NO_CANDIDATE_PATH: 409,
  ERR_LIMIT_EXCEEDED: 429,
  ERR_STARTING: 503,
  ERR_TIMEOUT: 504
}

/** What a failed request answers; an error without a code of ours says nothing of the inside. */
export function failureOf(error: unknown): { readonly status: number; readonly body: ErrorDocument } {
  if ((error as { name?: unknown }).name === 'AbortError')
    return { status: 499, body: { schemaVersion: SCHEMA_VERSION, code: 'ERR_ABORTED', message: 'nobody waits for the answer any more' } }
  const { code, message, remedy, statusCode } = error as { code?: unknown; message?: unknown; remedy?: unknown; statusCode?: unknown }
  const text = typeof message === 'string' ? message : String(error)
  const hint = typeof remedy === 'string' ? { remedy } : {}
  if (typeof code === 'string' && code.startsWith('ERR_')) return { status: STATUS[code] ?? 500, body: { schemaVersion: SCHEMA_VERSION, code, message: text, ...hint } }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, body: { schemaVersion: SCHEMA_VERSION, code: 'ERR_INVALID_INPUT', message: text } }
  return { status: 500, body: { schemaVersion: SCHEMA_VERSION, code: 'ERR_INTERNAL', message: 'the daemon failed to answer; its log says why' } }
}
