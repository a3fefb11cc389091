import { z } from 'zod'
import { InvalidInputError } from '@srwan/interface'
import { bootstrapAddress, networkId, organisationKey, peerId, prefix } from './fields.ts'
import { duration } from './units.ts'

/** Most bootstrap addresses of one network file. */
export const MAX_BOOTSTRAP = 64
/** Most site prefixes of one network file. */
export const MAX_SITES = 1024

const parameters = z.strictObject({
  pulseInterval: duration({ minimum: 500, maximum: 600_000 }).prefault('10s').describe('One probe exchange per pair of members in each'),
  epoch: duration({ minimum: 10_000, maximum: 7 * 86_400_000 })
    .prefault('1h')
    .describe('How long a roster stands'),
  maxTransits: z
    .int({ error: 'expected a whole number from 0 to 3' })
    .min(0, { error: 'expected a whole number from 0 to 3' })
    .max(3, { error: 'expected a whole number from 0 to 3' })
    .default(3)
    .describe('Most relays on a path'),
  groupSize: z
    .int({ error: 'expected a whole number from 2 to 100' })
    .min(2, { error: 'expected a whole number from 2 to 100' })
    .max(100, { error: 'expected a whole number from 2 to 100' })
    .default(100)
    .describe('A group above this splits; each member measures all others of its group'),
  ditexReaders: z
    .enum(['anyone', 'members'], { error: 'expected anyone or members' })
    .optional()
    .describe('Whom nodes answer questions to the exchange; unless given, members in a private network and anyone in an open one')
})

const site = z.strictObject({
  prefix: prefix().describe('What the router serves'),
  router: peerId().describe('The member that serves it'),
  signature: z.string({ error: 'expected the signature of the organisation' }).min(1).max(256).describe('Of the organisation, base64url')
})

const chain = z.strictObject({
  chain: z
    .string()
    .regex(/^wss?:\/\/\S+$/, { error: 'expected a ws:// or wss:// address' })
    .describe('WebSocket address of a chain node'),
  genesis: z
    .string()
    .regex(/^0x[0-9a-f]{64}$/i, { error: 'expected 0x and 64 hex digits' })
    .describe('Hash of the genesis block'),
  contract: z
    .string()
    .regex(/^0x[0-9a-f]{40}$/i, { error: 'expected 0x and 40 hex digits' })
    .describe('Address of the contract')
})

/** Schema of a network file: what makes a network, the same at every member. */
export const networkFileSchema = z
  .strictObject({
    id: networkId().describe('Goes into every signature and key derivation'),
    kind: z
      .enum(['private', 'open'], { error: 'expected private or open' })
      .describe('private: members signed by the organisation key; open: whoever proves a key, bonded where there is a chain'),
    organisation: organisationKey().optional().describe('Public key of the organisation; required in a private network, and only there'),
    bootstrap: z.array(bootstrapAddress()).max(MAX_BOOTSTRAP).default([]).describe('Members to dial first'),
    parameters: parameters.prefault({}).describe('The same at every member'),
    sites: z.array(site).max(MAX_SITES).default([]).describe('Prefixes that members may serve, signed by the organisation'),
    money: z
      .union([z.literal('none'), chain], { error: 'expected none, or chain, genesis and contract' })
      .default('none')
      .describe('none, or the chain and contract that hold the money')
  })
  .superRefine((file, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [field], message, input: undefined })
    }
    if (file.kind === 'private' && file.organisation === undefined) refuse('organisation', 'a private network needs the public key of its organisation')
    if (file.kind === 'open' && file.organisation !== undefined) refuse('organisation', 'an open network has no organisation: nobody signs its members')
    if (file.kind === 'open' && file.sites.length > 0) refuse('sites', 'only an organisation lets members serve site prefixes, and an open network has none')
  })

/** Whom the nodes of a network answer questions to the exchange. */
export function ditexReadersOf({ kind, parameters: { ditexReaders } }: Pick<NetworkFile, 'kind' | 'parameters'>): 'anyone' | 'members' {
  return ditexReaders ?? (kind === 'open' ? 'anyone' : 'members')
}

/**
 * Refuses what no node can do yet: money in an open network, which needs a client for its chain. Until then such a network would run without the bonds that its members rely on.
 *
 * @param source - name of the file, for the message
 * @throws InvalidInputError
 */
export function refuseUnsupported({ kind, money }: Pick<NetworkFile, 'kind' | 'money'>, source: string): void {
  if (kind !== 'open' || money === 'none') return
  throw new InvalidInputError({ source, field: 'money' }, 'this version has no client for a chain: bonds, payments and the beacon that draws the groups are missing', {
    remedy: 'Use `money: none`: an open network without a chain, of at most 100 routers in one group; or a private network (`srwan network create NAME`).'
  })
}

/** A network file, read: durations in milliseconds, every default filled in. */
export type NetworkFile = z.output<typeof networkFileSchema>
/** A network file as it is written: durations with their unit. */
export type NetworkFileText = z.input<typeof networkFileSchema>
