/** Root of every error that crosses a package boundary: a literal `name`, a stable `code`, the cause kept. */
export abstract class BaseError extends Error {
  abstract override readonly name: string
  /** Stable identifier; checks across packages compare this and never the class. */
  abstract readonly code: string
  /** One line that says what the reader can do about it. */
  readonly remedy?: string

  constructor(message: string, options: ErrorOptions & { remedy?: string } = {}) {
    super(message, options)
    if (options.remedy !== undefined) this.remedy = options.remedy
  }
}

/** Input that a person or a program wrote is not usable: says where and what would do. */
export class InvalidInputError extends BaseError {
  override readonly name = 'InvalidInputError'
  readonly code = 'ERR_INVALID_INPUT'
  /** File, flag or message that holds the bad value. */
  readonly source: string
  /** Dotted path of the field, empty for the whole. */
  readonly field: string
  /** 1-based line in a text file, where known. */
  readonly line?: number

  constructor(at: { source: string; field?: string; line?: number }, message: string, options: ErrorOptions & { remedy?: string } = {}) {
    const place = [at.source, at.line === undefined ? '' : `:${at.line}`, at.field === undefined || at.field === '' ? '' : ` (${at.field})`].join('')
    super(`${place}: ${message}`, options)
    this.source = at.source
    this.field = at.field ?? ''
    if (at.line !== undefined) this.line = at.line
  }
}

/** Bytes received from the network do not decode or do not verify. */
export class MalformedMessageError extends BaseError {
  override readonly name = 'MalformedMessageError'
  readonly code = 'ERR_MALFORMED_MESSAGE'
}

/** A signature or certificate does not verify, or its signer has no authority here. */
export class NotAuthorisedError extends BaseError {
  override readonly name = 'NotAuthorisedError'
  readonly code = 'ERR_NOT_AUTHORISED'
}

/** A named bound would be exceeded. */
export class LimitExceededError extends BaseError {
  override readonly name = 'LimitExceededError'
  readonly code = 'ERR_LIMIT_EXCEEDED'
}

/** What is asked for by its name is not there. */
export class NotFoundError extends BaseError {
  override readonly name = 'NotFoundError'
  readonly code = 'ERR_NOT_FOUND'
}

/** The destination names no member of this network that this node knows. */
export class UnknownDestinationError extends BaseError {
  override readonly name = 'UnknownDestinationError'
  readonly code = 'ERR_UNKNOWN_DESTINATION'
}

/** The headend holds no valid candidate path for the SR policy (RFC 9256). */
export class NoCandidatePathError extends BaseError {
  override readonly name = 'NoCandidatePathError'
  readonly code = 'ERR_NO_CANDIDATE_PATH'
}

/** A file, port, device or privilege that the node needs is not to be had. */
export class UnavailableResourceError extends BaseError {
  override readonly name = 'UnavailableResourceError'
  readonly code: 'ERR_PORT_IN_USE' | 'ERR_NO_PRIVILEGE' | 'ERR_DISK_FULL' | 'ERR_NO_DEVICE' | 'ERR_MISSING_PROGRAM' | 'ERR_ALREADY_RUNNING'

  constructor(code: UnavailableResourceError['code'], message: string, options: ErrorOptions & { remedy?: string } = {}) {
    super(message, options)
    this.code = code
  }
}

/** This operating system or processor has no build of the native parts. */
export class UnsupportedSystemError extends BaseError {
  override readonly name = 'UnsupportedSystemError'
  readonly code = 'ERR_UNSUPPORTED_SYSTEM'
  /** Platform and architecture as Node names them, such as `darwin-arm64`. */
  readonly system: string

  /** @param what - the part that cannot run here @param system - platform and architecture as Node names them */
  constructor(what: string, system: { readonly platform: string; readonly arch: string }, options: ErrorOptions = {}) {
    const name = `${system.platform}-${system.arch}`
    super(`${what} runs on Linux on x64 and arm64 (glibc 2.28 or later, or musl); this is ${name}`, {
      ...options,
      remedy: 'Run the container there: docker/Dockerfile of the repository; its README shows how.'
    })
    this.system = name
  }
}
