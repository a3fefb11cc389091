import { LevelEntryStore } from './level-entry-store.ts'
import type { ComponentLogger } from '@srwan/interface'
import type { EntryStore } from './entry-store.ts'

/**
 * The store of a node on disk.
 *
 * @param location - a directory of its own, made where it is missing
 */
export function createLevelStore(components: { readonly logger: ComponentLogger }, { location }: { readonly location: string }): EntryStore {
  return new LevelEntryStore(location, { logger: components.logger.forComponent('srwan:ditex:store') })
}
