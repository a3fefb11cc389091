/**
 * A whole network on one machine: scenarios, namespaces, an emulated Internet, the real daemon in each node.
 *
 * @packageDocumentation
 */
export { attachTestnet, testnetNodeNames } from './attached-testnet.ts'
export type { AttachedTestnet, AttachInit, ExecOptions, TestnetNodeStatus, TestnetStatus } from './attached-testnet.ts'
export { registerTestnetCommands } from './commands.ts'
export type { TestnetCommandContext } from './commands.ts'
export { defaultDirectory } from './directory.ts'
export type { EmulatorLateness, EmulatorStatistics, LinkCounters } from './emulator-process.ts'
export { TestnetFailedError, TestnetTimeoutError, TestnetUnreachableError, UnknownNodeError } from './errors.ts'
export { parseLatencyMatrix, readLatencyMatrix } from './latency-matrix.ts'
export type { LatencyMatrix } from './latency-matrix.ts'
export type { LinkChange, LinkParameters } from './link-parameters.ts'
export { packageFile } from './package-files.ts'
export { loadScenario, parseScenario } from './scenario.ts'
export type { Fault, Scenario, ScenarioNode } from './scenario.ts'
export type { NodeAction } from './scenario-schema.ts'
export { createTestbed } from './testbed.ts'
export type { Testbed, TestbedInit } from './testbed.ts'
export { optimalPath, trueOneWayDelayMs, withNodes } from './true-delays.ts'
export type { OptimalPath } from './true-delays.ts'
