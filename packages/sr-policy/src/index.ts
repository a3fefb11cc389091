/**
 * The headend (RFC 9256): which path carries what, and when to change it.
 *
 * @packageDocumentation
 */
import { Headend } from './headend.ts'
import type { SrPolicy, SrPolicyComponents, SrPolicyInit } from './sr-policy.ts'

export type { DecideOptions, SrPolicy, SrPolicyComponents, SrPolicyEvents, SrPolicyInit } from './sr-policy.ts'

/**
 * A headend over these components; it does nothing until it is started.
 *
 * @throws InvalidInputError where `maxTransits` is out of range
 */
export function createSrPolicy(components: SrPolicyComponents, init: SrPolicyInit): SrPolicy {
  return new Headend(components, init)
}
