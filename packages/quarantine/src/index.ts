/**
 * Who is left out of all paths, on which evidence, and when they come back.
 *
 * @packageDocumentation
 */
export {}
