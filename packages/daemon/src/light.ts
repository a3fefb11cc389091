/**
 * The part of the contract that loads neither HTTP server nor node: homes, locks, checks of the machine. For programs that must start fast.
 *
 * @packageDocumentation
 */
export { diagnose } from './doctor/index.ts'
export type { DoctorContext } from './doctor/index.ts'
export { explainSystemError, NoNetworkError } from './errors.ts'
export { loadHome, loadNetwork, loadSettings, readIfPresent } from './home.ts'
export type { Home, HomeInit, Settings } from './home.ts'
export { holderOf, lockHome, refuseRunning, runs } from './lock.ts'
export type { HomeLock, LockHolder } from './lock.ts'
export { addRevocation, replaceFile } from './revocation-store.ts'
