/**
 * The process around a node: configuration, lock, logs, local HTTP interface, signals. What needs no running node is in `@srwan/daemon/light`.
 *
 * @packageDocumentation
 */
export * from './light.ts'
export { runDaemon } from './run-daemon.ts'
export type { DaemonOptions } from './run-daemon.ts'
export type { NodeComponents } from './start-node.ts'
