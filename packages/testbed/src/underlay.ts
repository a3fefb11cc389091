/**
 * The emulated Internet's addresses, out of the range for benchmarks (RFC 2544, 198.18.0.0/15): no real network has them. Each node
 * stands in a /24 of its own.
 */
export const UNDERLAY_PREFIX_LENGTH = 15
/** Where errors about packets too big come from. */
export const UNDERLAY_ROUTER = '198.18.0.1'

/** @param index - of the node, 0 to 253 */
export const underlayAddress = (index: number): string => `198.18.${index + 1}.1`

/**
 * IPv4 address that a node has inside the overlay, as a site prefix of one address in its certificate: programs on a node without a site of
 * its own need it to speak to IPv4 sites.
 */
export const overlayIpv4 = (index: number): string => `172.31.83.${index + 1}`
