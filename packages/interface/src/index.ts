/**
 * Domain types, branded units and errors that every package shares; packages of one layer meet here.
 *
 * @packageDocumentation
 */
export * from './beyond.ts'
export * from './anchor.ts'
export * from './clock.ts'
export * from './collaborators.ts'
export * from './datapath.ts'
export * from './delay-matrix.ts'
export * from './ditex.ts'
export * from './errors.ts'
export * from './evidence.ts'
export * from './groups.ts'
export * from './identifiers.ts'
export * from './lifecycle.ts'
export * from './listeners.ts'
export * from './logging.ts'
export * from './quarantine.ts'
export * from './routers.ts'
export * from './sr-policy.ts'
export * from './units.ts'
