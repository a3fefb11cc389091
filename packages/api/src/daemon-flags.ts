/**
 * What whoever starts a daemon's process gives to Node. V8 collects all memory of a process that has become quiet three times over, 8 s after it had more to do: with ten minutes instead, an idle node takes a quarter less of a core and 5 MB more, and what a burst took is given back all the same.
 * V8 reads it when the process begins, so it cannot be set later.
 */
export const DAEMON_FLAGS: readonly string[] = ['--gc-memory-reducer-start-delay-ms=600000']
