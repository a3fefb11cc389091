import { WritingAuthor } from './writing-author.ts'
import type { Author, AuthorComponents } from './author.ts'

/** The author of this node's own logs. `start` asks peers for its heads; appends wait until that is done. */
export function createAuthor(components: AuthorComponents): Author {
  return new WritingAuthor(components)
}
