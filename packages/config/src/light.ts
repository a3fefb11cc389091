/**
 * The part of the contract that loads neither YAML nor schemas. For programs that must start fast.
 *
 * @packageDocumentation
 */
export { nodePaths } from './node-paths.ts'
export type { Environment, NodePaths } from './node-paths.ts'
