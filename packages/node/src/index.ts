/**
 * One node: libp2p, membership, measurement, path choice and datapath composed. Read create-node.ts first.
 *
 * @packageDocumentation
 */
export { createNode } from './create-node.ts'
export { HEALTH_FINDINGS } from './health.ts'
export type { GroupChainStatus } from './groups/group-chain.ts'
export type { HealthCode } from './health.ts'
export type { HealthFinding, MembershipView, Node, TrafficByPurpose } from './node.ts'
export type { PathSwitch } from './switch-log.ts'
export type { DatapathFactory, NodeInit, TestbedClock } from './node-init.ts'
export { createExchange } from './ditex/exchange.ts'
export type { Exchange, ExchangeComponents, ExchangeInit } from './ditex/exchange.ts'
export { queryOfParameters } from '@srwan/ditex/query'
export type { DitexQuery } from '@srwan/ditex/query'
