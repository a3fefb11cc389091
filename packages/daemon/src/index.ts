/**
 * The process around a node: configuration, lock, logs, local HTTP interface, signals. What needs no running node is in `@srwan/daemon/light`.
 *
 * @packageDocumentation
 */
export * from './light.ts'
export { runDaemon } from './run-daemon.ts'
export type { DaemonOptions, NodeComponents } from './run-daemon.ts'
export { STAND_IN_DELAYS, STAND_IN_SIDS, standInNode } from './stand-in-node.ts'
export type { StandIn } from './stand-in-node.ts'
