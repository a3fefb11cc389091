/**
 * The node configuration and the network file: one schema for types, defaults, JSON Schema and help; precedence with origins; quantities with units.
 *
 * @packageDocumentation
 */
export { bootstrapAddress, ipAddress, networkId, nodeName, organisationKey, peerId, port, prefix } from './fields.ts'
export { formatCertificateFile, formatRevocationsFile, parseCertificateFile, parseRevocationsFile } from './home-files.ts'
export { configJsonSchema, networkFileJsonSchema } from './json-schema.ts'
export { checkConfig, resolveConfig, unknownVariables, writeConfig } from './layers.ts'
export type { ConfigLayers, Flags, Origin, ResolvedConfig } from './layers.ts'
export { ditexReadersOf, MAX_BOOTSTRAP, MAX_SITES, networkFileSchema, refuseUnsupported } from './network-file.ts'
export type { NetworkFile, NetworkFileText } from './network-file.ts'
export { DEFAULT_PORT, MAX_ADVERTISED, MAX_PREFIXES, nodeConfigSchema } from './node-config.ts'
export type { NodeConfig, NodeConfigText } from './node-config.ts'
export { nodePaths } from './node-paths.ts'
export type { Environment, NodePaths } from './node-paths.ts'
export { settingsOf, variableOf } from './settings.ts'
export type { Setting } from './settings.ts'
export { suggest } from './suggestion.ts'
export { clockDrift, duration, formatDuration, parseDuration, parsePercentage, parsePpm, parseRate, percentage, rate, signedDuration } from './units.ts'
export type { BitsPerSecond, Range } from './units.ts'
export { check, fieldName, orThrow, readYaml } from './validation.ts'
export { MAX_YAML_OCTETS, parseYaml } from './yaml-source.ts'
export type { YamlSource } from './yaml-source.ts'
