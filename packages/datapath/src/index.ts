/**
 * The data plane of a node: the native datapath and its simulated twin.
 *
 * @packageDocumentation
 */
export { assertNativeAddon } from './native-addon.ts'
export { createNativeDatapath } from './native-datapath.ts'
export { createSimulatedDatapath } from './simulated-datapath.ts'
export type { SimulatedDatapath, SimulatedDatapathInit } from './simulated-datapath.ts'
export { createSimulatedNetwork } from './simulated-network.ts'
export type { SimulatedNetwork, SimulatedNetworkInit } from './simulated-network.ts'
