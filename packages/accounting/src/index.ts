/**
 * The ledger of a node: octets by session, direction, path and hop, cumulative over restarts.
 *
 * @packageDocumentation
 */
export { createAccountant } from './accountant.ts'
export type { Accountant, AccountantComponents, AccountantInit } from './accountant.ts'
export type { AccountedPath, AccountedSession, Accounts, CarriedFor, HopUse } from './accounts.ts'
