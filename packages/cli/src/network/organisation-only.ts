import { InvalidInputError } from '@srwan/interface'
import type { NetworkFile } from '@srwan/config'

/**
 * Refuses, in an open network, what only an organisation can do.
 *
 * @param deed - what was asked for, as in "nobody can …"
 * @throws InvalidInputError
 */
export function refuseWithoutOrganisation({ kind }: Pick<NetworkFile, 'kind'>, networkFile: string, deed: string): void {
  if (kind !== 'open') return
  throw new InvalidInputError({ source: networkFile, field: 'kind' }, `this network is open: it has no organisation, and nobody can ${deed}`, {
    remedy: 'Such things need a private network: `srwan network create NAME` in another home.'
  })
}
