/**
 * The `srwan` command: talks to a daemon, runs one, and makes networks.
 *
 * @packageDocumentation
 */
export { run } from './run.ts'
export type { Surroundings } from './context.ts'
