/**
 * Questions out of text and the checking of saved answers; loads nothing of the network.
 *
 * @packageDocumentation
 */
export { freshnessOf, queryCodec, queryOfParameters, verifyDocument } from '@srwan/node/check-exchange'
