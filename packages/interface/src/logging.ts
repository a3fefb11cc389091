/** Facts of one event; variables are fields, never spliced into the message. */
export type LogFields = Readonly<Record<string, unknown>>

/** `error`: act now · `warn`: may become one · `info`: a quiet operator reads all of it · `debug`: the only level that may show strings a peer chose. */
export interface Logger {
  error: (message: string, fields?: LogFields) => void
  warn: (message: string, fields?: LogFields) => void
  info: (message: string, fields?: LogFields) => void
  debug: (message: string, fields?: LogFields) => void
}

/** Gives each component a logger of its own name; all lines end in one stream. */
export interface ComponentLogger {
  /** @param name - `srwan:` and the component, e.g. `srwan:roster` */
  forComponent: (name: string) => Logger
}
