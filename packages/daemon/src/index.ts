/**
 * The process around a node: configuration, lock, logs, local HTTP interface, signals.
 *
 * @packageDocumentation
 */
export { explainSystemError, NoNetworkError } from './errors.ts'
export { loadHome, loadNetwork, loadSettings, readIfPresent } from './home.ts'
export type { Home, HomeInit, Settings } from './home.ts'
export { holderOf, lockHome } from './lock.ts'
export type { HomeLock, LockHolder } from './lock.ts'
export { addRevocation, replaceFile } from './revocation-store.ts'
export { runDaemon } from './run-daemon.ts'
export type { DaemonOptions, NodeComponents } from './run-daemon.ts'
