import { MalformedMessageError } from '@srwan/interface'
import { MAX_WITNESSES } from '../trie/shard-proofs.ts'
import { MAX_ANCHORS, MAX_LINKS, MAX_LOG_PROOFS, MAX_ROUTERS } from './answer.ts'
import { checkQuery } from './check-query.ts'
import { MAX_QUERY_LIMIT } from './query.ts'
import { attempt } from './verify-codec.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { QueryDocument, ShownProof } from './document.ts'

/** As much shape as the checks rely on. @throws MalformedMessageError */
export function checkShape(value: unknown): QueryDocument {
  const document = value as Partial<Record<keyof QueryDocument, unknown>> | null
  if (typeof document !== 'object' || document === null || document.schemaVersion !== 1 || typeof document.network !== 'string') throw malformed()
  const isShaped =
    isListOf(document.entries, MAX_QUERY_LIMIT, ['author', 'signature', 'bytes']) &&
    isListOf(document.anchors, MAX_ANCHORS, ['root', 'bytes']) &&
    isListOf(document.proofs, MAX_LOG_PROOFS, ['author', 'scope', 'position', 'path'])
  if (!isShaped || !hasShapedExtras(document)) throw malformed()
  if (!(document.proofs as readonly ShownProof[]).every(isProofShaped)) throw malformed()
  const completeness = (document.completeness ?? { checked: false, peers: [] }) as QueryDocument['completeness']
  return { ...(value as QueryDocument), completeness }
}

/** What not every answer has. */
function hasShapedExtras({ query, at, epochMs, ranked, routers, endedBy }: Partial<Record<keyof QueryDocument, unknown>>): boolean {
  const isNumbered = Number.isSafeInteger(at) && typeof epochMs === 'number'
  const isRouted = routers === undefined || isListOf(routers, MAX_ROUTERS, ['author', 'signature', 'bytes'])
  const isRanked = ranked === undefined || (isListOf(ranked, MAX_QUERY_LIMIT, ['from', 'to']) && (ranked as readonly { readonly entries?: unknown }[]).every(hasPositions))
  return isNumbered && isRouted && isRanked && (endedBy === undefined || typeof endedBy === 'string') && attempt(() => checkQuery(query)) !== undefined
}

const hasPositions = ({ entries }: { readonly entries?: unknown }): boolean => Array.isArray(entries) && entries.length <= 2 && entries.every((one) => Number.isSafeInteger(one))

/** At most so many objects, each with these texts. */
function isListOf(list: unknown, maximum: number, texts: readonly string[]): boolean {
  if (!Array.isArray(list) || list.length > maximum) return false
  return list.every((one) => typeof one === 'object' && one !== null && texts.every((name) => typeof (one as Record<string, unknown>)[name] === 'string'))
}

function isProofShaped({ digests, links, seq, shard }: ShownProof): boolean {
  const isTexts = (list: unknown, maximum: number): boolean => Array.isArray(list) && list.length <= maximum && list.every((one) => typeof one === 'string')
  if (!isTexts(digests, LOG_SCOPES.length) || !isTexts(links, MAX_LINKS) || !Number.isInteger(seq) || seq >= 256) return false
  if (shard === undefined) return true
  const { group, witnesses } = shard as { readonly group?: unknown; readonly witnesses?: unknown }
  if (!Number.isSafeInteger(group) || !isListOf(witnesses, MAX_WITNESSES, ['statement'])) return false
  const proofs = (witnesses as readonly { readonly proof?: unknown }[]).map(({ proof }) => proof)
  return isListOf(proofs, MAX_WITNESSES, ['author', 'scope', 'position', 'path']) && proofs.every((proof) => isProofShaped({ ...(proof as ShownProof), shard: undefined }))
}

const malformed = (): MalformedMessageError => new MalformedMessageError('not an answer of `srwan ditex query --json`')
