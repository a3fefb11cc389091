/**
 * Which routers measure each other.
 *
 * @packageDocumentation
 */
export {}
